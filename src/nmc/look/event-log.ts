/**
 * The card's event log: `MM/DD/YYYY HH:MM:SS Device UPS: text 0x0176`. The card's clock may be wrong, so lines are
 * told apart by what stood in the log before the update, never by the time of this machine.
 * Source: docs/sources/card.md#event-log
 */

/** One line of the log, its blanks made single. */
export interface LogLine {
  readonly text: string;
  /** `0x0176`, in capitals behind the x. */
  readonly code: string;
  /** Seconds of the card's own clock; null where the date has another form. */
  readonly at: number | null;
}

const LONGEST_LOG = 512 * 1024;
const LONGEST_LINE = 400;
const LINE = /^(\S.{5,}?)\s+(0x[0-9a-f]{4})$/i;
const DATE = /^(\d{2})\/(\d{2})\/(\d{4})\s+(\d{2}):(\d{2}):(\d{2})\b/;

/** Reads the lines that end in a code, newest first; everything else is left out. Bounded whatever is given. */
export function parseEventLog(text: string): readonly LogLine[] {
  const lines = text
    .slice(0, LONGEST_LOG)
    .split(/\r\n|\r|\n/)
    .flatMap((line) => {
      const clean = line.slice(0, LONGEST_LINE).replace(/\s+/g, ' ').trim();
      const found = LINE.exec(clean);
      return found === null ? [] : [{ text: clean, code: codeOf(found[2] ?? ''), at: secondsOf(clean) }];
    });
  // Seen with the newest line first; a file that is written by appending would have it last.
  return isOldestFirst(lines) ? [...lines].reverse() : lines;
}

/** By most of the neighbouring lines: a clock that was set back turns one pair round, and not the log. */
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

/** The newest line, to know later what is newer; null for an empty log. */
export function markerOf(lines: readonly LogLine[]): string | null {
  return lines[0]?.text ?? null;
}

/** Lines that are newer than the mark, newest first. Null where the mark is not in the log any more: then nothing is known. */
export function linesAfter(lines: readonly LogLine[], mark: string | null): readonly LogLine[] | null {
  if (mark === null) return null;
  const at = lines.findIndex((line) => line.text === mark);
  return at === -1 ? null : lines.slice(0, at);
}

/** Codes that belong to an update of the UPS. */
const CODES = {
  started: '0x0176',
  finished: '0x0177',
  failed: '0x0178',
  /** The card lost its link to the UPS, and has it again: together they are a restart of the UPS. */
  linkLost: '0x0102',
  linkRestored: '0x0101',
  /** The card itself started, after which it has to find its UPS again. */
  cardStarted: '0x0007',
} as const;

/** Whether the UPS restarted in these lines, newest first: its link was lost and came back, and not by a start of the card. */
function hasRestarted(lines: readonly LogLine[]): boolean {
  let isLost = false;
  for (const { code } of [...lines].reverse()) {
    if (code === CODES.linkLost) isLost = true;
    if (code === CODES.cardStarted) isLost = false;
    if (code === CODES.linkRestored && isLost) return true;
  }
  return false;
}

/** What the lines since a mark say of an update. `nothing` is no proof that there is none. */
export interface LoggedStatus {
  readonly state: 'nothing' | 'transferring' | 'finished' | 'failed';
  /** The line that says so; null with `nothing`. */
  readonly line: string | null;
  /** The lines since the mark, oldest first. */
  readonly since: readonly string[];
}

/**
 * What a whole log says of the last update in it. `transferring`: begun, and neither an end nor a restart of the UPS follows.
 * `received`: the transfer ended without a failure, and the UPS did not restart since. `over`: it failed, or the UPS restarted.
 * `none`: the log holds no update, which proves nothing about one that is older than the log.
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

/** Reads the last word on an update. A failure stands beside the end of its transfer and counts more. */
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
