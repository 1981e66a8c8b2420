import type { Secret } from './secret.ts';

/** How an update travels: through the card, or over a cable. */
export type Transport = 'nmc' | 'serial' | 'usb';

/** SNMP credential. `v3` levels follow from what is given: auth and priv may be absent. */
export type SnmpAccess =
  | { readonly version: '1' | '2c'; readonly community: Secret }
  | {
      readonly version: '3';
      readonly user: string;
      readonly auth: 'md5' | 'sha' | 'sha224' | 'sha256' | 'sha384' | 'sha512' | null;
      readonly authKey: Secret | null;
      readonly priv: 'des' | 'aes' | 'aes256b' | 'aes256r' | null;
      readonly privKey: Secret | null;
    };

/** Login for SSH, SCP and FTP. */
export interface Login {
  readonly user: string;
  readonly password: Secret;
}

export type TransferMethod = 'scp' | 'ftp';
export type StartMethod = 'snmp' | 'cli';

/** Opening hours for writing. Times are `HH:MM` in the zone; an end before the begin lies on the next day. */
export interface Window {
  readonly days: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
}

/** What the operator said of the output of a unit, and of the loads on it. */
export interface OperatorSettings {
  /** `off`: the tool may switch the output off for an update, and on again afterwards; null: it is never switched. */
  readonly switchOutput: 'off' | null;
  readonly feeds: readonly string[];
  /** The ways that a run may take; null or absent where they are not known. */
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
  /** Credential for reading; null where SNMP is not used. */
  readonly snmp: SnmpAccess | null;
  /** Credential for starting an update over SNMP; null = SNMP does not write. */
  readonly write: SnmpAccess | null;
  readonly login: Login | null;
  /** What the inventory has for a write and a command that only reads did not resolve. Absent: everything is resolved. */
  readonly unresolved?: { readonly login: boolean; readonly write: SnmpAccess['version'] | null };
  /** Tried in this order. */
  readonly transfer: readonly TransferMethod[];
  /** Tried in this order. */
  readonly start: readonly StartMethod[];
  /** FTP and SNMP v1/v2c writes are allowed. */
  readonly plaintext: boolean;
  /** Old SSH algorithms are allowed (SHA-1 key exchange, CBC ciphers, `ssh-rsa`). */
  readonly legacySsh: boolean;
  /** `separateDataHost`: data connections may go to another address than the control connection. Absent: they may not. */
  readonly ftp?: { readonly separateDataHost: boolean };
}

/** How a unit without a card is reached. */
export type LocalAccess =
  | { readonly serialPort: string }
  /** Serial number of the unit as its USB strings give it, or `any` where it is the only one. */
  | { readonly usb: string };

/** A unit as the inventory describes it: where it is and what may be done to it. */
export interface UnitTarget {
  readonly site: string;
  readonly name: string;
  /** Serial number the unit must have; null = not pinned. */
  readonly serial: string | null;
  readonly network: NetworkAccess | null;
  readonly local: LocalAccess | null;
  readonly window: Window | null;
  /**
   * The operator's word about the output of this unit. `off`: it is switched off for an update and on again afterwards; null:
   * it is left as it is. The tool never switches an output without this word.
   */
  readonly switchOutput: 'off' | null;
  /** Loads that the unit feeds. */
  readonly feeds: readonly string[];
  /** Names of units that carry the same load. */
  readonly redundantWith: readonly string[];
}

/** One key for a unit in plans, journals and messages. */
export function unitKey(target: { readonly site: string; readonly name: string }): string {
  return `${target.site}/${target.name}`;
}
