/**
 * The answer to a command. `next`: what happens after the lines are printed.
 * `hang-up`: the connection closes instead. `question`: the next line is the answer to a question, and
 * `answered` handles it. `event-log`: the full screen of the event log.
 */
export interface ShellAnswer {
  readonly lines: readonly string[];
  readonly next?: 'logout' | 'hang-up' | 'question' | 'event-log';
  /** Only with `question`; if missing, any answer ends the question and nothing is done. */
  readonly answered?: (typed: string) => ShellAnswer;
}

/** Result codes and their texts. Source: docs/sources/card.md#result-codes */
export const OK = 'E000: Success';
export const ISSUED = 'E001: Successfully Issued';
export const FAILED: ShellAnswer = { lines: ['E100: Command failed'] };
export const NOT_FOUND: ShellAnswer = { lines: ['E101: Command Not Found'] };
export const NO_DATA: ShellAnswer = { lines: ['E106: Data Not Available'] };
export const NO_UPS: ShellAnswer = { lines: ['E107: Serial communication with the UPS has been lost'] };

/** The usage of the command follows E102. */
export function badOption(usage: readonly string[]): ShellAnswer {
  return { lines: ['E102: Parameter Error', ...usage] };
}
