import {
  asProblem,
  Problem,
  type StartMethod,
  type StepContext,
  type StepResult,
  unitKey,
} from '../../core/index.ts';
import { clearUpdateResult, readUpdateState, requestUpdate, type SnmpSession } from '../../snmp/index.ts';
import { type NmcDeps, networkOf, shellOptions } from '../deps.ts';
import { reportsNoTransfer } from '../look/update-sources.ts';
import { CODE, meaningOf, NOT_EXECUTED, PHRASES } from '../phrases.ts';
import { type Shell, withShell } from '../session/shell.ts';
import { writeAccess } from '../upload-preconditions.ts';
import { askCompatibility } from './compatibility.ts';

/**
 * Result of one start method. `started`: the device accepted it. `not-started`: certainly nothing was
 * started, so another method may be tried. `blocked`: nothing was sent, because the device rejects this image
 * or is busy. `late`: nothing was sent, because the permit had expired. `uncertain`: the request was sent,
 * and no answer or an error answer came, which proves nothing.
 */
type Attempt =
  | { readonly state: 'started' }
  | { readonly state: 'late' }
  | { readonly state: 'not-started' | 'blocked' | 'uncertain'; readonly problem: Problem };

/**
 * Starts the update by the methods of the inventory, in order. At most one request may have had an effect.
 */
export async function executeStart(deps: NmcDeps, context: StepContext): Promise<StepResult> {
  const network = networkOf(context.target);
  const refusals: Problem[] = [];
  for (const method of network.start) {
    context.signal.throwIfAborted();
    context.progress(null, `starting the update by ${method}`);
    const attempt = await sendStart(method, deps, context);
    if (attempt.state === 'started') return { state: 'done', method, problem: null };
    if (attempt.state === 'late') return { state: 'not-started', method, problem: tooLate(context) };
    if (attempt.state === 'uncertain') return { state: 'unknown', method, problem: attempt.problem };
    if (attempt.state === 'blocked') return { state: 'failed', method, problem: attempt.problem };
    refusals.push(attempt.problem);
  }
  const causes = refusals.map((problem) => problem.message).join(' ');
  const remedies = [...new Set(refusals.map((problem) => problem.hint))].join(' ');
  return {
    state: 'staged',
    method: null,
    problem: new Problem(
      'device/start-unavailable',
      `The image is on the card, nothing was started, and no start method is available. ${causes}`,
      {
        hint: `Press "Update UPS" on the Firmware Update page of the card, or enable a start method: ${remedies} Then run upsfw resume.`,
        cause: refusals[0],
      },
    ),
  };
}

/** For a process that slept between the journal line and the request. */
export function tooLate({ target }: StepContext): Problem {
  return new Problem(
    'refused/stopped',
    `${unitKey(target)}: the start was not sent, because more than two seconds passed since its journal line.`,
    {
      hint: 'This machine may have slept or be overloaded. Run upsfw resume: it looks at the unit and evaluates it again.',
    },
  );
}

function sendStart(method: StartMethod, deps: NmcDeps, context: StepContext): Promise<Attempt> {
  return method === 'snmp' ? startBySnmp(deps, context) : startByCli(deps, context);
}

async function startBySnmp(deps: NmcDeps, context: StepContext): Promise<Attempt> {
  const network = networkOf(context.target);
  const { write, problem } = writeAccess(network);
  if (write === null) return { state: 'not-started', problem };
  let session: SnmpSession;
  try {
    session = await deps.hub.open(write, { host: network.host, port: network.ports.snmp });
  } catch (thrown) {
    return { state: 'not-started', problem: asProblem(thrown) };
  }
  try {
    const refusal = await clearPreviousResult(session);
    if (refusal !== null) return refusal;
    const permit = await context.commit('snmp');
    // Over SNMPv3 a read comes before the write, so the permit is checked when the write leaves.
    const outcome = await requestUpdate(session, permit.isFresh);
    if (outcome.state === 'late') return { state: 'late' };
    if (outcome.state === 'accepted') return { state: 'started' };
    if (outcome.state === 'uncertain') return { state: 'uncertain', problem: outcome.problem };
    if (!outcome.sent) return { state: 'not-started', problem: outcome.problem };
    const problem = startRefused('snmp', outcome.problem);
    // The error answer may be forged or wrong. Only an object that still shows "none" allows another method.
    const after = await readUpdateState(session).catch(() => null);
    return { state: after === 'none' ? 'not-started' : 'uncertain', problem };
  } catch (thrown) {
    // Nothing throws here after the request was sent, so nothing was started.
    return { state: 'not-started', problem: asProblem(thrown) };
  } finally {
    session.close();
  }
}

