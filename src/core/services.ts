export const SERVICE_NAMES = ['telnet', 'ftp', 'http', 'https', 'ssh', 'snmp-v1', 'snmp-v3'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** Whether a card serves by one protocol. */
export interface Service {
  readonly service: ServiceName;
  /** Null = not known: silence may be a service that is off, a filter in between, or another credential. */
  readonly on: boolean | null;
  /** What was seen, in words fit for printing. */
  readonly detail: string;
}

/** Something about the services of a card that its owner should change. */
export interface ServiceFinding {
  readonly code: string;
  readonly because: string;
  readonly remedy: string | null;
  readonly source: string;
}

/** What an SSH server gives of itself before anybody logs in; lists in the server's order, null = not seen. */
export interface SshOffer {
  readonly kex: readonly string[] | null;
  readonly hostKeys: readonly string[] | null;
  readonly ciphers: readonly string[] | null;
  readonly macs: readonly string[] | null;
  /** The key that was shown; `bits` of an RSA or DSA key only. */
  readonly hostKey: { readonly type: string; readonly bits: number | null } | null;
  /** What a client that takes everything ends up with. */
  readonly negotiated: { readonly kex: string; readonly cipher: string } | null;
  /** Milliseconds from the connection to the end of the key exchange. */
  readonly milliseconds: number | null;
}

/** The certificate of an HTTPS server. */
export interface ServerCertificate {
  /** `SHA256:` and the hash of its bytes. */
  readonly fingerprint: string;
  /** False where it is not the one that was seen first. */
  readonly sameAsBefore: boolean;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** `rsa`, `ec` and their like. */
  readonly keyType: string | null;
  /** Of an RSA or DSA key only. */
  readonly keyBits: number | null;
  /** Hash under its signature, such as `sha256`; null where the algorithm is not known. */
  readonly signatureHash: string | null;
}

/** What was seen of the services of a card. Only reads, logs in nowhere. */
export interface ServiceLook {
  readonly services: readonly Service[];
  readonly at: Date;
  /** The first line of the FTP server; null where none came. */
  readonly ftpGreeting: string | null;
  /** Offers an encrypted session in its list of features; null = not known. */
  readonly ftpTls: boolean | null;
  /** Leads every visitor to HTTPS; null = not known. */
  readonly httpRedirects: boolean | null;
  readonly ssh: SshOffer | null;
  readonly certificate: ServerCertificate | null;
}
