import type { ByteLine, LineTime } from '../line/line.ts';
import {
  BYTE,
  detectLoader,
  type LoaderEvent,
  LoaderOutputParser,
  type LoaderSeen,
  QUIET,
} from './output.ts';

/** What a port sent before anything was sent to it. */
export interface ListenResult {
  /** A boot loader that waits for an image; null if there is none. */
  readonly loader: LoaderSeen | null;
  /** Bytes received. */
  readonly bytes: number;
  readonly events: readonly LoaderEvent[];
}

/** A boot loader sends some hundred bytes a minute; more comes from another device. */
const MOST_BYTES = 4096;
/** At least this fraction of a boot loader's output is text. */
const READABLE = 0.9;

/**
 * Listens and sends nothing. Ends after an abort, and as soon as the other side is certainly a boot loader or
 * certainly not.
 */
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
