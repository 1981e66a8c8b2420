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
import { inForce, KNOWN_FROM, lineAsOf, publicDays, UNDESCRIBED_STAGES } from './catalogue/as-of.ts';
import { catalogueCandidate } from './catalogue/candidate.ts';
import { CardDataSchema, cardsAsOf } from './catalogue/cards.ts';
import { FieldReportsSchema, ReportFileSchema } from './catalogue/reports.ts';
import type { RuleBook } from './catalogue/rule-book.ts';
import { CatalogueSchema } from './catalogue/schema.ts';
import { checkOverrides, overridableRules } from './engine/override.ts';
import { factsRead, type Rule, RuleFileSchema, STAGES } from './engine/schema.ts';

export interface LoadOptions {
  /**
   * Rule files of the operator. They can only add rules: block, unknown, warn, note and require under new
   * ids.
   */
  readonly files?: readonly string[];
  /** Evaluate with what was public on this day (`2020-04-02`). */
  readonly asOf?: string | null | undefined;
  /** Reasons by rule id. */
  readonly override?: ReadonlyMap<string, string> | undefined;
  /** SHA-256 hashes in hex, in addition to those of the catalogue. */
  readonly trust?: readonly string[] | undefined;
  /** The default is `warn`. */
  readonly unknownImages?: 'refuse' | 'warn' | undefined;
}

/**
 * The rule files of the tool in the order of evaluation: newer sources first, because the first advice
 * counts.
 */
const BUILT_IN_FILES = [
  'releases.yaml',
  'faq-2020-04.yaml',
  'base.yaml',
  'card-files.yaml',
  'services.yaml',
  'work-order.yaml',
  'recovery.yaml',
] as const;
const CATALOGUE = 'catalogue.yaml';
const CARDS = 'cards.yaml';
const REPORTS = 'confirmed.yaml';
/** Verbs that a rule file of the operator may not use. */
const VENDOR_VERBS = ['unsupported', 'advise', 'derives'] as const;

/** The data files of the tool. */
interface OwnData {
  readonly files: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
  readonly catalogue: z.infer<typeof CatalogueSchema>;
  readonly cards: z.infer<typeof CardDataSchema>;
  readonly reports: z.infer<typeof ReportFileSchema>['reports'];
  /** The content of all files, for the hash. */
  readonly canonical: readonly string[];
}

/** They do not change while a process runs. */
let ownData: Promise<OwnData> | null = null;

function readOwnData(): Promise<OwnData> {
  ownData ??= readOwnFiles().catch((thrown: unknown) => {
    ownData = null;
    throw thrown;
  });
  return ownData;
}

async function readOwnFiles(): Promise<OwnData> {
  const at = (name: string): URL => new URL(`data/${name}`, import.meta.url);
  const files = await Promise.all(BUILT_IN_FILES.map((name) => readBundledData(at(name), RuleFileSchema)));
  const catalogue = await readBundledData(at(CATALOGUE), CatalogueSchema);
  const cards = await readBundledData(at(CARDS), CardDataSchema);
  const reports = await readBundledData(at(REPORTS), ReportFileSchema);
  return {
    files: files.map(({ value }, index) => ({ name: BUILT_IN_FILES[index] ?? '', rules: value.rules })),
    catalogue: catalogue.value,
    cards: cards.value,
    reports: reports.value.reports,
    canonical: [...files, catalogue, cards, reports].map(({ canonical }) => canonical),
  };
}

