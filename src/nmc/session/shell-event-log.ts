import { Problem, printable } from '../../core/index.ts';
import { PHRASES } from '../phrases.ts';
import type { Shell } from './shell.ts';

const ESCAPE = '\u001b';

/**
 * The rows of the first screen of the card's event log, newest first as the card shows them. The log is shown on a full screen
 * where one key deletes it, so nothing is sent there but the key that leaves. A row that goes on in a second line is cut.
 * Throws Problem device/no-backup where the card shows no such screen, and as Shell.run does.
 */
export async function readEventLogByShell(shell: Shell): Promise<readonly string[]> {
  const { code, lines } = await shell.screen('eventlog', PHRASES.logScreen, ESCAPE);
  if (!lines.some((line) => PHRASES.logKeys.test(line))) {
    throw new Problem(
      'device/no-backup',
      `The card does not show its event log on the command line (${code ?? 'no result code'}).`,
      { hint: 'Fetch the event log by SCP or FTP, or on the web page of the card.' },
    );
  }
  return lines.map((line) => printable(line)).filter((line) => PHRASES.logRow.test(line));
}
