import {
  asProblem,
  Problem,
  rethrowInternal,
  type StepContext,
  type StepResult,
  sameUnit,
  type Unit,
} from '../../core/index.ts';
import { type NmcDeps, networkOf, shellOptions } from '../deps.ts';
import { look } from '../look/look.ts';
import { CODE } from '../phrases.ts';
import { type Shell, withShell } from '../session/shell.ts';

/**
 * Switches the output by the card's command line (`ups -c`, command guide of the second generation), then
 * waits until the unit reports the new state. `failed`: the output is known to be unchanged. The command is
 * sent once, because it may have been executed even without an answer.
 */
export async function switchOutput(
  deps: NmcDeps,
  to: 'on' | 'off',
  context: StepContext,
): Promise<StepResult> {
  const wanted = to === 'on';
  const before = await identify(deps, context);
  if (before?.condition.outputOn === wanted)
    return { state: 'done', method: null, problem: null, unit: before };
  let refused: Problem | null = null;
  try {
    const network = networkOf(context.target);
    refused = await withShell(shellOptions(deps, network, context), (shell) => sendCommand(shell, to));
  } catch (thrown) {
    rethrowInternal(thrown);
    refused = asProblem(thrown);
  }
  const startedAt = context.clock.monotonic();
  let seen: Unit | null = null;
  for (;;) {
    seen = await identify(deps, context);
    if (seen?.condition.outputOn === wanted)
      return { state: 'done', method: 'cli', problem: null, unit: seen };
    if (context.clock.monotonic() - startedAt >= deps.timeouts.output * 1000) break;
    context.progress(null, `waiting for the output to be ${to}`);
    await context.clock.sleep(deps.timeouts.poll * 1000, context.signal);
  }
  const state = seen?.condition.outputOn === !wanted ? 'failed' : 'unknown';
  return {
    state,
    method: 'cli',
    problem: notSwitched(to, seen, refused),
    ...(seen === null ? {} : { unit: seen }),
  };
}

/** The state of an output, for messages. */
export function describeOutput(outputOn: boolean | null): string {
  return outputOn === null ? 'not known' : outputOn ? 'on' : 'off';
}

/** The unit of the hop as it is now; null if it does not answer, or another unit has its address. */
async function identify(deps: NmcDeps, context: StepContext): Promise<Unit | null> {
  const seen = await look(deps, context.target, context);
  return seen.problem === null && sameUnit(seen.unit, context.before) ? seen.unit : null;
}

async function sendCommand(shell: Shell, to: 'on' | 'off'): Promise<Problem | null> {
  const offered = await shell.run('ups ?');
  if (offered.code === CODE.notFound || !/-c\b/.test(offered.lines.join('\n'))) {
    return new Problem('device/output', 'The card has no command ups -c.', {
      hint: 'Switch the output at the panel or on the web page of the card.',
    });
  }
  // The command may ask a question. Its text is not published, so nothing answers it, not even a bare return.
  const reply = await shell.run(`ups -c ${to}`, { flush: false });
  if (reply.code === CODE.success || reply.code === CODE.issued) return null;
  return new Problem(
    'device/output',
    `The card answered "ups -c ${to}" with ${reply.code ?? 'an unknown text'}.`,
    { hint: 'Switch the output at the panel or on the web page of the card.' },
  );
}

function notSwitched(to: 'on' | 'off', seen: Unit | null, refused: Problem | null): Problem {
  const on = seen?.condition.outputOn ?? null;
  const is = on === null ? 'its state is not known' : `it is ${describeOutput(on)}`;
  const why = refused === null ? 'The card accepted the command.' : refused.message;
  return new Problem('device/output', `The output was to be switched ${to}, and ${is}. ${why}`, {
    hint: 'Look at the unit and its load. Switch the output at the panel.',
    cause: refused,
  });
}
