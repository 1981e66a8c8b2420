import * as snmp from 'net-snmp';
import { ACCESS } from '../../../src/sim/access.ts';

/** A plain SNMP client. Null: the agent has no such object; `silent`: no answer. */
export interface RawSnmp {
  get(oid: string): Promise<string | number | null | 'silent'>;
  set(oid: string, value: number): Promise<'done' | 'refused' | 'silent'>;
  close(): void;
}

/** Address and version, if not 127.0.0.1 and version 2c. */
export interface RawOptions {
  readonly address?: string;
  readonly version?: 'v1' | 'v2c' | 'v3';
}

export function rawSnmp(
  port: number,
  community: string = ACCESS.write,
  { address = '127.0.0.1', version = 'v2c' }: RawOptions = {},
): RawSnmp {
  const options = { port, timeout: 400, retries: 0 };
  const session =
    version === 'v3'
      ? snmp.createV3Session(address, USER, { ...options, version: snmp.Version3 })
      : snmp.createSession(address, community, {
          ...options,
          version: version === 'v1' ? snmp.Version1 : snmp.Version2c,
        });
  return {
    get: (oid) =>
      new Promise((resolve, reject) => {
        session.get([oid], (error, varbinds) => {
          if (isSilence(error)) return resolve('silent');
          const [found] = varbinds ?? [];
          if (version === 'v1' && error instanceof snmp.RequestFailedError) return resolve(null);
          if (error !== null || found === undefined) return reject(error ?? new Error('no answer'));
          if (snmp.isVarbindError(found)) return resolve(null);
          const value: unknown = found.value;
          resolve(typeof value === 'number' ? value : String(value));
        });
      }),
    set: (oid, value) =>
      new Promise((resolve) => {
        session.set([{ oid, type: snmp.ObjectType.Integer, value }], (error) => {
          if (isSilence(error)) resolve('silent');
          else resolve(error === null ? 'done' : 'refused');
        });
      }),
    close: () => session.close(),
  };
}

const USER: snmp.User = {
  name: ACCESS.v3User,
  level: snmp.SecurityLevel.authPriv,
  authProtocol: snmp.AuthProtocols.sha,
  authKey: ACCESS.v3Auth,
  privProtocol: snmp.PrivProtocols.aes,
  privKey: ACCESS.v3Priv,
};

/** The library's types lack this error. */
function isSilence(error: unknown): boolean {
  return error instanceof Error && error.name === 'RequestTimedOutError';
}
