import type { LoggedEvent } from './texts.ts';

/** Older lines are dropped, as on a card. */
const MOST_LINES = 400;

/**
 * The event log of a card: newest line first, with the card's own time.
 * Source: docs/sources/card.md#event-log
 */
export class EventLog {
  readonly #now: () => Date;
  readonly #lines: string[] = [];

  constructor(now: () => Date) {
    this.#now = now;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  add({ who, text, code }: LoggedEvent): void {
    this.#lines.unshift(`${cardDate(this.#now())} ${cardTime(this.#now())} ${who} ${text} ${code}`);
    this.#lines.splice(MOST_LINES);
  }
}

/** `MM/DD/YYYY` */
export function cardDate(time: Date): string {
  const [year = '', month = '', day = ''] = time.toISOString().slice(0, 10).split('-');
  return `${month}/${day}/${year}`;
}

/** `HH:MM:SS` */
export function cardTime(time: Date): string {
  return time.toISOString().slice(11, 19);
}
