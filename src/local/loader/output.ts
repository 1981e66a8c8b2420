import { SIMULATED_MARK, sanitize } from '../../core/index.ts';

/** XMODEM bytes that a receiver sends. */
export const BYTE = { ack: 0x06, nak: 0x15, can: 0x18, request: 0x43 } as const;

/** One item of a boot loader's output. `request`: it asks for an image in blocks with CRC. */
export type LoaderEvent =
  | { readonly kind: 'ack' | 'nak' | 'can' | 'request' }
  | { readonly kind: 'text'; readonly text: string };

/** Patterns of the boot loader's own text. Source: docs/sources/local.md#boot-loader */
const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [/Download Manager/, 'loader'],
  [/^\s*No Application in memory/, 'no-application'],
  [/XModem retry count exceeded/, 'gave-up'],
  [/^\s*UPS Application/, 'application'],
];
export type Meaning = 'loader' | 'no-application' | 'gave-up' | 'application' | 'other';

/** The meaning of a line; `other` for the hardware name, its version and any unknown text. */
export function meaningOf(text: string): Meaning {
  return MEANINGS.find(([pattern]) => pattern.test(text))?.[1] ?? 'other';
}

/**
 * Silence in milliseconds after which a `C` at the start of a line is a request and not the first letter of a
 * text.
 */
export const QUIET = 100;

const LONGEST_LINE = 200;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

/**
 * Separates a boot loader's answers from the text around them.
 * A `C` is a request only if its line holds nothing but `C`. A line that starts with `C` is therefore held
 * back until {@link settle} reports that nothing follows.
 */
export class LoaderOutputParser {
  #line = '';

  /** Takes bytes and returns the events that are certain. */
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

  /** Nothing followed for a while: a line of `C` alone is a row of requests. */
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

/** What a boot loader printed about itself. */
export interface LoaderSeen {
  /** Lines of its banner, sanitized. */
  readonly lines: readonly string[];
  /** It prints the name that these boot loaders have. */
  readonly isNamed: boolean;
  /** It reports that it has no application. */
  readonly withoutApplication: boolean;
  /** It belongs to a simulated unit. */
  readonly simulated: boolean;
}

/**
 * Requests or refusals without text that count as a boot loader; a single `C` may be noise. A loader whose
 * sender vanished refuses the silence until it gives up and asks again.
 */
const MIN_REQUESTS = 2;

/** Detects a boot loader that waits for an image; null if the events do not show one. */
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
