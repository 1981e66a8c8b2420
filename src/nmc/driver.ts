import {
  type Hop,
  isUpsHop,
  type Step,
  type StepCheck,
  type StepContext,
  type StepName,
  type StepResult,
  type StepsAnswer,
  type Unit,
  type UnitTarget,
  type UpgradeDriver,
} from '../core/index.ts';
import { cardSteps, checkCard, takeCard } from './card-update/steps.ts';
import type { NmcDeps } from './deps.ts';
import { refusalOf, timeoutsFor } from './generations/index.ts';
import { look } from './look/look.ts';
import { TIMEOUTS, type Timeouts } from './timeouts.ts';
import { cannotSend, cannotStart } from './upload-preconditions.ts';
import { takeBackup } from './ups-update/backup.ts';
import { switchOutput } from './ups-update/output.ts';
import { checkStart, takeSettle } from './ups-update/settle.ts';
import { takeStart } from './ups-update/start.ts';
import { checkTransfer, takeTransfer } from './ups-update/transfer.ts';
import { takeVerify } from './ups-update/verify.ts';

/** The way through a Network Management Card. */
export function createNmcDriver(
  tools: Omit<NmcDeps, 'timeouts'> & { readonly timeouts?: Timeouts },
): UpgradeDriver {
  const all: NmcDeps = { ...tools, timeouts: tools.timeouts ?? TIMEOUTS };
  return {
    look: (target, context) => look(all, target, context),
    steps: (target, unit, hop) => stepsFor(timeoutsFor(unit.card, all.timeouts), target, unit, hop),
    query: (step, context) => check(forCard(all, context), step, context),
    execute: (step, context) => take(forCard(all, context), step, context),
    switchOutput: (to, context) => switchOutput(forCard(all, context), to, context),
  };
}

/** The tools with the waits of the card that the hop goes through. */
function forCard(tools: NmcDeps, { before }: StepContext): NmcDeps {
  return { ...tools, timeouts: timeoutsFor(before.card, tools.timeouts) };
}

function stepsFor(timeouts: Timeouts, target: UnitTarget, unit: Unit, hop: Hop): StepsAnswer {
  if (!isUpsHop(hop)) return cardSteps(timeouts, target, unit, hop);
  const refusal = refusalOf(unit.card);
  if (refusal !== null) return { possible: false, problem: refusal };
  const against = cannotSend(target, hop.image.file);
  if (against !== null) return against;
  const steps: Step[] = [
    { step: 'backup', limitSeconds: timeouts.backup },
    { step: 'transfer', limitSeconds: timeouts.transfer },
    { step: 'start', limitSeconds: timeouts.start },
    { step: 'settle', limitSeconds: timeouts.settle + timeouts.start },
    { step: 'verify', limitSeconds: timeouts.verify + timeouts.start },
  ];
  const warning = cannotStart(target);
  return { possible: true, steps, ...(warning === null ? {} : { warning }) };
}

function check(tools: NmcDeps, step: StepName, context: StepContext): Promise<StepCheck> {
  if (!isUpsHop(context.hop)) return checkCard(tools, step, context);
  if (step === 'transfer') return checkTransfer(tools, context);
  if (step === 'start' || step === 'settle') return checkStart(tools, context);
  // Verifying can be done again at any time.
  return Promise.resolve({ state: 'todo', problem: null });
}

function take(tools: NmcDeps, step: StepName, context: StepContext): Promise<StepResult> {
  if (!isUpsHop(context.hop) && step !== 'backup') return takeCard(tools, step, context);
  switch (step) {
    case 'backup':
      return takeBackup(tools, context);
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
