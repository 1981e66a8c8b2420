import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Problem, reasonOf } from '../core/index.ts';
import {
  countedFindings,
  FindingList,
  type Locate,
  listFindings,
  parseYaml,
  readBundledData,
  readTextWithin,
} from '../yaml/index.ts';
import { AT_THE_START, inForce, KNOWN_FROM, lineAsOf } from './catalogue/as-of.ts';
import { catalogueCandidate } from './catalogue/candidate.ts';
import { FieldReportsSchema, ReportFileSchema } from './catalogue/reports.ts';
import type { RuleBook } from './catalogue/rule-book.ts';
import { CatalogueSchema } from './catalogue/schema.ts';
import { checkOverrides, overridableRules } from './engine/override.ts';
import { type Rule, RuleFileSchema, STAGES } from './engine/schema.ts';

export interface LoadOptions {
  /** Rule files of the operator. They may add and tighten: block, unknown, warn, note and require under new ids. */
  readonly files?: readonly string[];
  /** Judge with what was published by this day (`2020-04-02`). */
  readonly asOf?: string | null | undefined;
  /** Reasons by rule id. */
  readonly override?: ReadonlyMap<string, string> | undefined;
  /** SHA-256 hashes in hex, beside those of the catalogue. */
  readonly trust?: readonly string[] | undefined;
  /** `warn` where it is left out. */
  readonly unknownImages?: 'refuse' | 'warn' | undefined;
}

/** The files of the tool, in the order in which their rules are asked: later knowledge advises first. */
export const OWN_FILES = [
  'releases.yaml',
  'faq-2020-04.yaml',
  'base.yaml',
  'card-files.yaml',
  'services.yaml',
  'work-order.yaml',
  'recovery.yaml',
] as const;
const CATALOGUE = 'data/catalogue.yaml';
const REPORTS = 'data/confirmed.yaml';
/** What a file of the operator may not do: say what the vendor says, or call hardware hopeless. */
const VENDOR_VERBS = ['unsupported', 'advise', 'derives'] as const;

/** Reads the rules of the tool and of the operator. Throws Problem config/rules with every finding. */
export async function loadRules(options: LoadOptions = {}): Promise<RuleBook> {
  const hash = createHash('sha256');
  const asOf = options.asOf ?? null;
  if (asOf !== null && asOf < KNOWN_FROM) {
    throw new Problem('config/usage', `Nothing is known of a day before ${KNOWN_FROM}; asked was ${asOf}.`, {
      hint: 'The oldest source is the vendor FAQ of that day.',
    });
  }
  const overridden = options.override ?? new Map<string, string>();
  const trusted = new Set(options.trust ?? []);
  const unknownRefused = options.unknownImages === 'refuse';
  hash.update(JSON.stringify([asOf, [...overridden].sort(), [...trusted].sort(), unknownRefused]));
  const all: Rule[] = [];
  for (const name of OWN_FILES) {
    const { value, canonical } = await readBundledData(
      new URL(`data/${name}`, import.meta.url),
      RuleFileSchema,
    );
    hash.update(canonical);
    all.push(...value.rules);
  }
  const catalogue = await readBundledData(new URL(CATALOGUE, import.meta.url), CatalogueSchema);
  hash.update(catalogue.canonical);
  const reports = await readBundledData(new URL(REPORTS, import.meta.url), ReportFileSchema);
  hash.update(reports.canonical);
  const rules = all.filter((rule) => inForce(rule, asOf));
  const reported = [...reports.value.reports];
  for (const file of options.files ?? []) {
    const own = await takeOwn(file, hash, [...all, ...rules]);
    rules.push(...own.rules);
    reported.push(...(own.reports ?? []));
  }
  checkOverrides(overridden, rules);
  const lines = catalogue.value.lines.flatMap((line) => lineAsOf(line, catalogue.value.published, asOf));
  return {
    rules,
    byStage: Object.fromEntries(STAGES.map((stage) => [stage, rules.filter((rule) => rule.stage === stage)])),
    liftable: new Set(rules.flatMap((rule) => (rule.liftedBySteppingStone ? [rule.id] : []))),
    cable: new Set(rules.flatMap((rule) => (rule.bypassedByCable ? [rule.id] : []))),
    lines: new Map(lines.map((line) => [line.id, line])),
    images: lines.flatMap((line) => line.images.map((image) => catalogueCandidate(line.id, image))),
    advisories: catalogue.value.advisories.filter((one) => asOf === null || one.published <= asOf),
    reports: reported.filter(({ on }) => asOf === null || on <= asOf),
    families: new Set(lines.flatMap((line) => line.families)),
    readsSerials: rules.some(
      ({ stage: about, ...rule }) => !AT_THE_START.has(about) && /unit\.serial\b/.test(JSON.stringify(rule)),
    ),
    overridable: overridableRules(rules),
    overridden,
    trusted,
    unknownRefused,
    asOf,
    hash: hash.digest('hex').slice(0, 16),
  };
}

