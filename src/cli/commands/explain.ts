import { z } from 'zod';
import { PROBLEM_CODES, Problem, sanitize } from '../../core/index.ts';
import { EVENT_CODES, RESULT_CODES } from '../../nmc/index.ts';
import { allRules, BUILT_IN_CODES } from '../../rules/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { DONE, type Exit } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { CommonSchema } from '../options.ts';

const ExplainArgs = CommonSchema.extend({ codes: z.array(z.string().min(1)).min(1) });
type ExplainArgs = z.infer<typeof ExplainArgs>;

export const explainCommand = defineCommand<ExplainArgs>({
  usage: 'explain <codes..>',
  describe: 'Say what a code means: of a problem, a reason, a card (E100) or an event log (0x0178)',
  positionals: { codes: { describe: 'Codes as reports and cards print them', array: true } },
  options: COMMON_OPTIONS,
  schema: ExplainArgs,
  run: explain,
});

/** One meaning of a code. `next`: what to do; null where the code alone does not say. */
interface Meaning {
  readonly code: string;
  readonly kind: 'problem' | 'reason' | 'card' | 'event log';
  readonly meaning: string;
  readonly next: string | null;
}

async function explain(args: ExplainArgs, io: Io): Promise<Exit> {
  const known = await meanings();
  const wanted = args.codes.map((code) => ({ code, found: known.get(code.toLowerCase()) ?? [] }));
  const lost = wanted.filter(({ found }) => found.length === 0).map(({ code }) => sanitize(code, 60));
  const found = wanted.flatMap((one) => one.found);
  if (args.json) {
    const document = {
      schema: 'upsfw/codes@1',
      generatedAt: io.clock.now().toISOString(),
      codes: found,
    };
    if (lost.length === 0) io.out(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    for (const one of found) io.out(textOf(one));
  }
  if (lost.length > 0) {
    throw new Problem('config/usage', `No meaning is known for ${lost.join(', ')}.`, {
      hint: 'docs/codes.md lists all codes of the tool. Codes of cards look like E100 and 0x0178.',
    });
  }
  return DONE;
}

function textOf({ code, kind, meaning, next }: Meaning): string {
  return `${code} (${kind}): ${meaning}\n${next === null ? '' : `  ${next}\n`}`;
}

/** Every code with a documented meaning, in small letters. */
async function meanings(): Promise<ReadonlyMap<string, readonly Meaning[]>> {
  const all: Meaning[] = [];
  const add = (kind: Meaning['kind'], table: Readonly<Record<string, string>>): void => {
    for (const [code, meaning] of Object.entries(table)) all.push({ code, kind, meaning, next: null });
  };
  add('problem', PROBLEM_CODES);
  add('reason', BUILT_IN_CODES);
  add('card', RESULT_CODES);
  add('event log', EVENT_CODES);
  for (const { rule } of await allRules()) {
    if (rule.code === undefined) continue;
    const next = `Rule ${rule.id}. Conditions and sources: upsfw rules explain ${rule.code}`;
    all.push({ code: rule.code, kind: 'reason', meaning: rule.statement, next });
  }
  const byCode = new Map<string, Meaning[]>();
  for (const one of all) {
    const key = one.code.toLowerCase();
    byCode.set(key, [...(byCode.get(key) ?? []), one]);
  }
  return byCode;
}
