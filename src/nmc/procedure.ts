import type {
  Hop,
  StepCheck,
  StepContext,
  StepName,
  StepResult,
  StepsAnswer,
  Unit,
  UnitTarget,
} from '../core/index.ts';
import type { NmcDeps } from './deps.ts';
import type { Timeouts } from './timeouts.ts';

/** How one kind of hop is done through a card: its steps, and what queries and executes each of them. */
export interface Procedure<H extends Hop> {
  steps(timeouts: Timeouts, target: UnitTarget, unit: Unit, hop: H): StepsAnswer;
  /** A step without an entry can be executed again at any time, so it is always `todo`. */
  readonly query: Readonly<
    Partial<Record<StepName, (deps: NmcDeps, context: StepContext) => Promise<StepCheck>>>
  >;
  /** A step without an entry is not part of the procedure. */
  readonly execute: Readonly<
    Partial<Record<StepName, (deps: NmcDeps, context: StepContext) => Promise<StepResult>>>
  >;
}
