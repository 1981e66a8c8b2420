import { sanitize } from '../../core/index.ts';
import type { ByteLine } from '../line/line.ts';
import type { LocalTimeouts } from '../timeouts.ts';

/** Identity of a UPS-Link unit; such a unit takes no update. Source: docs/sources/local.md#ups-link */
export interface UpsLinkUnit {
  /** `50.9.D`: SKU code, revision, locale. */
  readonly firmware: string | null;
  readonly model: string | null;
  readonly serial: string | null;
}

/** The only bytes that are ever sent: other letters switch the output, start tests or change settings. */
const SAY = { begin: 'Y', escape: '\u001b', firmware: 'b', model: '\u0001', serial: 'n' } as const;
const TRIES = 3;
const LONGEST_ANSWER = 200;

/** Identifies a unit at 2400 baud; null if none answers by UPS-Link. */
export async function askUpsLink(line: ByteLine, timeouts: LocalTimeouts): Promise<UpsLinkUnit | null> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    if ((await say(line, SAY.begin, timeouts)) === 'SM') {
      const firmware = await say(line, SAY.firmware, timeouts);
      const model = await say(line, SAY.model, timeouts);
      return { firmware, model, serial: await say(line, SAY.serial, timeouts) };
    }
    await say(line, SAY.escape, timeouts);
  }
  return null;
}

/** Sends one request and returns its line of answer, sanitized; null if none arrives. */
async function say(line: ByteLine, word: string, timeouts: LocalTimeouts): Promise<string | null> {
  line.discard();
  await line.write(Buffer.from(word, 'latin1'));
  let come = '';
  while (come.length < LONGEST_ANSWER && !come.includes('\n')) {
    const more = await line.read(timeouts.upsLink * 1000);
    if (more === null) break;
    come += more.toString('latin1');
  }
  const text = sanitize(come.split('\r')[0] ?? '', LONGEST_ANSWER);
  return text === '' || text === 'NA' ? null : text;
}
