import type { LineTime } from '../line/line.ts';
import type { LocalTimeouts } from '../timeouts.ts';
import { DESCRIPTOR_START, type Header, readHeader } from './header.ts';
import type { RecordLink } from './link.ts';

/** The pages of a unit as far as they could be read. */
export interface Pages {
  readonly header: Header;
  /** All pages put together; zeros where a page is missing. */
  readonly bytes: Buffer;
  /** Whether a page was read. */
  has(page: number): boolean;
  /** Whether it was read since the unit began last: what changes with each beginning is true of such pages alone. */
  isFresh(page: number): boolean;
  /** Pages of which nothing was read. */
  readonly missing: readonly number[];
}

/** Tries to begin before a unit counts as one that does not speak Microlink. */
const FIRST_TRIES = 3;
/**
 * Bad or missing answers in a row after which the reading begins anew.
 * Source: docs/sources/local.md#microlink-timing
 */
const MOST_BAD = 3;
/** Times that all pages are asked for, to fill what was lost. */
const MOST_PASSES = 5;

/**
 * Reads every page, again where some were lost. Null where the unit does not begin. Only asks; writes nothing to the unit.
 * `tries`: how often it is asked to begin, a second or so each.
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
  const over = (): boolean => time.signal.aborted || time.clock.monotonic() > until;
  for (let pass = 0; pass < MOST_PASSES && read.size < header.pages && !over(); pass += 1) {
    // Begun a different number of times: a disturbance that keeps time with the pages hits others then.
    for (let begun = 0; begun < pass; begun += 1) {
      if ((await begin(link, timeouts, tries)) === null) return gather(header, read, NONE);
    }
    if (pass > 0) fresh.clear();
    await readOn(link, header, over, (page, bytes) => {
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

/** Asks for page after page until the last one has come, or nothing sensible comes any more. */
async function readOn(
  link: RecordLink,
  header: Header,
  over: () => boolean,
  take: (page: number, bytes: Buffer) => void,
): Promise<void> {
  let bad = 0;
  let asked = 0;
  while (bad < MOST_BAD && asked < header.pages * 2 && !over()) {
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