/** Every rule of the tool, those that a later source has replaced included. */
export async function allRules(): Promise<readonly { readonly file: string; readonly rule: Rule }[]> {
  const found: { file: string; rule: Rule }[] = [];
  for (const file of OWN_FILES) {
    const { value } = await readBundledData(new URL(`data/${file}`, import.meta.url), RuleFileSchema);
    found.push(...value.rules.map((rule) => ({ file, rule })));
  }
  return found;
}

/** A file of the operator's own may tell of updates too: a report lifts a warning and nothing else. */
const OwnRuleFileSchema = RuleFileSchema.extend({ reports: FieldReportsSchema.optional() });
type OwnRuleFile = z.infer<typeof OwnRuleFileSchema>;

/** A rule file of the operator: mistakes of shape and of meaning are said together. */
async function takeOwn(
  file: string,
  hash: ReturnType<typeof createHash>,
  present: readonly Rule[],
): Promise<OwnRuleFile> {
  const parsed = parseYaml(await textOf(file, hash), OwnRuleFileSchema);
  const findings = parsed.ok ? new FindingList() : parsed.findings;
  const plain = PlainRules.safeParse(parsed.ok ? parsed.value : parsed.plain);
  addLoosened(findings, plain.success ? plain.data.rules : [], present, parsed.at);
  if (!parsed.ok || findings.count > 0) throw malformed(file, findings);
  return parsed.value;
}

/** As much of a rule as is asked of one whose shape is wrong. */
const PlainRules = z.looseObject({
  rules: z.array(z.looseObject({ id: z.unknown() }).catch({ id: undefined })),
});

/** Larger is no rule file. */
const LARGEST_FILE = 8 * 1024 * 1024;

async function textOf(file: string, hash: ReturnType<typeof createHash>): Promise<string> {
  try {
    const text = await readTextWithin(file, LARGEST_FILE);
    hash.update(text);
    return text;
  } catch (thrown) {
    throw new Problem('config/rules', `The rule file ${file} cannot be read: ${reasonOf(thrown)}.`, {
      hint: 'Check the path.',
      cause: thrown,
    });
  }
}

function malformed(shown: string, list: FindingList): Problem {
  const findings = list.with();
  return new Problem(
    'config/rules',
    `The rule file has ${countedFindings(findings)}:\n${listFindings(shown, findings)}`,
    { hint: 'Mend the named places. docs/rules.md says what may stand where.' },
  );
}

/** An operator's file must not take the place of a rule, nor speak for the vendor. */
function addLoosened(
  findings: FindingList,
  added: readonly Readonly<Record<string, unknown>>[],
  present: readonly Rule[],
  at: Locate,
): void {
  const ids = new Set<unknown>(present.map((rule) => rule.id));
  for (const [index, rule] of added.entries()) {
    const name = typeof rule.id === 'string' ? rule.id : `rule ${index + 1}`;
    if (ids.has(rule.id)) {
      const message = `there is a rule "${name}" already; add one under another id`;
      findings.add(at(['rules', index, 'id']), () => message);
    }
    for (const verb of VENDOR_VERBS) {
      if (rule[verb] === undefined) continue;
      const message = `"${name}": a file of your own may use require, block, unknown, warn and note`;
      findings.add(at(['rules', index, verb]), () => message);
    }
    if (rule.id !== undefined) ids.add(rule.id);
  }
}
