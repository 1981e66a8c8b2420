/**
 * Rules and the catalogue as data, and the judge that applies them.
 *
 * Owns what may be sent to what, and why not. Must not know sockets, inventories or how images are stored; imports core and
 * yaml. No model number and no version stands in its code: they are in the YAML files.
 */
export { type AdvisoryStatus, advisoriesOf } from './advisories.ts';
export { notApproved, startOpen } from './built-in.ts';
export { CatalogueSchema, type Line } from './catalogue-schema.ts';
export { type Decision, type DecisionInput, decide, kindOf } from './decide.ts';
export { BUILT_IN_CODES, type JudgeInput, type Judgement, judge, judgeStart } from './judge.ts';
export { type CardJudgeInput, type CardJudgement, judgeCard, judgeCardStart } from './judge-card.ts';
export { judgeRecovery, type RecoveryInput } from './judge-recovery.ts';
export { judgeUnit, type UnitJudgeInput } from './judge-unit.ts';
export { type LineSummary, lineSummary } from './line-summary.ts';
export { allRules, type LoadOptions, loadRules, OWN_FILES } from './load.ts';
export { idleOverrules } from './overrule.ts';
export type { RuleBook } from './rule-book.ts';
export { type Rule, RuleFileSchema, STAGES, VERBS } from './schema.ts';
export { serviceFindings } from './service-facts.ts';
export { type StickWord, stickWord } from './stick.ts';
export { describedOrder, type WorkOrderInput, workOrder } from './work-order.ts';
