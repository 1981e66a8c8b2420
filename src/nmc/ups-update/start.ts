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
import { saysNothingRuns } from '../look/update-sources.ts';
import { CODE, meaningOf, NOT_BEGUN, PHRASES } from '../phrases.ts';
import { type Shell, withShell } from '../session/shell.ts';
import { writeAccess } from '../upload-preconditions.ts';
import { askCompatibility } from './compatibility.ts';

/**
 * What became of one way to start. `started`: the device said yes. `invalid`: nothing was started, for certain; another way may
 * be tried. `never`: nothing was sent, because the device says that this image or this moment is wrong. `late`: nothing was
 * sent, because the permit had expired. `maybe`: the request left, and no answer or an error answer came, which proves nothing.
 */
type Attempt =
  | { readonly state: 'started' }
  | { readonly state: 'late' }
  | { readonly state: 'no' | 'never' | 'maybe'; readonly problem: Problem };

/** Starts the update, by the ways of the inventory in order, with at most one request that may have been taken. */
export async function takeStart(tools: NmcDeps, context: StepContext): Promise<StepResult> {
  const network = networkOf(context.target);
  const refusals: Problem[] = [];
  for (const method of network.start) {
    context.signal.throwIfAborted();
    context.progress(null, `starting the update by ${method}`);
    const attempt = await startBy(method, tools, context);
    if (attempt.state === 'started') return { state: 'done', method: method, problem: null };
    if (attempt.state === 'late') return { state: 'not-started', method: method, problem: tooLate(context) };
    if (attempt.state === 'maybe') return { state: 'unknown', method: method, problem: attempt.problem };
    if (attempt.state === 'never') return { state: 'failed', method: method, problem: attempt.problem };
    refusals.push(attempt.problem);
  }
  const told = refusals.map((problem) => problem.message).join(' ');
  const open = [...new Set(refusals.map((problem) => problem.hint))].join(' ');
  return {
    state: 'staged',
    method: null,
    problem: new Problem(
      'device/start-unavailable',
      `The image lies on the card, nothing was started, and no way to start it is open. ${told}`,
      {
        hint: `Press "Update UPS" on the Firmware Update page of the card, or open a way to start: ${open} Then run upsfw resume.`,
        cause: refusals[0],
      },
    ),
  };
}

/** For a process that slept between the line on disk and the request. */
export function tooLate({ target }: StepContext): Problem {
  return new Problem(
    'refused/stopped',
    `${unitKey(target)}: more than two seconds went by between the line in the journal and the start, so the start was not sent.`,
    {
      hint: 'This machine may have slept or be overloaded. Run upsfw resume: it looks at the unit and judges again.',
    },
  );
}

function startBy(method: StartMethod, tools: NmcDeps, context: StepContext): Promise<Attempt> {
  return method === 'snmp' ? startBySnmp(tools, context) : startByShell(tools, context);
}

async function startBySnmp(tools: NmcDeps, context: StepContext): Promise<Attempt> {
  const network = networkOf(context.target);
  const { write, against } = writeAccess(network);
  if (write === null) return { state: 'no', problem: against };
  let session: SnmpSession;
  try {
    session = await tools.hub.open(write, { host: network.host, port: network.ports.snmp });
  } catch (thrown) {
    return { state: 'no', problem: asProblem(thrown) };
  }
  try {
    const refusal = await makeReady(session);
    if (refusal !== null) return refusal;
    const permit = await context.commit('snmp');
    // Over SNMPv3 a read goes before the write, so the permit is looked at when the write leaves.
    const outcome = await requestUpdate(session, permit.isFresh);
    if (outcome.state === 'late') return { state: 'late' };
    if (outcome.state === 'accepted') return { state: 'started' };
    if (outcome.state === 'uncertain') return { state: 'maybe', problem: outcome.problem };
    if (!outcome.sent) return { state: 'no', problem: outcome.problem };
    const problem = startRefused('snmp', outcome.problem);
    // The error answer may be a forged or a wrong one: only an object that still says "none" allows another way.
    const after = await readUpdateState(session).catch(() => null);
    return { state: after === 'none' ? 'no' : 'maybe', problem };
  } catch (thrown) {
    // Nothing throws here once the request has left, so nothing was started.
    return { state: 'no', problem: asProblem(thrown) };
  } finally {
    session.close();
  }
}

/** Brings the update object to "none", so that what it says later is about this update. Null where it is. */
async function makeReady(session: SnmpSession): Promise<Attempt | null> {
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
    const problem = new Problem('device/busy', 'The card says that an update is in process already.', {
      hint: 'Wait until it has ended, look at the unit, and make a new plan.',
    });
    return { state: 'never', problem };
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
  return { state: 'no', problem: new Problem(code, message, { hint }) };
}

function startRefused(method: StartMethod, cause: Problem): Problem {
  return new Problem('device/start-refused', `The card refused the start by ${method}: ${cause.message}`, {
    hint: cause.hint,
    cause,
  });
}

async function startByShell(tools: NmcDeps, context: StepContext): Promise<Attempt> {
  const network = networkOf(context.target);
  let installSent = false;
  try {
    return await withShell(shellOptions(tools, network, context), (shell) =>
      install(shell, context, () => {
        installSent = true;
      }),
    );
  } catch (thrown) {
    const problem = asProblem(thrown);
    return { state: installSent ? 'maybe' : 'no', problem };
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
  if (asked.state !== 'yes') return { state: asked.state === 'no' ? 'never' : 'no', problem: asked.problem };
  const permit = await context.commit('cli');
  if (!permit.isFresh()) return { state: 'late' };
  sent();
  // It may ask something, and what is not published is not answered: not even by a bare return.
  const reply = await shell.run(`upsfwupdate -install -file ${asked.path}`, { flush: false });
  if (reply.code === CODE.success || reply.code === CODE.issued) return { state: 'started' };
  if (reply.code === CODE.failed || NOT_BEGUN.includes(reply.code ?? '')) {
    const problem = startRefused(
      'cli',
      new Problem('link/ssh', `The card answered ${meaningOf(reply.code)}.`, {
        hint: 'Look at the event log of the card.',
      }),
    );
    // The card answers E100 also where the UPS hung up while it took the image. Only a command that was not even begun, on a
    // card that shows no transfer, allows another way.
    if (reply.code === CODE.failed) return { state: 'maybe', problem };
    const status = await shell.run('upsfwupdate -status');
    const isQuiet = saysNothingRuns(status.code) && !PHRASES.progress.test(status.lines.join('\n'));
    return { state: isQuiet ? 'no' : 'maybe', problem };
  }
  // Another code, a question, or words that are not known. Something may have begun.
  const problem = new Problem(
    'device/garbage',
    `The card answered the start with ${reply.code ?? 'words that are not known'}.`,
    {
      hint: 'Look at the panel and the event log of the card before anything is repeated.',
    },
  );
  return { state: 'maybe', problem };
}
