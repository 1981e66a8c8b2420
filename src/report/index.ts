/**
 * Rendering: documents in; text, Markdown or metrics out.
 *
 * Owns the layout of reports and the shape of the JSON documents. Must not know where documents come from;
 * imports core only.
 */

export { type DetailLevel, renderAudit } from './audit.ts';
export {
  type AuditChange,
  type AuditChanges,
  CHANGE_KINDS,
  type ChangeKind,
  type ComparedUnit,
  changeCount,
  compareAudits,
} from './audit-changes.ts';
export { renderDiscover } from './discover.ts';
export type {
  Advisory,
  AuditCard,
  AuditDocument,
  AuditUnit,
  ComparedHash,
  DiscoverDocument,
  HopSummary,
  ImagesDocument,
  StatusCounts,
} from './documents.ts';
export { renderImages } from './images.ts';
export { type LocalInspectDocument, renderLocalInspect } from './local/inspect.ts';
export { type LocalPortsDocument, renderLocalPorts } from './local/ports.ts';
export { renderRecovery } from './local/recover.ts';
export { renderUsbDrive, type UsbDriveDocument } from './local/usb-drive.ts';
export { type ApprovedPlan, type PlanExtras, renderPlan } from './plan.ts';
export { renderPrometheus } from './prometheus.ts';
export { renderDecision, renderRules } from './rules.ts';
export { renderRun } from './run.ts';
export type {
  PlanDocument,
  PlanOrigin,
  RunCounts,
  RunDocument,
  RunEnded,
  RunFirmware,
  RunHop,
  RunNow,
  RunOutcome,
  RunState,
  RunUnit,
} from './run-documents.ts';
export { renderStatus, type StatusOptions } from './run-status.ts';
export { type RunsDocument, type RunsEntry, renderRuns } from './runs.ts';
export type { Style } from './writer.ts';
