import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { Problem } from '../core/index.ts';
import { type Finding, type Locate, listFindings, parseYaml } from '../yaml/index.ts';
import { CatalogueSchema, type Line, type Rule, RuleFileSchema } from './schema.ts';

/** All that judges: rules in the order of their files, and the lines of the catalogue by id. */
export interface RuleBook {
  readonly rules: readonly Rule[];
  readonly lines: ReadonlyMap<number, Line>;
  /** sha256 over the files, so that a plan says by which rules it was judged. */
  readonly hash: string;
}

export interface LoadOptions {
  /** Rule files of the operator. They may add and tighten: block, warn and require under new ids. */
  readonly files?: readonly string[];
}

const BASE = new URL('base.yaml', import.meta.url);
const CATALOGUE = new URL('catalogue.yaml', import.meta.url);

/** Reads the rules of the tool and of the operator. Throws Problem config/rules with every finding. */
export async function loadRules(options: LoadOptions = {}): Promise<RuleBook> {
  const hash = createHash('sha256');
  const take = async <T>(
    from: URL | string,
    shown: string,
    schema: z.ZodType<T>,
  ): Promise<{ value: T; at: Locate }> => {
    const text = await readText(from, shown);
    hash.update(text);
    const parsed = parseYaml(text, schema);
    if (!parsed.ok) throw malformed(shown, parsed.findings);
    return parsed;
  };
  const base = await take(BASE, 'base.yaml', RuleFileSchema);
  const catalogue = await take(CATALOGUE, 'catalogue.yaml', CatalogueSchema);
  const rules = [...base.value.rules];
  for (const file of options.files ?? []) {
    const { value, at } = await take(file, file, RuleFileSchema);
    const findings = loosened(value.rules, rules, at);
    if (findings.length > 0) throw malformed(file, findings);
    rules.push(...value.rules);
  }
  return {
    rules,
    lines: new Map(catalogue.value.lines.map((line) => [line.id, line])),
    hash: hash.digest('hex').slice(0, 16),
  };
}

async function readText(from: URL | string, shown: string): Promise<string> {
  try {
    return await readFile(from, 'utf8');
  } catch (thrown) {
    throw new Problem('config/rules', `The rule file ${shown} cannot be read.`, {
      hint: 'Check --rules.',
      cause: thrown,
    });
  }
}

function malformed(shown: string, findings: readonly Finding[]): Problem {
  const count = findings.length === 1 ? 'one finding' : `${findings.length} findings`;
  return new Problem('config/rules', `The rule file has ${count}:\n${listFindings(shown, findings)}`, {
    hint: 'Mend the named places. docs/rules.md says what may stand where.',
  });
}

/** An operator's file must not take the place of a rule, nor call a unit unsupported. */
function loosened(added: readonly Rule[], present: readonly Rule[], at: Locate): Finding[] {
  const ids = new Set(present.map((rule) => rule.id));
  return added.flatMap((rule, index) => {
    const place = at(['rules', index, 'id']);
    const findings: Finding[] = [];
    if (ids.has(rule.id))
      findings.push({ ...place, message: `there is a rule "${rule.id}" already; add one under another id` });
    if (rule.unsupported)
      findings.push({
        ...place,
        message: `"${rule.id}": a file of your own may use require, block and warn`,
      });
    ids.add(rule.id);
    return findings;
  });
}
