/**
 * Rendering: documents in; text, Markdown or metrics out.
 *
 * Owns how things look and the shape of the JSON documents. Must not know where they come from; imports core only.
 */

export { type Listing, renderAudit } from './audit.ts';
export * from './audit-changes.ts';
export { renderDiscover } from './discover.ts';
export * from './documents.ts';
export { renderImages } from './images.ts';
export { type LocalLookDocument, renderLocalLook } from './local-look.ts';
export { type LocalPortsDocument, renderLocalPorts } from './local-ports.ts';
export type { Style } from './paper.ts';
export { type ApprovedPlan, type PlanExtras, renderPlan } from './plan.ts';
export { renderPrometheus } from './prometheus.ts';
export { type RecordFiles, renderRecord } from './record.ts';
export { type RecoveryQuestion, renderRecovery } from './recovery.ts';
export { renderDecision, renderRules } from './rules.ts';
export { renderRun } from './run.ts';
export { renderStatus, type StatusOptions } from './run-status.ts';
export { type RunsDocument, type RunsEntry, renderRuns } from './runs.ts';
export { type LocalStickDocument, renderStick } from './stick.ts';
