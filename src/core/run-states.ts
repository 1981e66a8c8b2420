/** The closed lists that journals and run documents share. */

/** How a unit ended. `unknown`: a person has to look at it. */
export const OUTCOMES = ['upgraded', 'current', 'refused', 'failed', 'unknown', 'stopped'] as const;
export type UnitOutcome = (typeof OUTCOMES)[number];

/** The state of a step of a hop. */
export const STEP_STATES = [
  'begun',
  'committing',
  'done',
  'failed',
  'unknown',
  'staged',
  'not-started',
  'received',
] as const;
export type StepState = (typeof STEP_STATES)[number];

/** What a run did to the output of a unit that it may switch. Only `on` says that the output is as it was before. */
export const OUTPUT_STATES = [
  'switching-off',
  'off',
  'not-switched',
  'switching-on',
  'on',
  'unknown',
] as const;
export type OutputState = (typeof OUTPUT_STATES)[number];
