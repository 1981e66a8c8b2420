import type { ByteLine, LineTime } from '../line/line.ts';
import {
  BYTE,
  detectLoader,
  type LoaderEvent,
  LoaderOutputParser,
  type LoaderSeen,
  QUIET,
} from './output.ts';

/** What a port said by itself. */
export interface Heard {
  /** A boot loader that waits for an image; null where it was none. */
  readonly loader: LoaderSeen | null;
  /** Bytes that came. */
  readonly bytes: number;
  readonly signs: readonly LoaderEvent[];
}

/** A boot loader says some hundred bytes in a minute; who says more is something else. */
const MOST_BYTES = 4096;
/** Of what a boot loader sends, at least this part is text. */
const READABLE = 0.9;

/** Listens and sends nothing. Ends when it is stopped, and as soon as a boot loader is known for certain, or something that is none. */
export async function listen(
  line: ByteLine,
  milliseconds: number,
  { clock, signal }: LineTime,
): Promise<Heard> {
  const until = clock.monotonic() + milliseconds;
  const reader = new LoaderOutputParser();
  const signs: LoaderEvent[] = [];
  let bytes = 0;
  let readable = 0;
  while (clock.monotonic() < until && bytes < MOST_BYTES && !signal.aborted) {
    const come = await line.read(Math.min(QUIET, until - clock.monotonic()));
    if (come === null) {
      signs.push(...reader.settle());
      const loader = readable >= bytes * READABLE ? detectLoader(signs) : null;
      if (loader !== null) return { loader, bytes, signs };
      continue;
    }
    bytes += come.length;
    readable += come.filter(isReadable).length;
    signs.push(...reader.feed(come));
  }
  signs.push(...reader.settle());
  return { loader: readable >= bytes * READABLE ? detectLoader(signs) : null, bytes, signs };
}

function isReadable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a || byte === BYTE.nak;
}
