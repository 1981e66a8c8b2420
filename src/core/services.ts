import type { ProblemJson } from './problem.ts';
import type { Unit } from './unit.ts';

export const SERVICE_NAMES = ['telnet', 'ftp', 'http', 'https', 'ssh', 'snmp-v1', 'snmp-v3'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** Whether a card offers one protocol. */
export interface Service {
  readonly service: ServiceName;
  /** Null = not known: a silent service may be off, filtered, or expect another credential. */
  readonly on: boolean | null;
  /** What was seen, as printable text. */
  readonly detail: string;
}

/** A weakness in the services of a card. */
export interface ServiceFinding {
  readonly code: string;
  readonly because: string;
  readonly remedy: string | null;
  readonly source: string;
}

/** What an SSH server shows before login. Lists are in the server's order; null = not seen. */
export interface SshOffer {
  readonly kex: readonly string[] | null;
  readonly hostKeys: readonly string[] | null;
  readonly ciphers: readonly string[] | null;
  readonly macs: readonly string[] | null;
  /** The host key that was shown; `bits` only for RSA and DSA. */
  readonly hostKey: { readonly type: string; readonly bits: number | null } | null;
  /** What a client that accepts everything negotiates. */
  readonly negotiated: { readonly kex: string; readonly cipher: string } | null;
  /** Milliseconds from the connection to the end of the key exchange. */
  readonly milliseconds: number | null;
}

/** The certificate of an HTTPS server. */
export interface ServerCertificate {
  /** `SHA256:` and the hash of the certificate. */
  readonly fingerprint: string;
  /** False if another certificate was seen first. */
  readonly sameAsBefore: boolean;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** Such as `rsa` or `ec`. */
  readonly keyType: string | null;
  /** Only for RSA and DSA. */
  readonly keyBits: number | null;
  /** Hash of the signature, such as `sha256`; null if the algorithm is not known. */
  readonly signatureHash: string | null;
}

/** What was seen of the services of a card, without login. */
export interface ServiceLook {
  readonly services: readonly Service[];
  readonly at: Date;
  /** The first line of the FTP server; null if none came. */
  readonly ftpGreeting: string | null;
  /** The feature list of the server contains TLS; null = not known. */
  readonly ftpTls: boolean | null;
  /** Every request is redirected to HTTPS; null = not known. */
  readonly httpRedirects: boolean | null;
  readonly ssh: SshOffer | null;
  readonly certificate: ServerCertificate | null;
}

/** One command of a recording with its answer. The lines are as received; nothing has been removed. */
export interface RecordedCommand {
  readonly command: string;
  /** Folder in which the command was given, such as `/`. */
  readonly folder: string;
  /** The answer describes the current moment and changes later. */
  readonly live: boolean;
  readonly code: string | null;
  /** Null if no answer came. */
  readonly lines: readonly string[] | null;
  readonly milliseconds: number;
  readonly problem: ProblemJson | null;
}

/** An object read over SNMP. Null: the card does not have it, or its form is not known. */
export interface RecordedObject {
  readonly name: string;
  readonly oid: string;
  readonly value: string | number | null;
}

/** Everything read from one card. It identifies the owner, so it never leaves the process in this form. */
export interface Recording {
  readonly at: Date;
  readonly unit: Unit;
  readonly services: ServiceLook;
  /** Null if SNMP was not used or did not answer. */
  readonly objects: readonly RecordedObject[] | null;
  readonly commands: readonly RecordedCommand[];
  /** What could not be read, and why. */
  readonly missing: readonly { readonly what: string; readonly problem: ProblemJson }[];
}
