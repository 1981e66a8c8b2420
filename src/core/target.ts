import type { Secret } from './secret.ts';

/** How an update travels: through the card, or over a cable. */
export const TRANSPORTS = ['nmc', 'serial', 'usb'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export const SNMP_AUTHS = ['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export const SNMP_PRIVS = ['des', 'aes', 'aes256b', 'aes256r'] as const;

/** SNMP credential. The security level of `v3` follows from auth and priv, which may be absent. */
export type SnmpAccess =
  | { readonly version: '1' | '2c'; readonly community: Secret }
  | {
      readonly version: '3';
      readonly user: string;
      readonly auth: (typeof SNMP_AUTHS)[number] | null;
      readonly authKey: Secret | null;
      readonly priv: (typeof SNMP_PRIVS)[number] | null;
      readonly privKey: Secret | null;
    };

/** Login for SSH, SCP and FTP. */
export interface Login {
  readonly user: string;
  readonly password: Secret;
}

export const TRANSFER_METHODS = ['scp', 'ftp'] as const;
export type TransferMethod = (typeof TRANSFER_METHODS)[number];
export const START_METHODS = ['snmp', 'cli'] as const;
export type StartMethod = (typeof START_METHODS)[number];

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Maintenance window. Times are `HH:MM` in the time zone; an end before the begin is on the next day. */
export interface Window {
  readonly days: readonly (typeof WEEKDAYS)[number][];
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
}

/** What the operator set for a unit: its output, its loads, and the allowed methods. */
export interface OperatorSettings {
  /**
   * `off`: the tool may switch the output off for an update, and on again afterwards. Null: never switched.
   */
  readonly switchOutput: 'off' | null;
  readonly feeds: readonly string[];
  /** Methods that a run may use; null or absent if not known. */
  readonly network?: Pick<NetworkAccess, 'transfer' | 'start' | 'plaintext'> | null;
}

/** How a unit is reached through its card. */
export interface NetworkAccess {
  readonly host: string;
  readonly ports: {
    readonly snmp: number;
    readonly ssh: number;
    readonly ftp: number;
    readonly telnet: number;
    readonly http: number;
    readonly https: number;
  };
  /** Credential for reading; null if SNMP is not used. */
  readonly snmp: SnmpAccess | null;
  /** Credential for starting an update over SNMP; null = no SNMP writes. */
  readonly write: SnmpAccess | null;
  readonly login: Login | null;
  /** Credentials for writing that a read-only command did not resolve. Absent: everything is resolved. */
  readonly unresolved?: { readonly login: boolean; readonly write: SnmpAccess['version'] | null };
  /** Tried in this order. */
  readonly transfer: readonly TransferMethod[];
  /** Tried in this order. */
  readonly start: readonly StartMethod[];
  /** FTP and SNMP v1/v2c writes are allowed. */
  readonly plaintext: boolean;
  /** Old SSH algorithms are allowed (SHA-1 key exchange, CBC ciphers, `ssh-rsa`). */
  readonly legacySsh: boolean;
  /**
   * `separateDataHost`: data connections may go to another address than the control connection. Absent: not
   * allowed.
   */
  readonly ftp?: { readonly separateDataHost: boolean };
}

/** How a unit without a card is reached. */
export type LocalAccess =
  | { readonly serialPort: string }
  /** Serial number in the USB strings of the unit, or `any` if it is the only unit. */
  | { readonly usb: string };

/** A unit as the inventory describes it: where it is and what may be done to it. */
export interface UnitTarget {
  readonly site: string;
  readonly name: string;
  /** Serial number that the unit must have; null = any. */
  readonly serial: string | null;
  readonly network: NetworkAccess | null;
  readonly local: LocalAccess | null;
  readonly window: Window | null;
  /**
   * `off`: the operator allows switching the output off for an update, and on again afterwards. Null: the
   * output is never switched.
   */
  readonly switchOutput: 'off' | null;
  /** Loads that the unit feeds. */
  readonly feeds: readonly string[];
  /** Names of units that feed the same load. */
  readonly redundantWith: readonly string[];
}

/** The key of a unit in plans, journals and messages. */
export function unitKey(target: { readonly site: string; readonly name: string }): string {
  return `${target.site}/${target.name}`;
}
