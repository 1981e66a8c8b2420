import {
  type CardHop,
  Problem,
  type StepCheck,
  type StepContext,
  type StepName,
  type StepResult,
  type StepsAnswer,
  type Unit,
  type UnitTarget,
} from '../../core/index.ts';
import type { NmcDeps } from '../deps.ts';
import type { Timeouts } from '../timeouts.ts';
import { cannotSend, impossible } from '../upload-preconditions.ts';
import { checkCardStart, takeCardSettle } from './settle.ts';
import { takeCardStart } from './start.ts';
import { takeCardVerify } from './verify.ts';

/** The steps of a hop of the card's own firmware: its upload is what commits, so nothing is transferred before. */
export function cardSteps(timeouts: Timeouts, target: UnitTarget, unit: Unit, hop: CardHop): StepsAnswer {
  const against = cannotSend(target, hop.image.file);
  if (against !== null) return against;
  // A card without its application may not tell its platform; its serial number has told that it is the card of the plan.
  const platform = unit.card?.platform ?? hop.to.platform;
  if (unit.card === null || platform !== hop.to.platform) {
    const card = unit.card === null ? 'no card' : `a card of ${platform}`;
    return impossible(
      'refused/no-path',
      `The unit has ${card}; the file is for ${hop.to.platform}.`,
      'Make a new plan.',
    );
  }
  return {
    possible: true,
    steps: [
      { step: 'backup', limitSeconds: timeouts.backup },
      { step: 'start', limitSeconds: timeouts.transfer },
      { step: 'settle', limitSeconds: timeouts.cardSettle + timeouts.start },
      { step: 'verify', limitSeconds: timeouts.verify + timeouts.start },
    ],
  };
}

export function checkCard(tools: NmcDeps, step: StepName, context: StepContext): Promise<StepCheck> {
  if (step === 'start' || step === 'settle') return checkCardStart(tools, context);
  // Verifying can be done again at any time.
  return Promise.resolve({ state: 'todo', problem: null });
}

export function takeCard(
  tools: NmcDeps,
  step: Exclude<StepName, 'backup'>,
  context: StepContext,
): Promise<StepResult> {
  switch (step) {
    case 'start':
      return takeCardStart(tools, context);
    case 'settle':
      return takeCardSettle(tools, context);
    case 'verify':
      return takeCardVerify(tools, context);
    case 'transfer':
      return Promise.reject(
        new Problem('internal/unexpected', 'A file for the card is started by its upload.', {
          hint: 'Report this.',
        }),
      );
  }
}