/** Sets the update object to "none", so that a later value is about this update. Null if it is. */
async function clearPreviousResult(session: SnmpSession): Promise<Attempt | null> {
  const state = await readUpdateState(session);
  if (state === 'none') return null;
  if (state === 'not-offered' || state === 'garbage') {
    return no(
      'device/start-unavailable',
      'The card does not offer the update object over SNMP.',
      'Add cli to start: in the inventory.',
    );
  }
  if (state === 'in-process' || state === 'requested') {
    const problem = new Problem('device/busy', 'The card reports that an update is already in process.', {
      hint: 'Wait until it has ended, look at the unit, and make a new plan.',
    });
    return { state: 'blocked', problem };
  }
  await clearUpdateResult(session);
  const cleared = await readUpdateState(session);
  if (cleared === 'none') return null;
  return no(
    'device/stale-result',
    `The card still shows the result of an earlier update (${cleared}) and does not clear it.`,
    'Start by the command line, or look at the update page of the card.',
  );
}

function no(
  code: 'device/start-unavailable' | 'device/stale-result',
  message: string,
  hint: string,
): Attempt {
  return { state: 'not-started', problem: new Problem(code, message, { hint }) };
}

function startRefused(method: StartMethod, cause: Problem): Problem {
  return new Problem('device/start-refused', `The card refused the start by ${method}: ${cause.message}`, {
    hint: cause.hint,
    cause,
  });
}

async function startByCli(deps: NmcDeps, context: StepContext): Promise<Attempt> {
  const network = networkOf(context.target);
  let installSent = false;
  try {
    return await withShell(shellOptions(deps, network, context), (shell) =>
      install(shell, context, () => {
        installSent = true;
      }),
    );
  } catch (thrown) {
    const problem = asProblem(thrown);
    return { state: installSent ? 'uncertain' : 'not-started', problem };
  }
}

async function install(shell: Shell, context: StepContext, sent: () => void): Promise<Attempt> {
  const offered = await shell.run('upsfwupdate ?');
  if (offered.code === CODE.notFound || !/-install/.test(offered.lines.join('\n'))) {
    return no(
      'device/start-unavailable',
      'The card has no command upsfwupdate -install.',
      'Add snmp to start: in the inventory.',
    );
  }
  const asked = await askCompatibility(shell, offered, context);
  if (asked.state !== 'yes')
    return { state: asked.state === 'no' ? 'blocked' : 'not-started', problem: asked.problem };
  const permit = await context.commit('cli');
  if (!permit.isFresh()) return { state: 'late' };
  sent();
  // The command may ask a question. Its text is not published, so nothing answers it, not even a bare return.
  const reply = await shell.run(`upsfwupdate -install -file ${asked.path}`, { flush: false });
  if (reply.code === CODE.success || reply.code === CODE.issued) return { state: 'started' };
  if (reply.code === CODE.failed || NOT_EXECUTED.includes(reply.code ?? '')) {
    const problem = startRefused(
      'cli',
      new Problem('link/ssh', `The card answered ${meaningOf(reply.code)}.`, {
        hint: 'Look at the event log of the card.',
      }),
    );
    // The card also answers E100 if the UPS dropped the link while it received the image. Another method is
    // allowed only after a command that was not executed, on a card that shows no transfer.
    if (reply.code === CODE.failed) return { state: 'uncertain', problem };
    const status = await shell.run('upsfwupdate -status');
    const isQuiet = reportsNoTransfer(status.code) && !PHRASES.progress.test(status.lines.join('\n'));
    return { state: isQuiet ? 'not-started' : 'uncertain', problem };
  }
  // Another code, a question or an unknown text. Something may have started.
  const problem = new Problem(
    'device/garbage',
    `The card answered the start with ${reply.code ?? 'an unknown text'}.`,
    {
      hint: 'Look at the panel and the event log of the card before you try again.',
    },
  );
  return { state: 'uncertain', problem };
}
