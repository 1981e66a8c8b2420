import { z } from 'zod';
import { Problem, reasonOf } from '../core/index.ts';
import { listFindings, parseYaml, readTextWithin } from '../yaml/index.ts';
import type { Inventory } from './load.ts';
import { Snmp, type SnmpReference } from './schema.ts';

/** A file of credentials that a sweep tries, in this order. */
const CredentialsFile = z.strictObject({ version: z.literal(1), snmp: z.array(Snmp).min(1).max(16) });

/** Larger is no list of credentials. */
const LARGEST_FILE = 256 * 1024;

/** Reads a file of credentials. Throws Problem config/credentials with every finding. */
export async function loadCredentials(file: string): Promise<readonly SnmpReference[]> {
  let text: string;
  try {
    text = await readTextWithin(file, LARGEST_FILE);
  } catch (cause) {
    throw new Problem('config/credentials', `The credentials ${file} cannot be read: ${reasonOf(cause)}.`, {
      hint: 'Name a file like: version: 1, then snmp: with a list of what an inventory takes there.',
      cause,
    });
  }
  const parsed = parseYaml(text, CredentialsFile);
  if (parsed.ok) return parsed.value.snmp;
  throw new Problem(
    'config/credentials',
    `The credentials have findings:\n${listFindings(file, parsed.findings.with())}`,
    {
      hint: 'Mend the named places; secrets stand there as references only (env:NAME, file:PATH, cmd).',
    },
  );
}

/** `env:UPS_READ` as a credential. Throws Problem config/usage for anything that is no reference. */
export function communityReference(word: string): SnmpReference {
  const checked = Snmp.safeParse({ version: '2c', community: word });
  if (checked.success) return checked.data;
  // The word may be the secret itself, so it is not repeated.
  throw new Problem('config/usage', '--community takes a reference, never the community itself.', {
    hint: 'Set a variable and name it: export UPS_READ=...; upsfw discover --community env:UPS_READ. Or file:PATH, or prompt.',
  });
}

/** A credential to try, and the folder that relative paths in it start from. */
export interface CredentialReference {
  readonly reference: SnmpReference;
  readonly folder: string;
}

/** The credentials of an inventory: those that units are read with, the most used first, then those that no unit uses yet. */
export function credentialsOf(inventory: Inventory): readonly SnmpReference[] {
  const uses = new Map<string, { readonly reference: SnmpReference; count: number }>();
  for (const { settings } of inventory.units) {
    if (settings.snmp === undefined || settings.snmp === null) continue;
    const key = JSON.stringify(settings.snmp);
    const known = uses.get(key);
    if (known === undefined) uses.set(key, { reference: settings.snmp, count: 1 });
    else known.count += 1;
  }
  const used = [...uses.values()].sort((a, b) => b.count - a.count).map(({ reference }) => reference);
  return [...used, ...inventory.snmp];
}

/** The same list without doubles. */
export function distinctCredentials(listed: readonly CredentialReference[]): readonly CredentialReference[] {
  const keyOf = ({ reference, folder }: CredentialReference): string =>
    JSON.stringify([reference, needsFolder(reference) ? folder : null]);
  return [...new Map(listed.map((one) => [keyOf(one), one])).values()];
}

/** Files and commands are found from a folder; variables and answers are the same wherever they are named. */
function needsFolder(reference: SnmpReference): boolean {
  return Object.values(reference).some(
    (value) => typeof value === 'object' || (typeof value === 'string' && value.startsWith('file:')),
  );
}
