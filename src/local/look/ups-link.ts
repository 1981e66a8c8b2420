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
const COMMAND = { begin: 'Y', escape: '\u001b', firmware: 'b', model: '\u0001', serial: 'n' } as const;
const TRIES = 3;
const LONGEST_ANSWER = 200;

/** Identifies a unit at 2400 baud; null if none answers by UPS-Link. */
export async function askUpsLink(line: ByteLine, timeouts: LocalTimeouts): Promise<UpsLinkUnit | null> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    if ((await query(line, COMMAND.begin, timeouts)) === 'SM') {
      const firmware = await query(line, COMMAND.firmware, timeouts);
      const model = await query(line, COMMAND.model, timeouts);
      return { firmware, model, serial: await query(line, COMMAND.serial, timeouts) };
    }
    await query(line, COMMAND.escape, timeouts);
  }
  return null;
}

/** Sends one request and returns its line of answer, sanitized; null if none arrives. */
async function query(line: ByteLine, command: string, timeouts: LocalTimeouts): Promise<string | null> {
  line.discard();
  await line.write(Buffer.from(command, 'latin1'));
  let received = '';
  while (received.length < LONGEST_ANSWER && !received.includes('\n')) {
    const more = await line.read(timeouts.upsLink * 1000);
    if (more === null) break;
    received += more.toString('latin1');
  }
  const text = sanitize(received.split('\r')[0] ?? '', LONGEST_ANSWER);
  return text === '' || text === 'NA' ? null : text;
}
