import { Problem, rethrowInternal, sanitize, type Unit, type UnitTarget } from '../../core/index.ts';
import { type NmcDeps, networkOf, type SessionContext, shellOptions } from '../deps.ts';
import { readCardFile } from '../files/read-file.ts';
import { placesOf } from '../generations/index.ts';
import { PHRASES } from '../phrases.ts';
import { type Shell, withShell } from '../session/shell.ts';
import { type LogLine, parseEventLog } from './event-log.ts';

const LARGEST_LOG = 512 * 1024;

/** The event log as it came, and its lines, newest first. */
export interface EventLog {
  readonly bytes: Buffer;
  readonly lines: readonly LogLine[];
}

/** Whose log is read. `before`: the unit with its card, which decides where the log may lie. */
export type LogContext = SessionContext & { readonly target: UnitTarget; readonly before: Unit };

/**
 * Reads the card's event log: its file by the ways of the inventory, else its first screen on the command line. Null where
 * neither gives a line. Only reads; never throws for what the device does.
 */
export async function readEventLog(tools: NmcDeps, context: LogContext): Promise<EventLog | null> {
  for (const source of [byFile, byShell]) {
    try {
      const bytes = await source(tools, context);
      const lines = parseEventLog(bytes.toString('latin1'));
      if (lines.length > 0) return { bytes, lines };
    } catch (thrown) {
      context.signal.throwIfAborted();
      rethrowInternal(thrown);
    }
  }
  return null;
}

async function byFile(tools: NmcDeps, context: LogContext): Promise<Buffer> {
  return (
    await readCardFile(tools, context.target, placesOf(context.before.card).eventLog, LARGEST_LOG, context)
  ).bytes;
}

async function byShell(tools: NmcDeps, context: LogContext): Promise<Buffer> {
  const options = shellOptions(tools, networkOf(context.target), context);
  const lines = await withShell(options, readEventLogByShell);
  return Buffer.from(lines.join('\n'), 'latin1');
}

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
  return lines.map((line) => sanitize(line)).filter((line) => PHRASES.logRow.test(line));
}