/** Reads the rules of the tool and of the operator. Throws a Problem config/rules with all findings. */
export async function loadRules(options: LoadOptions = {}): Promise<RuleBook> {
  const hash = createHash('sha256');
  const asOf = options.asOf ?? null;
  if (asOf !== null && asOf < KNOWN_FROM) {
    throw new Problem(
      'config/usage',
      `--as-of ${asOf} is before ${KNOWN_FROM}, the date of the oldest source.`,
      {
        hint: `Use ${KNOWN_FROM} or a later date.`,
      },
    );
  }
  const overridden = options.override ?? new Map<string, string>();
  const trusted = new Set(options.trust ?? []);
  const unknownRefused = options.unknownImages === 'refuse';
  hash.update(JSON.stringify([asOf, [...overridden].sort(), [...trusted].sort(), unknownRefused]));
  const { files, catalogue, cards, reports, canonical } = await readOwnData();
  for (const text of canonical) hash.update(text);
  const all = files.flatMap((file) => file.rules);
  const rules = all.filter((rule) => inForce(rule, asOf));
  const reported = [...reports];
  for (const file of options.files ?? []) {
    const own = await readOwnRules(file, hash, [...all, ...rules]);
    rules.push(...own.rules);
    reported.push(...(own.reports ?? []));
  }
  checkOverrides(overridden, rules);
  const lines = catalogue.lines.flatMap((line) => lineAsOf(line, catalogue.published, asOf));
  return {
    rules,
    byStage: Object.fromEntries(STAGES.map((stage) => [stage, rules.filter((rule) => rule.stage === stage)])),
    liftable: new Set(rules.flatMap((rule) => (rule.liftedBySteppingStone ? [rule.id] : []))),
    cable: new Set(rules.flatMap((rule) => (rule.bypassedByCable ? [rule.id] : []))),
    lines: new Map(lines.map((line) => [line.id, line])),
    images: lines.flatMap((line) => line.images.map((image) => catalogueCandidate(line.id, image))),
    advisories: catalogue.advisories.filter((one) => asOf === null || one.published <= asOf),
    cards: cardsAsOf(cards, asOf),
    publicBy: publicDays(catalogue.lines, catalogue.published),
    reports: reported.filter(({ on }) => asOf === null || on <= asOf),
    families: new Set(lines.flatMap((line) => line.families)),
    readsSerials: factsRead(rules.filter(({ stage }) => !UNDESCRIBED_STAGES.has(stage))).has('unit.serial'),
    hopReads: [...factsRead(rules.filter(({ stage }) => stage === 'hop'))].filter((name) =>
      /^(?:unit|line|advice)\./.test(name),
    ),
    overridable: overridableRules(rules),
    overridden,
    trusted,
    unknownRefused,
    asOf,
    hash: hash.digest('hex').slice(0, 16),
  };
}

/** Every rule of the tool, including those that a later source has replaced. */
export async function allRules(): Promise<readonly { readonly file: string; readonly rule: Rule }[]> {
  const { files } = await readOwnData();
  return files.flatMap(({ name, rules }) => rules.map((rule) => ({ file: name, rule })));
}

/** A rule file of the operator may also contain reports, which only remove a warning. */
const OwnRuleFileSchema = RuleFileSchema.extend({ reports: FieldReportsSchema.optional() });
type OwnRuleFile = z.infer<typeof OwnRuleFileSchema>;

/** Reads a rule file of the operator and reports all its findings together. */
async function readOwnRules(
  file: string,
  hash: ReturnType<typeof createHash>,
  present: readonly Rule[],
): Promise<OwnRuleFile> {
  const parsed = parseYaml(await textOf(file, hash), OwnRuleFileSchema);
  const findings = parsed.ok ? new FindingList() : parsed.findings;
  const plain = PlainRules.safeParse(parsed.ok ? parsed.value : parsed.plain);
  checkOwnRules(findings, plain.success ? plain.data.rules : [], present, parsed.at);
  if (!parsed.ok || findings.count > 0) throw malformed(file, findings);
  return parsed.value;
}

/** The part of a malformed rule that is still checked. */
const PlainRules = z.looseObject({
  rules: z.array(z.looseObject({ id: z.unknown() }).catch({ id: undefined })),
});

/** A larger file is not a rule file. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

async function textOf(file: string, hash: ReturnType<typeof createHash>): Promise<string> {
  try {
    const text = await readTextWithin(file, MAX_FILE_BYTES);
    hash.update(text);
    return text;
  } catch (thrown) {
    throw new Problem('config/rules', `The rule file ${file} cannot be read: ${reasonOf(thrown)}.`, {
      hint: 'Check the path and its permissions.',
      cause: thrown,
    });
  }
}

function malformed(shown: string, list: FindingList): Problem {
  const findings = list.with();
  return new Problem(
    'config/rules',
    `The rule file has ${countedFindings(findings)}:\n${listFindings(shown, findings)}`,
    { hint: 'Fix these lines. docs/rules.md describes the format.' },
  );
}

/** A rule file of the operator must not replace a rule or use the verbs of vendor rules. */
function checkOwnRules(
  findings: FindingList,
  added: readonly Readonly<Record<string, unknown>>[],
  present: readonly Rule[],
  at: Locate,
): void {
  const ids = new Set<unknown>(present.map((rule) => rule.id));
  for (const [index, rule] of added.entries()) {
    const name = typeof rule.id === 'string' ? rule.id : `rule ${index + 1}`;
    if (ids.has(rule.id)) {
      const message = `a rule "${name}" already exists; use another id`;
      findings.add(at(['rules', index, 'id']), () => message);
    }
    for (const verb of VENDOR_VERBS) {
      if (rule[verb] === undefined) continue;
      const message = `"${name}": your own rules may use require, block, unknown, warn and note`;
      findings.add(at(['rules', index, verb]), () => message);
    }
    if (rule.id !== undefined) ids.add(rule.id);
  }
}
