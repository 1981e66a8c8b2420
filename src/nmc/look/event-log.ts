/**
 * The card's event log: `MM/DD/YYYY HH:MM:SS Device UPS: text 0x0176`. The card's clock may be wrong. New
 * lines are found by what was in the log before the update, never by the time.
 * Source: docs/sources/card.md#event-log
 */

/** One line of the log; runs of spaces are reduced to one. */
export interface LogLine {
  readonly text: string;
  /** Such as `0x0176`, with uppercase digits. */
  readonly code: string;
  /** Seconds by the card's own clock; null for another date format. */
  readonly at: number | null;
}

const MAX_LOG = 512 * 1024;
const MAX_LINE = 400;
const LINE = /^(\S.{5,}?)\s+(0x[0-9a-f]{4})$/i;
const DATE = /^(\d{2})\/(\d{2})\/(\d{4})\s+(\d{2}):(\d{2}):(\d{2})\b/;

/** Reads the lines that end in a code, newest first, and skips others. Bounded for any input. */
export function parseEventLog(text: string): readonly LogLine[] {
  const lines = text
    .slice(0, MAX_LOG)
    .split(/\r\n|\r|\n/)
    .flatMap((line) => {
      const clean = line.slice(0, MAX_LINE).replace(/\s+/g, ' ').trim();
      const found = LINE.exec(clean);
      return found === null ? [] : [{ text: clean, code: codeOf(found[2] ?? ''), at: secondsOf(clean) }];
    });
  // Logs were seen with the newest line first. A file that is appended to would have it last.
  return isOldestFirst(lines) ? [...lines].reverse() : lines;
}

/** By the majority of neighbouring lines: a clock that was set back reverses only one pair. */
function isOldestFirst(lines: readonly LogLine[]): boolean {
  let rising = 0;
  for (const [index, { at }] of lines.entries()) {
    const before = lines[index - 1]?.at ?? null;
    if (before !== null && at !== null && at !== before) rising += at > before ? 1 : -1;
  }
  return rising > 0;
}

function codeOf(code: string): string {
  return `0x${code.slice(2).toUpperCase()}`;
}

function secondsOf(line: string): number | null {
  const found = DATE.exec(line);
  if (found === null) return null;
  const [, month, day, year, hour, minute, second] = found.map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) / 1000;
}

/** The newest line, as a marker for later; null for an empty log. */
export function markerOf(lines: readonly LogLine[]): string | null {
  return lines[0]?.text ?? null;
}

/**
 * Lines newer than the marker, newest first. Null if the marker is no longer in the log: then nothing is
 * known.
 */
export function linesAfter(lines: readonly LogLine[], marker: string | null): readonly LogLine[] | null {
  if (marker === null) return null;
  const at = lines.findIndex((line) => line.text === marker);
  return at === -1 ? null : lines.slice(0, at);
}

/** Codes around an update of the UPS. */
const CODES = {
  started: '0x0176',
  finished: '0x0177',
  failed: '0x0178',
  /** The card lost its link to the UPS, and restored it: together they mean a restart of the UPS. */
  linkLost: '0x0102',
  linkRestored: '0x0101',
  /** The card itself started, and then has to find its UPS again. */
  cardStarted: '0x0007',
} as const;

/**
 * Whether the UPS restarted in these lines, newest first: its link was lost and restored, and not by a card
 * start.
 */
function hasRestarted(lines: readonly LogLine[]): boolean {
  let isLost = false;
  for (const { code } of [...lines].reverse()) {
    if (code === CODES.linkLost) isLost = true;
    if (code === CODES.cardStarted) isLost = false;
    if (code === CODES.linkRestored && isLost) return true;
  }
  return false;
}

/** What the lines since a marker show of an update. `nothing` does not prove that there is none. */
export interface LoggedStatus {
  readonly state: 'nothing' | 'transferring' | 'finished' | 'failed';
  /** The line that shows it; null with `nothing`. */
  readonly line: string | null;
  /** The lines since the marker, oldest first. */
  readonly since: readonly string[];
}

/**
 * The last update in a whole log. `transferring`: started, and neither an end nor a restart of the UPS
 * follows. `received`: the transfer ended without a failure, and the UPS has not restarted since. `over`: it
 * failed, or the UPS restarted. `none`: the log shows no update, which proves nothing about one that is older
 * than the log.
 */
export function lastUpdateIn(lines: readonly LogLine[]): {
  readonly state: 'none' | 'transferring' | 'received' | 'over';
  readonly line: string | null;
} {
  const at = lines.findIndex(({ code }) => code === CODES.started || code === CODES.finished);
  const last = lines[at];
  if (last === undefined) return { state: 'none', line: null };
  const since = lines.slice(0, at);
  if (since.some(({ code }) => code === CODES.failed) || hasRestarted(since))
    return { state: 'over', line: last.text };
  return { state: last.code === CODES.started ? 'transferring' : 'received', line: last.text };
}

/** The last status of an update. A failure is logged beside the end of its transfer and takes precedence. */
export function lastStatus(newer: readonly LogLine[]): LoggedStatus {
  const since = newer.map(({ text }) => text).reverse();
  const begin = newer.findIndex(({ code }) => code === CODES.started);
  const attempt = begin === -1 ? newer : newer.slice(0, begin);
  const failed = attempt.find(({ code }) => code === CODES.failed);
  if (failed !== undefined) {
    const reason = attempt.find(({ code }) => code === CODES.finished);
    return { state: 'failed', line: (reason ?? failed).text, since };
  }
  const finished = attempt.find(({ code }) => code === CODES.finished);
  if (finished !== undefined) return { state: 'finished', line: finished.text, since };
  const started = begin === -1 ? undefined : newer[begin];
  return started === undefined
    ? { state: 'nothing', line: null, since }
    : { state: 'transferring', line: started.text, since };
}
