import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { listFindings } from './findings.ts';
import { parseYaml } from './parse.ts';

/** A data file of the tool, and its content as one text whatever it was read from. */
export interface OwnData<T> {
  readonly value: T;
  readonly canonical: string;
}

/**
 * Reads a data file that is part of the tool, by the address of its YAML. A build holds the same data as JSON in its place
 * (scripts/copy-data.mjs), because every start would spend most of its time on the YAML. Throws Error with every finding: it is
 * the tool that is wrong then.
 */
export async function readOwnData<T>(yaml: URL, schema: z.ZodType<T>): Promise<OwnData<T>> {
  const isBuilt = import.meta.url.endsWith('.js');
  const file = fileURLToPath(isBuilt ? new URL(yaml.href.replace(/\.yaml$/, '.json')) : yaml);
  const text = await readFile(file, 'utf8');
  if (isBuilt) return { value: schema.parse(JSON.parse(text)), canonical: text };
  const parsed = parseYaml(text, schema);
  if (!parsed.ok) throw new Error(listFindings(file, parsed.findings.with()));
  return { value: parsed.value, canonical: JSON.stringify(parsed.plain) };
}
