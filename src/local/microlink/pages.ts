import type { LineTime } from '../line/line.ts';
import type { LocalTimeouts } from '../timeouts.ts';
import { DESCRIPTOR_START, type Header, readHeader } from './header.ts';
import type { RecordLink } from './link.ts';

/** The pages of a unit, as far as they could be read. */
export interface Pages {
  readonly header: Header;
  /** All pages joined; zeros for a missing page. */
  readonly bytes: Buffer;
  /** Whether a page was read. */
  has(page: number): boolean;
  /**
   * Whether the page was read since the unit last started over. Values that change at each start are valid
   * only then.
   */
  isFresh(page: number): boolean;
  /** Pages that could not be read. */
  readonly missing: readonly number[];
}

/** Attempts to start before a unit counts as not speaking Microlink. */
const FIRST_TRIES = 3;
/**
 * Bad or missing answers in a row after which reading starts over.
 * Source: docs/sources/local.md#microlink-timing
 */
const MOST_BAD = 3;
/** Passes over all pages, to fill gaps. */
const MOST_PASSES = 5;

/**
 * Reads every page, and repeats to fill gaps. Null if the unit does not start. Reads only; writes nothing to
 * the unit. `tries`: attempts to start, about a second each.
 */
export async function readPages(
  link: RecordLink,
  time: LineTime,
  timeouts: LocalTimeouts,
  tries = FIRST_TRIES,
): Promise<Pages | null> {
  const first = await begin(link, timeouts, tries);
  if (first === null) return null;
  const header = readHeader(first);
  if (header === null) return null;
  const read = new Map([[0, first]]);
  const fresh = new Set<number>([0]);
  const until = time.clock.monotonic() + timeouts.reading * 1000;
  const isOver = (): boolean => time.signal.aborted || time.clock.monotonic() > until;
  for (let pass = 0; pass < MOST_PASSES && read.size < header.pages && !isOver(); pass += 1) {
    // Starts a different number of times, so that a periodic disturbance hits other pages.
    for (let begun = 0; begun < pass; begun += 1) {
      if ((await begin(link, timeouts, tries)) === null) return gather(header, read, NONE);
    }
    if (pass > 0) fresh.clear();
    await readOn(link, header, isOver, (page, bytes) => {
      read.set(page, bytes);
      fresh.add(page);
    });
  }
  return gather(header, read, fresh);
}

const NONE: ReadonlySet<number> = new Set();

async function begin(link: RecordLink, timeouts: LocalTimeouts, tries: number): Promise<Buffer | null> {
  for (let tried = 0; tried < tries; tried += 1) {
    const answer = await link.start(timeouts.firstAnswer * 1000);
    if (answer !== null && answer !== 'bad' && answer.page === 0) return answer.bytes;
  }
  return null;
}

/** Asks for page after page until the last one arrives, or nothing valid arrives any more. */
async function readOn(
  link: RecordLink,
  header: Header,
  isOver: () => boolean,
  take: (page: number, bytes: Buffer) => void,
): Promise<void> {
  let bad = 0;
  let asked = 0;
  while (bad < MOST_BAD && asked < header.pages * 2 && !isOver()) {
    asked += 1;
    const answer = await link.next();
    if (answer === null || answer === 'bad' || answer.page >= header.pages) {
      bad += 1;
      continue;
    }
    bad = 0;
    take(answer.page, answer.bytes);
    if (answer.page === header.pages - 1) return;
  }
}

function gather(header: Header, read: ReadonlyMap<number, Buffer>, fresh: ReadonlySet<number>): Pages {
  const bytes = Buffer.alloc(header.pages * header.width);
  for (const [page, content] of read) content.copy(bytes, page * header.width);
  const missing = Array.from({ length: header.pages }, (_, page) => page).filter((page) => !read.has(page));
  return { header, bytes, missing, has: (page) => read.has(page), isFresh: (page) => fresh.has(page) };
}

/** Whether every page of the descriptor was read. */
export function hasDescriptor({ header, missing }: Pages): boolean {
  return (
    header.hasDescriptor &&
    header.dataStart > DESCRIPTOR_START &&
    missing.every((page) => page * header.width >= header.dataStart)
  );
}
