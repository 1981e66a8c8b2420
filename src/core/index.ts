/**
 * Values and pure functions: Unit, Firmware, Image, Verdict, Plan, UpgradeDriver, Problem, Secret, Clock.
 *
 * Owns the terms that all other folders use. Must not know sockets, files, YAML or the time of day. Imports
 * nothing of the project.
 */
export * from './applications.ts';
export * from './clock.ts';
export * from './discovery.ts';
export * from './driver.ts';
export * from './firmware.ts';
export * from './hop.ts';
export * from './host.ts';
export * from './image.ts';
export * from './look.ts';
export * from './plan.ts';
export * from './problem.ts';
export * from './problem-codes.ts';
export * from './secret.ts';
export * from './services.ts';
export * from './system-error.ts';
export * from './target.ts';
export * from './text.ts';
export * from './unit.ts';
export * from './verdict.ts';
export * from './work-order.ts';
