import {
  type Hop,
  isUpsHop,
  Problem,
  type ProblemCode,
  type Step,
  type StepCheck,
  type StepContext,
  type StepName,
  type StepResult,
  type StepsAnswer,
  type Unit,
  type UnitTarget,
  type UpgradePath,
} from '../core/index.ts';
import { factsOf, SAFE_NAME } from './generations.ts';
import { look } from './look.ts';
import { switchOutput } from './output.ts';
import { checkStart, takeSettle } from './settle.ts';
import { takeStart } from './start.ts';
import type { Tools } from './tools.ts';
import { checkTransfer, takeTransfer } from './transfer.ts';
import { takeVerify } from './verify.ts';
import { WAITS, type Waits } from './waits.ts';

/** The way through a Network Management Card. */
export function createNmcPath(tools: Omit<Tools, 'waits'> & { readonly waits?: Waits }): UpgradePath {
  const all: Tools = { ...tools, waits: tools.waits ?? WAITS };
  return {
    look: (target, context) => look(all, target, context),
    steps: (target, unit, hop) => stepsFor(all.waits, target, unit, hop),
    check: (step, context) => check(all, step, context),
    take: (step, context) => take(all, step, context),
    switchOutput: (to, context) => switchOutput(all, to, context),
  };
}

function stepsFor(waits: Waits, target: UnitTarget, unit: Unit, hop: Hop): StepsAnswer {
  if (!isUpsHop(hop)) {
    return impossible(
      'refused/no-path',
      `How ${hop.component} is brought onto this card is not known.`,
      'Use the firmware tool of the vendor for the card.',
    );
  }
  if (factsOf(unit.card) === null) {
    const card =
      unit.card === null ? 'no card' : `a card of ${unit.card.generation ?? 'an unknown generation'}`;
    return impossible(
      'refused/no-path',
      `The unit has ${card}; updates are known for NMC2 and NMC3.`,
      'Use the local way, or replace the card.',
    );
  }
  if (target.network?.login == null) {
    return impossible(
      'refused/no-path',
      'There is no login to send the image with.',
      'Add login: to the unit in the inventory.',
    );
  }
  if (!SAFE_NAME.test(hop.image.file)) {
    return impossible(
      'image/name',
      `The file name "${hop.image.file}" cannot be used on a card.`,
      'Rename the file: letters, digits, dot, dash and underscore.',
    );
  }
  const steps: Step[] = [
    { does: 'transfer', commits: false, limitSeconds: waits.transfer },
    { does: 'start', commits: true, limitSeconds: waits.start },
    { does: 'settle', commits: false, limitSeconds: waits.settle + waits.start },
    { does: 'verify', commits: false, limitSeconds: waits.verify + waits.start },
  ];
  return { possible: true, steps };
}

function impossible(code: ProblemCode, message: string, hint: string): StepsAnswer {
  return { possible: false, problem: new Problem(code, message, { hint }) };
}

function check(tools: Tools, step: StepName, context: StepContext): Promise<StepCheck> {
  if (step === 'transfer') return checkTransfer(tools, context);
  if (step === 'start' || step === 'settle') return checkStart(tools, context);
  // Verifying can be done again at any time.
  return Promise.resolve({ state: 'todo', problem: null });
}

function take(tools: Tools, step: StepName, context: StepContext): Promise<StepResult> {
  switch (step) {
    case 'backup':
      return Promise.resolve({ state: 'failed', way: null, problem: null });
    case 'transfer':
      return takeTransfer(tools, context);
    case 'start':
      return takeStart(tools, context);
    case 'settle':
      return takeSettle(tools, context);
    case 'verify':
      return takeVerify(tools, context);
  }
}
