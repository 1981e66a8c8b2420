/** Why a datagram from an agent that was asked is not an answer. `late`: it answers a question that has ended. */
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

/** What came, in words for a message: "It sent ...". */
const WORDS: Readonly<Record<Exclude<Drop, 'late'>, string>> = {
  malformed: 'a datagram that is no well-formed SNMP answer',
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

/** What was dropped while a question waited, fit for a message; null where nothing but silence and late answers came. */
export function dropsInWords(drops: ReadonlySet<Drop>): string | null {
  const said = [...drops].flatMap((drop) => (drop === 'late' ? [] : [WORDS[drop]]));
  return said.length === 0 ? null : said.join(', and ');
}
