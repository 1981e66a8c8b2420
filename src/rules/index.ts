/**
 * Rules and catalogue as data, and the code that evaluates them.
 *
 * Owns the decision which image may be sent to which unit, and why not. Must not know sockets, inventories or
 * image storage; imports core and yaml. Model numbers and versions are in the YAML files, never in code.
 */
export { advisoriesOf } from './catalogue/advisories.ts';
export { filesAsOf, type LeftOut } from './catalogue/as-of.ts';
export { type NewestSeen, newestSeenFor } from './catalogue/card-advisories.ts';
export type { RuleBook } from './catalogue/rule-book.ts';
export { lineSummary } from './catalogue/summary.ts';
export {
  BUILT_IN_CODES,
  notApproved,
  notRead,
  startOpen,
  withDoubt,
  withLeftOut,
} from './engine/built-in.ts';
export { unusedOverrides } from './engine/override.ts';
export { CARD_OS_FORMS, cardContradiction, readCardOs } from './facts/described-card.ts';
export { serviceFindings } from './facts/service.ts';
export { cardHealth, judgeCard, judgeCardStart } from './judge/card.ts';
export { type Decision, type DecisionInput, judgeDescribed, kindOf } from './judge/described.ts';
export { type AnsweringEntry, entriesBySerial, withIdentity } from './judge/identity.ts';
export { judgeRecovery, type RecoveryInput } from './judge/recovery.ts';
export { judgeUnit } from './judge/unit.ts';
export { judgeStart, judgeUps } from './judge/ups.ts';
export { allRules, loadRules } from './load.ts';
export { usbDriveAdvice } from './work-order/usb-drive.ts';
export { describedOrder, workOrder } from './work-order/work-order.ts';
