import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  lastStatus,
  lastUpdateIn,
  linesAfter,
  markerOf,
  parseEventLog,
} from '../../src/nmc/look/event-log.ts';
import { anyText } from '../support/values/text.ts';

const LOST =
  '02/09/2018 14:02:39 Device UPS: Lost the local network management interface-to-UPS communication. 0x0102';
const FILE_FAILED = "02/09/2018 14:02:19 System File 'SMT20UPS_10-1.enc' transfer failed. 0x000F";
const FAILED = '02/09/2018 14:02:19 Device UPS: Firmware transfer to UPS failed 0x0178';
const FINISHED = '02/09/2018 14:02:19 Device UPS: Finished UPS firmware transfer [Xmodem Cancel] 0x0177';
const STARTED = '02/09/2018 13:58:21 Device UPS: Transferring firmware to UPS. 0x0176';
const OUTPUT = '02/09/2018 13:57:48 Device UPS: The output power is turned off. 0x0114';
const BOOT = '02/09/2018 09:00:00 System Network service started. 0x0007';
const NEWEST_FIRST = [LOST, FILE_FAILED, FAILED, FINISHED, STARTED, OUTPUT, BOOT];

function statusSince(mark: string, lines: readonly string[]) {
  const newer = linesAfter(parseEventLog(lines.join('\r\n')), mark);
  return newer === null ? null : lastStatus(newer);
}

describe('the event log of a card', () => {
  it('is read newest first, also from a file with the oldest line first', () => {
    const wanted = NEWEST_FIRST.map((line) => line.slice(-6));
    for (const lines of [NEWEST_FIRST, [...NEWEST_FIRST].reverse()]) {
      const read = parseEventLog(lines.join('\n'));
      expect(read.at(0)?.code).toBe('0x0102');
      expect(read.at(-1)?.code).toBe('0x0007');
      expect(read.map(({ code }) => code).sort()).toEqual([...wanted].sort());
    }
  });

  it.each([
    ['nothing since the mark', NEWEST_FIRST, LOST, { state: 'nothing', line: null }],
    ['a transfer that began', [STARTED, OUTPUT, BOOT], BOOT, { state: 'transferring', line: STARTED }],
    ['a transfer that ended', [FINISHED, STARTED, BOOT], BOOT, { state: 'finished', line: FINISHED }],
    ['a failure, with the reason beside it', NEWEST_FIRST, BOOT, { state: 'failed', line: FINISHED }],
    [
      'a new transfer after a failed one',
      [STARTED, FAILED, FINISHED, BOOT],
      BOOT,
      { state: 'transferring', line: STARTED },
    ],
  ])('reports %s', (_name, lines, mark, expected) => {
    expect(statusSince(mark, lines)).toMatchObject(expected);
  });

  it('returns every line since the marker, oldest first', () => {
    expect(statusSince(OUTPUT, NEWEST_FIRST)?.since).toEqual([STARTED, FINISHED, FAILED, FILE_FAILED, LOST]);
    expect(statusSince(LOST, NEWEST_FIRST)?.since).toEqual([]);
  });

  const RESTORED =
    '02/09/2018 14:03:30 Device UPS: Restored the local network management interface-to-UPS communication. 0x0101';
  it.each([
    ['no update', [OUTPUT, BOOT], { state: 'none', line: null }],
    ['a transfer without an end', [STARTED, OUTPUT, BOOT], { state: 'transferring', line: STARTED }],
    ['an image that waits', [FINISHED, STARTED, BOOT], { state: 'received', line: FINISHED }],
    ['a restart of the UPS since', [RESTORED, LOST, FINISHED, STARTED], { state: 'over', line: FINISHED }],
    ['a failure', NEWEST_FIRST, { state: 'over', line: FINISHED }],
    ['a transfer that a restart ended', [RESTORED, LOST, STARTED], { state: 'over', line: STARTED }],
    [
      'an image that waits after a start of the card alone',
      [RESTORED, BOOT, FINISHED, STARTED],
      { state: 'received', line: FINISHED },
    ],
    ['a second transfer', [STARTED, RESTORED, FINISHED, BOOT], { state: 'transferring', line: STARTED }],
  ])('shows as the last update in it: %s', (_name, lines, expected) => {
    expect(lastUpdateIn(parseEventLog(lines.join('\n')))).toEqual(expected);
  });

  it('keeps its order if the clock of the card was set back', () => {
    const back = '01/01/2000 00:00:10 System Network service started. 0x0007';
    expect(parseEventLog([back, ...NEWEST_FIRST].join('\n'))[0]?.text).toBe(back);
    expect(parseEventLog([...[...NEWEST_FIRST].reverse(), back].join('\n'))[0]?.text).toBe(back);
  });

  it('proves nothing if the marker is gone or was never read', () => {
    expect(statusSince(BOOT, [STARTED, OUTPUT])).toBeNull();
    expect(linesAfter(parseEventLog(NEWEST_FIRST.join('\n')), null)).toBeNull();
    expect(markerOf([])).toBeNull();
  });

  it('skips headings and other lines, and accepts tabs', () => {
    const text = `Date\tTime\tEvent\tCode\n02/09/2018\t13:58:21\tDevice UPS: Transferring firmware to UPS.\t0x0176\n\n> `;
    expect(parseEventLog(text)).toMatchObject([{ text: STARTED, code: '0x0176' }]);
  });

  it('bounds any text that a card sends', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 4000 }), (text) => {
        for (const { text: line, code } of parseEventLog(text)) {
          expect(line.length).toBeLessThanOrEqual(400);
          expect(code).toMatch(/^0x[0-9A-F]{4}$/);
        }
      }),
    );
    expect(parseEventLog('x'.repeat(5_000_000))).toEqual([]);
    expect(parseEventLog(`${STARTED}\n`.repeat(100_000)).length).toBeLessThan(10_000);
  });
});
