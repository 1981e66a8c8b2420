import type { JournalEvent } from '../../../src/state/index.ts';

/** The steps of a unit in a journal, in order, such as `start committing`. */
export function stepsOf(events: readonly JournalEvent[], unit: string): readonly string[] {
  return events.flatMap((event) =>
    event.event === 'step' && event.unit === unit ? [`${event.step} ${event.state}`] : [],
  );
}

/** The lines about the start of a unit, with the start method where one was used. */
export function startLines(events: readonly JournalEvent[], unit: string): readonly string[] {
  return events.flatMap((event) =>
    event.event === 'step' && event.step === 'start' && event.unit === unit
      ? [event.method === null ? event.state : `${event.state} ${event.method}`]
      : [],
  );
}

/** What the journal says was done to the output of a unit. */
export function outputLines(events: readonly JournalEvent[], unit: string): readonly string[] {
  return events.flatMap((event) => (event.event === 'output' && event.unit === unit ? [event.state] : []));
}

/** Whether a line reports that the image of a hop is on the card. */
export function isUploaded(event: JournalEvent, hop = 0): boolean {
  return event.event === 'step' && event.hop === hop && event.step === 'transfer' && event.state === 'done';
}
