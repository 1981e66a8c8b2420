import {
  asProblem,
  Problem,
  rethrowInternal,
  sanitize,
  type Unit,
  type UnitTarget,
} from '../../core/index.ts';
import { type NmcDeps, networkOf, type SessionContext, shellOptions } from '../deps.ts';
import { readCardFile } from '../files/read-file.ts';
import { pathsOf } from '../generations/index.ts';
import { PHRASES } from '../phrases.ts';
import { type Shell, withShell } from '../session/shell.ts';
import { type LogLine, parseEventLog } from './event-log.ts';

const MAX_LOG = 512 * 1024;

/** The event log as received, and its lines, newest first. */
export interface EventLog {
  readonly bytes: Buffer;
  readonly lines: readonly LogLine[];
}

/** Whose log is read. `before`: the unit with its card, which decides where the log file is. */
export type LogContext = SessionContext & { readonly target: UnitTarget; readonly before: Unit };

/**
 * Reads the event log: its file by the methods of the inventory, else its first screen on the command line.
 * Null if neither gives a line; `failed` is then called with the last cause. Only reads; never throws for
 * what the device does.
 */
export async function readEventLog(
  deps: NmcDeps,
  context: LogContext,
  failed: (cause: Problem) => void = () => undefined,
): Promise<EventLog | null> {
  let cause = withoutLines();
  for (const source of [readLogFile, readLogScreen]) {
    try {
      const bytes = await source(deps, context);
      const lines = parseEventLog(bytes.toString('latin1'));
      if (lines.length > 0) return { bytes, lines };
    } catch (thrown) {
      context.signal.throwIfAborted();
      rethrowInternal(thrown);
      cause = asProblem(thrown);
    }
  }
  failed(cause);
  return null;
}

function withoutLines(): Problem {
  return new Problem('device/no-backup', 'The event log that the card gives has no line.', {
    hint: 'Look at the event log on the web page of the card.',
  });
}

async function readLogFile(deps: NmcDeps, context: LogContext): Promise<Buffer> {
  return (await readCardFile(deps, context.target, pathsOf(context.before.card).eventLog, MAX_LOG, context))
    .bytes;
}

async function readLogScreen(deps: NmcDeps, context: LogContext): Promise<Buffer> {
  const options = shellOptions(deps, networkOf(context.target), context);
  const lines = await withShell(options, parseLogScreen);
  return Buffer.from(lines.join('\n'), 'latin1');
}

const ESCAPE = '\u001b';

/**
 * The rows on the first screen of the event log, newest first. One key on this screen deletes the log, so
 * only the key that leaves it is sent. A row that continues on a second line is cut. Throws Problem
 * device/no-backup if the card shows no such screen, and as Shell.run does.
 */
export async function parseLogScreen(shell: Shell): Promise<readonly string[]> {
  const { code, lines } = await shell.screen('eventlog', PHRASES.logScreen, ESCAPE);
  if (!lines.some((line) => PHRASES.logKeys.test(line))) {
    throw new Problem(
      'device/no-backup',
      `The card does not show its event log on the command line (${code ?? 'no result code'}).`,
      { hint: 'Download the event log by SCP or FTP, or from the web page of the card.' },
    );
  }
  return lines.map((line) => sanitize(line)).filter((line) => PHRASES.logRow.test(line));
}
