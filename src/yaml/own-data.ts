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
 * Reads a data file that is part of the tool, by the address of its YAML. A build contains the same data as
 * JSON (scripts/build.mjs), because parsing YAML would take most of the start-up time. Throws Error with
 * every finding: a mistake in such a file is a fault of the tool.
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

/** Cached per process: tests run many commands in one process, and parsing YAML takes most of their time. */
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
