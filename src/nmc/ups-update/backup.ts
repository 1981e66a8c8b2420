import { asProblem, Problem, rethrowInternal, type StepContext, type StepResult } from '../../core/index.ts';
import type { NmcDeps } from '../deps.ts';
import { readCardFile } from '../files/read-file.ts';
import { placesOf } from '../generations/index.ts';
import { markerOf } from '../look/event-log.ts';
import { readEventLog } from '../look/event-log-source.ts';

const LARGEST_SETTINGS = 1024 * 1024;

/**
 * Keeps what the card holds of itself before anything is changed: who it and its UPS are, its settings, its event log. `failed`
 * where the settings could not be read; the newest line of the log is given where it could be.
 */
export async function takeBackup(tools: NmcDeps, context: StepContext): Promise<StepResult> {
  const { before, keep, signal, target } = context;
  await keep('unit.json', Buffer.from(`${JSON.stringify(before, null, 2)}\n`));
  context.progress(null, 'reading the event log of the card');
  const log = await readEventLog(tools, context);
  if (log !== null) await keep('event.txt', log.bytes);
  const eventMark = log === null ? null : markerOf(log.lines);
  context.progress(null, 'reading the settings of the card');
  try {
    const settings = await readCardFile(
      tools,
      target,
      placesOf(before.card).settings,
      LARGEST_SETTINGS,
      context,
    );
    await keep('config.ini', settings.bytes);
    return { state: 'done', method: settings.method, problem: null, eventMark };
  } catch (thrown) {
    signal.throwIfAborted();
    rethrowInternal(thrown);
    const cause = asProblem(thrown);
    // Every further step needs the same login.
    const isLogin = cause.code === 'device/login' || cause.code === 'refused/login';
    // The card gave its settings, and this machine could not keep them.
    if (isLogin || cause.code === 'config/state')
      return { state: 'failed', method: null, problem: cause, eventMark };
    const problem = new Problem(
      'device/no-backup',
      `The settings of the card could not be read: ${cause.message}`,
      {
        hint: 'Save config.ini by hand before the card itself is updated. An update of the UPS does not change it.',
        cause,
      },
    );
    return { state: 'failed', method: null, problem, eventMark };
  }
}
