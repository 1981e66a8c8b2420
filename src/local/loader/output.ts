import { SIMULATED_MARK, sanitize } from '../../core/index.ts';

/** Bytes of XMODEM that a receiver sends. */
export const BYTE = { ack: 0x06, nak: 0x15, can: 0x18, request: 0x43 } as const;

/** One thing that a boot loader said. `want`: it asks for an image, block by block with CRC. */
export type LoaderEvent =
  | { readonly kind: 'ack' | 'nak' | 'can' | 'request' }
  | { readonly kind: 'text'; readonly text: string };

/** What a line of text means. Data: the words are the loader's. Source: docs/sources/local.md#boot-loader */
const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [/Download Manager/, 'loader'],
  [/^\s*No Application in memory/, 'no-application'],
  [/XModem retry count exceeded/, 'gave-up'],
  [/^\s*UPS Application/, 'application'],
];
export type Meaning = 'loader' | 'no-application' | 'gave-up' | 'application' | 'other';

/** What a line says; `other` for the name of the hardware, its version, and whatever is not known. */
export function meaningOf(text: string): Meaning {
  return MEANINGS.find(([pattern]) => pattern.test(text))?.[1] ?? 'other';
}

/** Silence after which a `C` at the beginning of a line is a wish and not the first letter of a text. Milliseconds. */
export const QUIET = 100;

const LONGEST_LINE = 200;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

/**
 * Tells the answers of a boot loader from the text around them. A `C` is a wish where it stands alone or among its like: in a line of
 * text it is a letter. So what begins a line with `C` is held back until {@link settle} says that nothing follows.
 */
export class LoaderOutputParser {
  #line = '';

  /** Takes bytes in and gives what they certainly are. */
  feed(bytes: Uint8Array): readonly LoaderEvent[] {
    const events: LoaderEvent[] = [];
    for (const byte of bytes) {
      if (byte === BYTE.ack || byte === BYTE.nak || byte === BYTE.can) {
        events.push(...this.settle(), ...this.#endLine());
        events.push({ kind: byte === BYTE.ack ? 'ack' : byte === BYTE.nak ? 'nak' : 'can' });
      } else if (byte === CARRIAGE_RETURN || byte === LINE_FEED)
        events.push(...this.settle(), ...this.#endLine());
      else if (this.#line.length < LONGEST_LINE) this.#line += String.fromCharCode(byte);
    }
    return events;
  }

  /** Nothing has followed for a while: what stands there alone is what it seems to be. */
  settle(): readonly LoaderEvent[] {
    if (!/^C+$/.test(this.#line)) return [];
    const { length } = this.#line;
    this.#line = '';
    return Array.from({ length }, () => ({ kind: 'request' }));
  }

  #endLine(): readonly LoaderEvent[] {
    const line = this.#line;
    this.#line = '';
    const text = sanitize(line, LONGEST_LINE);
    return text === '' ? [] : [{ kind: 'text', text }];
  }
}

/** What a boot loader told of itself while it was listened to. */
export interface LoaderSeen {
  /** Lines of its banner, fit for printing. */
  readonly lines: readonly string[];
  /** It names itself as the boot loaders of these units do. */
  readonly isNamed: boolean;
  /** It says that it has no application. */
  readonly withoutApplication: boolean;
  /** It is one of the simulator. */
  readonly simulated: boolean;
}

/**
 * Wishes without any text, until they count as a boot loader: one `C` may be noise. One whose sender has gone in the middle refuses
 * the silence instead, until it gives up and asks anew.
 */
const MIN_REQUESTS = 2;

/** Whether signs are those of a boot loader that waits for an image; null where they are not. */
export function detectLoader(events: readonly LoaderEvent[]): LoaderSeen | null {
  const lines = events.flatMap((event) => (event.kind === 'text' ? [event.text] : []));
  const requests = events.filter(({ kind }) => kind === 'request').length;
  const meanings = lines.map(meaningOf);
  const refusals = events.filter(({ kind }) => kind === 'nak').length;
  const isIdentified = meanings.some((meaning) => meaning === 'loader' || meaning === 'no-application');
  if (!(isIdentified && requests > 0) && requests + refusals < MIN_REQUESTS) return null;
  return {
    lines: [...new Set(lines)].slice(0, 12),
    isNamed: meanings.includes('loader'),
    withoutApplication: meanings.includes('no-application'),
    simulated: lines.some((line) => line.includes(SIMULATED_MARK)),
  };
}
