import {
  type Hop,
  isUpsHop,
  Problem,
  type StepContext,
  type StepsAnswer,
  type Unit,
  type UnitTarget,
  type UpgradeDriver,
} from '../core/index.ts';
import { cardUpdate } from './card-update/procedure.ts';
import type { NmcDeps } from './deps.ts';
import { timeoutsFor } from './generations/index.ts';
import { look } from './look/look.ts';
import type { Procedure } from './procedure.ts';
import { TIMEOUTS, type Timeouts } from './timeouts.ts';
import { switchOutput } from './ups-update/output.ts';
import { upsUpdate } from './ups-update/procedure.ts';

/** The driver for updates through a Network Management Card. */
export function createNmcDriver(
  options: Omit<NmcDeps, 'timeouts'> & { readonly timeouts?: Timeouts },
): UpgradeDriver {
  const deps: NmcDeps = { ...options, timeouts: options.timeouts ?? TIMEOUTS };
  return {
    look: (target, context) => look(deps, target, context),
    steps: (target, unit, hop) =>
      procedureFor(hop).steps(timeoutsFor(unit.card, deps.timeouts), target, unit),
    async query(step, context) {
      const query = procedureFor(context.hop).query[step];
      return query === undefined ? { state: 'todo', problem: null } : query(forCard(deps, context), context);
    },
    async execute(step, context) {
      const execute = procedureFor(context.hop).execute[step];
      if (execute !== undefined) return execute(forCard(deps, context), context);
      throw new Problem('internal/unexpected', `A hop of ${context.hop.component} has no step "${step}".`, {
        hint: 'This is a fault of upsfw. Please report it.',
      });
    },
    switchOutput: (to, context) => switchOutput(forCard(deps, context), to, context),
  };
}

/** A procedure together with the hop that chose it. */
interface ChosenProcedure extends Pick<Procedure<Hop>, 'query' | 'execute'> {
  steps(timeouts: Timeouts, target: UnitTarget, unit: Unit): StepsAnswer;
}

function procedureFor(hop: Hop): ChosenProcedure {
  return isUpsHop(hop) ? chosen(upsUpdate, hop) : chosen(cardUpdate, hop);
}

function chosen<H extends Hop>({ steps, query, execute }: Procedure<H>, hop: H): ChosenProcedure {
  return { steps: (timeouts, target, unit) => steps(timeouts, target, unit, hop), query, execute };
}

/** The dependencies with the timeouts of the card that the hop goes through. */
function forCard(deps: NmcDeps, { before }: StepContext): NmcDeps {
  return { ...deps, timeouts: timeoutsFor(before.card, deps.timeouts) };
}
