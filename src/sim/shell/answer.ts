/**
 * What a command of the card's command line answers. `hang-up`: the connection closes instead of an answer; `asks`: the next
 * line that is typed is the answer to a question, and `answered` says what comes of it; `events`: the full screen of the event log.
 */
export interface ShellAnswer {
  readonly lines: readonly string[];
  readonly next?: 'logout' | 'hang-up' | 'question' | 'event-log';
  /** Only with `asks`; where it is missing, any answer ends the question and nothing is done. */
  readonly answered?: (typed: string) => ShellAnswer;
}

/** Result codes and their words. Source: docs/sources/card.md#result-codes */
export const OK = 'E000: Success';
export const ISSUED = 'E001: Successfully Issued';
export const FAILED: ShellAnswer = { lines: ['E100: Command failed'] };
export const NOT_FOUND: ShellAnswer = { lines: ['E101: Command Not Found'] };
export const NO_DATA: ShellAnswer = { lines: ['E106: Data Not Available'] };
export const NO_UPS: ShellAnswer = { lines: ['E107: Serial communication with the UPS has been lost'] };

/** E102 is followed by the usage of the command. */
export function badOption(usage: readonly string[]): ShellAnswer {
  return { lines: ['E102: Parameter Error', ...usage] };
}
