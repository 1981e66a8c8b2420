/**
 * Runs: the plan, looking at many units, and carrying out updates within windows, limits and partners.
 *
 * Owns when something is done to which unit. Must not know any protocol: units are reached through the drivers that are
 * handed in. Must not know rules and images either: the evaluation and the image are handed in. Imports core, files,
 * inventory and state.
 */
export { createEarlierStarts } from './earlier-starts.ts';
export type { Control } from './execution.ts';
export { execute } from './executor.ts';
export { type Drivers, driverOf, type LookProgress, lookAll, withinSites } from './look-all.ts';
export { type Ahead, type Outlook, outlookOf, wasNeverPlanned } from './outlook.ts';
export { buildPlan, type Judged, type SeenElsewhere } from './plan.ts';
export { FLEET_POLICY } from './preflight.ts';
export { recover, takeUpRecovery } from './recovery.ts';
export { contextFor, imageMetadata } from './step.ts';
export { describeWindow, isOpen } from './window.ts';
