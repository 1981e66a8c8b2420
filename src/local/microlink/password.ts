import { randomInt } from 'node:crypto';
import { writeFrame } from './frame.ts';
import type { RecordLink } from './link.ts';
import type { Pages } from './pages.ts';
import type { Fields } from './reading.ts';

/**
 * Result of the password exchange.
 * `both`: each side gave the right answer. `refused`: the unit did not accept ours. `false-answer`: it
 * accepted ours and gave a wrong one. `not-known`: the fields have an unknown layout, and nothing was sent.
 */
export type Exchange = 'both' | 'refused' | 'false-answer' | 'not-known';

/**
 * Fields of the exchange: the unit writes the master password, the host writes the slave password.
 * Source: docs/sources/local.md#microlink-fields
 */
const MASTER = '2:4.8.6';
const SLAVE = '2:4.8.5';
const SERIAL = '2:4.9.40';
const FIELD_BYTES = 4;
const NONCE_BYTES = 2;
/** Pages to read until the unit publishes its answer. */
const MOST_PAGES = 64;

/**
 * The answer to a nonce: a sum over the head of page 0, the padded serial number and the nonce.
 * Source: docs/sources/local.md#microlink-password
 */
export function answerTo(seed: Buffer, serial: Buffer, nonce: Buffer): Buffer {
  let low = seed[4] ?? 0;
  let high = seed[3] ?? 0;
  for (const byte of [...seed, ...serial, ...nonce]) {
    low = (low + byte) % 255;
    high = (high + low) % 255;
  }
  return Buffer.from([low, high]);
}

/**
 * Exchanges passwords and checks the unit's answer, which a copy of a unit cannot know. Writes four bytes to
 * the unit, once.
 * One report says that a wrong answer can silence a unit until it is reset, so nothing is sent on a guess.
 */
export async function exchangePasswords(link: RecordLink, pages: Pages, fields: Fields): Promise<Exchange> {
  const { width, seed } = pages.header;
  const master = fields.places.get(MASTER);
  const slave = fields.places.get(SLAVE);
  const serial = fields.bytes(SERIAL);
  const challenge = fields.bytes(MASTER)?.subarray(0, NONCE_BYTES);
  if (master === undefined || slave === undefined || serial === null || challenge === undefined)
    return 'not-known';
  const isAsKnown =
    master.size === FIELD_BYTES && slave.size === FIELD_BYTES && slave.offset === master.offset + FIELD_BYTES;
  const page = Math.floor(slave.offset / width);
  const offset = slave.offset % width;
  const masterPage = Math.floor(master.offset / width);
  const masterAt = master.offset % width;
  const areWhole = offset + FIELD_BYTES <= width && masterAt + FIELD_BYTES <= width;
  // An answer to a nonce of an earlier start would be wrong.
  if (!isAsKnown || !areWhole || !pages.isFresh(masterPage)) return 'not-known';
  const nonce = Buffer.from([randomInt(1, 255), randomInt(1, 255)]);
  const ours = Buffer.concat([nonce, answerTo(seed, serial, challenge)]);
  let answer = await link.write(writeFrame(page, offset, ours));
  for (let seen = 0; seen < MOST_PAGES; seen += 1) {
    if (answer === null) return 'refused';
    if (answer !== 'bad' && answer.page === masterPage) {
      const theirs = answer.bytes.subarray(masterAt, masterAt + FIELD_BYTES);
      const isNew = !theirs.subarray(0, NONCE_BYTES).equals(challenge);
      if (isNew)
        return theirs.subarray(NONCE_BYTES).equals(answerTo(seed, serial, nonce)) ? 'both' : 'false-answer';
    }
    answer = await link.next();
  }
  return 'refused';
}
