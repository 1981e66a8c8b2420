import { asProblem, Problem, rethrowInternal, type StepContext, type StepResult } from '../../core/index.ts';
import type { NmcDeps } from '../deps.ts';
import { readCardFile } from '../files/read-file.ts';
import { pathsOf } from '../generations/index.ts';
import { markerOf } from '../look/event-log.ts';
import { readEventLog } from '../look/event-log-source.ts';

const MAX_SETTINGS = 1024 * 1024;

/**
 * Saves what identifies the unit, its event log and the settings of its card, before anything is changed.
 * `failed` if the settings could not be read; `done` with a problem if only the event log could not. The
 * newest line of the event log is in the result if the log could be read.
 */
export async function executeBackup(deps: NmcDeps, context: StepContext): Promise<StepResult> {
  const { before, keep, signal, target } = context;
  await keep('unit.json', Buffer.from(`${JSON.stringify(before, null, 2)}\n`));
  context.progress(null, 'reading the event log of the card');
  const noLog: Problem[] = [];
  const log = await readEventLog(deps, context, (cause) => noLog.push(withoutLog(cause)));
  if (log !== null) await keep('event.txt', log.bytes);
  const eventMark = log === null ? null : markerOf(log.lines);
  const [logProblem = null] = noLog;
  context.progress(null, 'reading the settings of the card');
  try {
    const settings = await readCardFile(deps, target, pathsOf(before.card).settings, MAX_SETTINGS, context);
    await keep('config.ini', settings.bytes);
    return { state: 'done', method: settings.method, problem: logProblem, eventMark };
  } catch (thrown) {
    signal.throwIfAborted();
    rethrowInternal(thrown);
    const cause = asProblem(thrown);
    // Every further step needs the same login.
    const isLogin = ['device/login', 'device/login-code', 'refused/login'].includes(cause.code);
    // The card sent its settings, but this machine could not save them.
    if (isLogin || cause.code === 'config/state')
      return { state: 'failed', method: null, problem: cause, eventMark };
    const lost = logProblem === null ? '' : ` ${logProblem.message}`;
    const problem = new Problem(
      'device/no-backup',
      `The settings of the card could not be read: ${cause.message}${lost}`,
      {
        hint: 'Save config.ini by hand before an update of the card itself. An update of the UPS does not change it.',
        cause,
      },
    );
    return { state: 'failed', method: null, problem, eventMark };
  }
}

function withoutLog(cause: Problem): Problem {
  return new Problem('device/no-backup', `The event log of the card could not be read: ${cause.message}`, {
    hint: 'Download the event log from the web page of the card if you need it. The update does not need it.',
    cause,
  });
}
