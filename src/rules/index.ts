/**
 * Rules and the catalogue as data, and the judge that applies them.
 *
 * Owns what may be sent to what, and why not. Must not know sockets, inventories or how images are stored; imports core and
 * yaml. No model number and no version stands in its code: they are in the YAML files.
 */
export { advisoriesOf } from './catalogue/advisories.ts';
export type { RuleBook } from './catalogue/rule-book.ts';
export { lineSummary } from './catalogue/summary.ts';
export { BUILT_IN_CODES, notApproved, startOpen } from './engine/built-in.ts';
export { unusedOverrides } from './engine/override.ts';
export { serviceFindings } from './facts/service.ts';
export { judgeCard, judgeCardStart } from './judge/card.ts';
export { type Decision, type DecisionInput, judgeDescribed, kindOf } from './judge/described.ts';
export { judgeRecovery, type RecoveryInput } from './judge/recovery.ts';
export { judgeUnit } from './judge/unit.ts';
export { judgeStart, judgeUps } from './judge/ups.ts';
export { allRules, loadRules } from './load.ts';
export { usbDriveAdvice } from './work-order/usb-drive.ts';
export { describedOrder, workOrder } from './work-order/work-order.ts';
