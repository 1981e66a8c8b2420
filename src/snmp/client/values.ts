/** A value as received. `text` is Latin-1, because devices send any byte. */
export type SnmpValue =
  | { readonly kind: 'text'; readonly text: string; readonly bytes: Buffer }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'oid'; readonly oid: string }
  | { readonly kind: 'other' };

/** Answers by OID; null = the agent has no such object. */
export type SnmpAnswers = ReadonlyMap<string, SnmpValue | null>;

/** Texts of a device are short; a datagram can hold one of 64 KiB. */
const MAX_TEXT = 1024;
/** What agents send of a buffer behind its text: zeros, and spaces behind a zero. */
const NULLS_AT_END = /\0[\0 ]*$/;

export function textOf(answers: SnmpAnswers, oid: string): string | null {
  const value = answers.get(oid);
  return value?.kind === 'text' ? value.text.slice(0, MAX_TEXT).replace(NULLS_AT_END, '') : null;
}

export function numberOf(answers: SnmpAnswers, oid: string): number | null {
  const value = answers.get(oid);
  return value?.kind === 'number' && Number.isFinite(value.number) ? value.number : null;
}

export function oidOf(answers: SnmpAnswers, oid: string): string | null {
  const value = answers.get(oid);
  return value?.kind === 'oid' ? value.oid : null;
}
