/**
 * Rules and the catalogue as data, and the judge that applies them.
 *
 * Owns what may be sent to what, and why not. Must not know sockets, inventories or how images are stored; imports core and
 * yaml. No model number and no version stands in its code: they are in the YAML files.
 */
export { BUILT_IN_CODES, type JudgeInput, type Judgement, judge, judgeStart } from './judge.ts';
export { type LoadOptions, loadRules, type RuleBook } from './load.ts';
export { CatalogueSchema, RuleFileSchema } from './schema.ts';
