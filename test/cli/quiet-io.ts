import { Readable } from 'node:stream';
import { createLog, type Io, systemClock } from '../../src/cli/io.ts';

/** Streams of a command that are kept, for an action that is run without its command line. */
export function quietIo(): { readonly io: Io; written(): string } {
  let out = '';
  const io: Io = {
    environment: {},
    clock: systemClock,
    out: (text) => {
      out += text;
    },
    drained: () => Promise.resolve(),
    input: Readable.from([]),
    talk: () => undefined,
    log: createLog('silent', () => undefined),
    ask: null,
    color: false,
    terminal: null,
    onInterrupt: () => () => undefined,
  };
  return { io, written: () => out };
}
