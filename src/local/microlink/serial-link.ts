import type { ByteLine } from '../line/line.ts';
import type { LocalTimeouts } from '../timeouts.ts';
import { CONTROL, isWhole, RECORD_OVERHEAD } from './frame.ts';
import { isWidth } from './header.ts';
import type { Answer, RecordLink } from './link.ts';

export interface SerialLink extends RecordLink {
  /** The sent bytes came back unchanged, as from a modem or a console. */
  echoes: boolean;
}

/** Where page 0 holds the page width, counted from its page ID. */
const WIDTH_AT = 2;

/** Records over a serial line. A unit never sends first, so each answer belongs to the last request. */
export function serialLink(line: ByteLine, timeouts: LocalTimeouts): SerialLink {
  const link: SerialLink = {
    width: null,
    echoes: false,
    start: (milliseconds) => ask([CONTROL.prefix, CONTROL.start], milliseconds, true),
    next: () => ask([CONTROL.next], timeouts.record * 1000, false),
    write: (frame) => ask(frame, timeouts.record * 1000, false),
  };

  async function ask(bytes: Iterable<number>, milliseconds: number, first: boolean): Promise<Answer> {
    const question = Buffer.from([...bytes]);
    line.discard();
    await line.write(question);
    let received: Buffer = Buffer.alloc(0);
    for (;;) {
      const more = await line.read(milliseconds);
      if (more === null) {
        link.echoes ||= received.equals(question);
        return received.length === 0 ? null : 'bad';
      }
      received = withoutStrays(Buffer.concat([received, more]));
      const width = first ? received[WIDTH_AT] : (link.width ?? undefined);
      if (width === undefined || received.length === 0) continue;
      // The length decides where a record ends: padding after it could look like a shorter record.
      if (!isWidth(width) || (first && received[0] !== 0)) return 'bad';
      const length = width + RECORD_OVERHEAD;
      if (received.length < length) continue;
      const record = received.subarray(0, length);
      if (!isWhole(record)) return 'bad';
      if (first) link.width = width;
      return { page: record[0] ?? 0, bytes: Buffer.from(record.subarray(1, -2)) };
    }
  }
  return link;
}

/**
 * Request bytes may come back before a record; no page has such an ID.
 * Source: docs/sources/local.md#microlink-control-bytes
 */
function withoutStrays(bytes: Buffer): Buffer {
  let strays = 0;
  while (bytes[strays] === CONTROL.next) strays += 1;
  return bytes.subarray(strays);
}
