import * as snmp from 'net-snmp';
import { ACCESS } from '../../src/sim/access.ts';

/** A plain SNMP client, which knows nothing of cards. Null = the agent has no such object; `silent` = no answer. */
export interface RawSnmp {
  get(oid: string): Promise<string | number | null | 'silent'>;
  set(oid: string, value: number): Promise<'done' | 'refused' | 'silent'>;
  close(): void;
}

export function rawSnmp(port: number, community: string = ACCESS.write): RawSnmp {
  const session = snmp.createSession('127.0.0.1', community, {
    port,
    version: snmp.Version2c,
    timeout: 400,
    retries: 0,
  });
  return {
    get: (oid) =>
      new Promise((resolve, reject) => {
        session.get([oid], (error, varbinds) => {
          if (isSilence(error)) return resolve('silent');
          const [found] = varbinds ?? [];
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

/** The types of the library do not know this error. */
function isSilence(error: unknown): boolean {
  return error instanceof Error && error.name === 'RequestTimedOutError';
}
