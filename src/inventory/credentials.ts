import { z } from 'zod';
import { Problem, reasonOf } from '../core/index.ts';
import { listFindings, parseYaml, readTextWithin } from '../yaml/index.ts';
import type { Inventory } from './load.ts';
import { Snmp, type SnmpReference } from './schema.ts';

/** A credentials file: a sweep tries its entries in this order. */
const CredentialsFile = z.strictObject({ version: z.literal(1), snmp: z.array(Snmp).min(1).max(16) });

const LARGEST_FILE = 256 * 1024;

/** Reads a credentials file. Throws Problem config/credentials with every finding. */
export async function loadCredentials(file: string): Promise<readonly SnmpReference[]> {
  let text: string;
  try {
    text = await readTextWithin(file, LARGEST_FILE);
  } catch (cause) {
    throw new Problem(
      'config/credentials',
      `The credentials file ${file} cannot be read: ${reasonOf(cause)}.`,
      {
        hint: 'The file holds version: 1, and under snmp: a list of credentials as in an inventory.',
        cause,
      },
    );
  }
  const parsed = parseYaml(text, CredentialsFile);
  if (parsed.ok) return parsed.value.snmp;
  throw new Problem(
    'config/credentials',
    `The credentials file has mistakes:\n${listFindings(file, parsed.findings.with())}`,
    {
      hint: 'Fix these places. Secrets are references only: env:NAME, file:PATH, prompt or cmd.',
    },
  );
}

/** An SNMP version that authenticates with a community. */
export type CommunityVersion = '1' | '2c';

/**
 * The SNMP credential for an option such as `env:UPS_READ`. Throws Problem config/usage for what is no
 * reference.
 */
export function communityReference(text: string, version: CommunityVersion): SnmpReference {
  const checked = Snmp.safeParse({ version, community: text });
  if (checked.success) return checked.data;
  // The text may be the secret itself, so it is not repeated.
  throw new Problem('config/usage', '--community takes a reference, never the community itself.', {
    hint: 'Set a variable and name it: export UPS_READ=...; upsfw discover --community env:UPS_READ. Or file:PATH, or prompt.',
  });
}

/** A credential to try, and the folder of its relative paths. */
export interface CredentialReference {
  readonly reference: SnmpReference;
  readonly folder: string;
}

/** The credentials of an inventory: those that units use, most used first, then the others. */
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

/** The list without duplicates. */
export function distinctCredentials(listed: readonly CredentialReference[]): readonly CredentialReference[] {
  const keyOf = ({ reference, folder }: CredentialReference): string =>
    JSON.stringify([reference, needsFolder(reference) ? folder : null]);
  return [...new Map(listed.map((one) => [keyOf(one), one])).values()];
}

/** Files and commands depend on the folder; variables and prompts do not. */
function needsFolder(reference: SnmpReference): boolean {
  return Object.values(reference).some(
    (value) => typeof value === 'object' || (typeof value === 'string' && value.startsWith('file:')),
  );
}
