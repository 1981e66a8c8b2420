import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { listFindings } from './findings.ts';
import { parseYaml } from './parse.ts';

/** A data file of the tool, and its content as one text whatever it was read from. */
export interface BundledData<T> {
  readonly value: T;
  readonly canonical: string;
}

/**
 * Reads a data file that is part of the tool, by the address of its YAML. A build holds the same data as JSON in its place
 * (scripts/build.mjs), because every start would spend most of its time on the YAML. Throws Error with every finding: it is
 * the tool that is wrong then.
 */
export async function readBundledData<T>(yaml: URL, schema: z.ZodType<T>): Promise<BundledData<T>> {
  const isBuilt = import.meta.url.endsWith('.js');
  const file = fileURLToPath(isBuilt ? new URL(yaml.href.replace(/\.yaml$/, '.json')) : yaml);
  if (isBuilt) {
    const text = await readFile(file, 'utf8');
    return { value: schema.parse(JSON.parse(text)), canonical: text };
  }
  const plain = await plainOf(file);
  const checked = schema.safeParse(plain);
  if (checked.success) return { value: checked.data, canonical: JSON.stringify(plain) };
  const parsed = parseYaml(await readFile(file, 'utf8'), schema);
  throw new Error(parsed.ok ? z.prettifyError(checked.error) : listFindings(file, parsed.findings.with()));
}

/** What was read from the sources by this process: tests run many commands in one, and YAML takes most of their time. */
const read = new Map<string, Promise<unknown>>();

function plainOf(file: string): Promise<unknown> {
  const present = read.get(file);
  if (present !== undefined) return present;
  const made = readFile(file, 'utf8').then((text) => {
    const parsed = parseYaml(text, z.unknown());
    if (!parsed.ok) throw new Error(listFindings(file, parsed.findings.with()));
    return parsed.plain;
  });
  read.set(file, made);
  return made;
}
