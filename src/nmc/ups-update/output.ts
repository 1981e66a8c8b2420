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
 * Switches the output of a unit by the card's command line (`ups -c`, command guide of the second generation) and waits until the
 * unit itself says that its output is so. `failed`: it is known to be as it was. Asked once: a command that may have been
 * carried out is not repeated, the unit is looked at.
 */
export async function switchOutput(
  tools: NmcDeps,
  to: 'on' | 'off',
  context: StepContext,
): Promise<StepResult> {
  const wanted = to === 'on';
  const before = await lookAtIt(tools, context);
  if (before?.condition.outputOn === wanted)
    return { state: 'done', method: null, problem: null, unit: before };
  let refused: Problem | null = null;
  try {
    const network = networkOf(context.target);
    refused = await withShell(shellOptions(tools, network, context), (shell) => command(shell, to));
  } catch (thrown) {
    rethrowInternal(thrown);
    refused = asProblem(thrown);
  }
  const begun = context.clock.monotonic();
  let seen: Unit | null = null;
  for (;;) {
    seen = await lookAtIt(tools, context);
    if (seen?.condition.outputOn === wanted)
      return { state: 'done', method: 'cli', problem: null, unit: seen };
    if (context.clock.monotonic() - begun >= tools.timeouts.output * 1000) break;
    context.progress(null, `waiting for the output to be ${to}`);
    await context.clock.sleep(tools.timeouts.poll * 1000, context.signal);
  }
  const state = seen?.condition.outputOn === !wanted ? 'failed' : 'unknown';
  return {
    state,
    method: 'cli',
    problem: notSwitched(to, seen, refused),
    ...(seen === null ? {} : { unit: seen }),
  };
}

/** The unit of the hop, as it is now; null where it does not answer, or another one has its address. */
async function lookAtIt(tools: NmcDeps, context: StepContext): Promise<Unit | null> {
  const seen = await look(tools, context.target, context);
  return seen.problem === null && sameUnit(seen.unit, context.before) ? seen.unit : null;
}

async function command(shell: Shell, to: 'on' | 'off'): Promise<Problem | null> {
  const offered = await shell.run('ups ?');
  if (offered.code === CODE.notFound || !/-c\b/.test(offered.lines.join('\n'))) {
    return new Problem('device/output', 'The card has no command ups -c.', {
      hint: 'Switch the output at the panel or on the page of the card.',
    });
  }
  // It may ask something, and what is not published is not answered: not even by a bare return.
  const reply = await shell.run(`ups -c ${to}`, { flush: false });
  if (reply.code === CODE.success || reply.code === CODE.issued) return null;
  return new Problem(
    'device/output',
    `The card answered "ups -c ${to}" with ${reply.code ?? 'words that are not known'}.`,
    { hint: 'Switch the output at the panel or on the page of the card.' },
  );
}

function notSwitched(to: 'on' | 'off', seen: Unit | null, refused: Problem | null): Problem {
  const on = seen?.condition.outputOn ?? null;
  const is = on === null ? 'is not known to be switched' : `is ${on ? 'on' : 'off'}`;
  const why = refused === null ? 'The card accepted the command.' : refused.message;
  return new Problem('device/output', `The output was to be switched ${to} and ${is}. ${why}`, {
    hint: 'Look at the unit and its load. Switch the output at the panel.',
    cause: refused,
  });
}
