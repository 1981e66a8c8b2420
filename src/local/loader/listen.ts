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
export interface ListenResult {
  /** A boot loader that waits for an image; null where it was none. */
  readonly loader: LoaderSeen | null;
  /** Bytes that came. */
  readonly bytes: number;
  readonly events: readonly LoaderEvent[];
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
): Promise<ListenResult> {
  const until = clock.monotonic() + milliseconds;
  const reader = new LoaderOutputParser();
  const events: LoaderEvent[] = [];
  let bytes = 0;
  let readable = 0;
  while (clock.monotonic() < until && bytes < MOST_BYTES && !signal.aborted) {
    const received = await line.read(Math.min(QUIET, until - clock.monotonic()));
    if (received === null) {
      events.push(...reader.settle());
      const loader = readable >= bytes * READABLE ? detectLoader(events) : null;
      if (loader !== null) return { loader, bytes, events };
      continue;
    }
    bytes += received.length;
    readable += received.filter(isReadable).length;
    events.push(...reader.feed(received));
  }
  events.push(...reader.settle());
  return { loader: readable >= bytes * READABLE ? detectLoader(events) : null, bytes, events };
}

function isReadable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a || byte === BYTE.nak;
}
