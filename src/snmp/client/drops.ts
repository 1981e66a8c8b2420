/**
 * Why a datagram from an agent is not accepted as the answer. `late`: it answers a question that has ended.
 */
export type Drop =
  | 'malformed'
  | 'version'
  | 'id'
  | 'late'
  | 'community'
  | 'level'
  | 'report'
  | 'user'
  | 'engine'
  | 'digest'
  | 'clock'
  | 'decryption'
  | 'fault';

/** The received datagram, for a message: "It sent ...". */
const DROP_TEXT: Readonly<Record<Exclude<Drop, 'late'>, string>> = {
  malformed: 'a datagram that is not a well-formed SNMP answer',
  version: 'an answer of another SNMP version',
  id: 'an answer to a request that was not sent',
  community: 'an answer with another community',
  level: 'an answer with less security than the request',
  report: 'an unauthenticated report',
  user: 'an answer for another SNMPv3 user',
  engine: 'an answer of another SNMPv3 engine',
  digest: 'an answer whose authentication is wrong',
  clock: 'an answer whose engine time is wrong',
  decryption: 'an answer that cannot be decrypted',
  fault: 'an answer that cannot be processed',
};

/**
 * The datagrams dropped while a question waited, for a message; null if only silence and late answers came.
 */
export function describeDrops(drops: ReadonlySet<Drop>): string | null {
  const texts = [...drops].flatMap((drop) => (drop === 'late' ? [] : [DROP_TEXT[drop]]));
  return texts.length === 0 ? null : texts.join(', and ');
}
