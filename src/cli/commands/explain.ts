import { z } from 'zod';
import { PROBLEM_CODES, Problem, sanitize } from '../../core/index.ts';
import { EVENT_CODES, RESULT_CODES } from '../../nmc/index.ts';
import { allRules, BUILT_IN_CODES, loadRules } from '../../rules/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { actionFor } from '../documents/problem-actions.ts';
import { DONE, type Exit } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { nearest } from '../nearest.ts';
import { CommonSchema } from '../options.ts';
import { printDocument } from '../print.ts';

const ExplainArgs = CommonSchema.extend({ codes: z.array(z.string().min(1)).min(1) });
type ExplainArgs = z.infer<typeof ExplainArgs>;

export const explainCommand = defineCommand<ExplainArgs>({
  usage: 'explain <codes..>',
  describe: 'Explain a code of a problem, a reason, a card (E100), an event log (0x0178) or an advisory',
  positionals: { codes: { describe: 'Codes as printed by reports and cards', array: true } },
  options: COMMON_OPTIONS,
  schema: ExplainArgs,
  run: explain,
});

const SEE_UNIT = 'The remedy depends on the unit. For a run: upsfw status --details. For a plan: upsfw plan.';

/** One meaning of a code. `next`: what to do. */
interface Meaning {
  readonly code: string;
  readonly kind: 'problem' | 'reason' | 'card' | 'event log' | 'advisory';
  readonly meaning: string;
  readonly next: string;
}

async function explain(args: ExplainArgs, io: Io): Promise<Exit> {
  const known = await meanings();
  const wanted = args.codes.map((code) => ({ code, found: known.get(code.toLowerCase()) ?? [] }));
  const unknown = wanted.filter(({ found }) => found.length === 0).map(({ code }) => code);
  const document = {
    schema: 'upsfw/codes@1',
    generatedAt: io.clock.now().toISOString(),
    codes: wanted.flatMap(({ found }) => found),
  };
  // With --json a failed command prints its problem only.
  if (unknown.length === 0 || !args.json)
    printDocument(document, args, io, ({ codes }) => codes.map(textOf).join(''));
  if (unknown.length > 0) throw unknownCodes(unknown, known);
  return DONE;
}

function unknownCodes(codes: readonly string[], known: ReadonlyMap<string, readonly Meaning[]>): Problem {
  const suggestions = codes.flatMap((code) => {
    const near = nearest(code, [...known.keys()]);
    const [meaning] = known.get(near ?? '') ?? [];
    return meaning === undefined ? [] : [`Did you mean ${meaning.code} instead of ${sanitize(code, 60)}?`];
  });
  const names = codes.map((code) => sanitize(code, 60)).join(', ');
  return new Problem('config/usage', `Unknown ${codes.length === 1 ? 'code' : 'codes'}: ${names}.`, {
    hint: [
      ...suggestions,
      'docs/codes.md lists all codes of upsfw. Codes of cards look like E100 and 0x0178.',
    ].join(' '),
  });
}

function textOf({ code, kind, meaning, next }: Meaning): string {
  return `${code} (${kind}): ${meaning}\n  ${next}\n`;
}

/** The advisories for UPS and card, by CVE number and by the number of their notice. */
async function advisories(): Promise<readonly Meaning[]> {
  const book = await loadRules();
  const of = (code: string, meaning: string): Meaning => ({
    code,
    kind: 'advisory',
    meaning,
    next: `Units that it affects or may affect: upsfw audit --advisory ${code}`,
  });
  return [
    ...book.advisories.map(({ id, statement }) => of(id, `UPS: ${statement}`)),
    ...book.cards.advisories.flatMap(({ cves, notice, statement }) =>
      [...cves, ...(notice === null ? [] : [notice])].map((code) => of(code, `Card: ${statement}`)),
    ),
  ];
}

/** Every code with a documented meaning, by its lower-case form. */
async function meanings(): Promise<ReadonlyMap<string, readonly Meaning[]>> {
  const all: Meaning[] = [];
  const add = (
    kind: Meaning['kind'],
    table: Readonly<Record<string, string>>,
    next: (code: string) => string,
  ): void => {
    for (const [code, meaning] of Object.entries(table)) all.push({ code, kind, meaning, next: next(code) });
  };
  add('problem', PROBLEM_CODES, (code) => actionFor(code));
  add('reason', BUILT_IN_CODES, () => SEE_UNIT);
  add('card', RESULT_CODES, () => SEE_UNIT);
  add('event log', EVENT_CODES, () => SEE_UNIT);
  for (const { rule } of await allRules()) {
    if (rule.code === undefined) continue;
    const next = `Rule ${rule.id}. Conditions and sources: upsfw rules explain ${rule.code}`;
    all.push({ code: rule.code, kind: 'reason', meaning: rule.statement, next });
  }
  all.push(...(await advisories()));
  const byCode = new Map<string, Meaning[]>();
  for (const one of all) {
    const key = one.code.toLowerCase();
    byCode.set(key, [...(byCode.get(key) ?? []), one]);
  }
  return byCode;
}
