import { dirname, resolve } from 'node:path';
import { Problem, type SnmpAccess, sanitize } from '../../../core/index.ts';
import {
  type CommunityVersion,
  type CredentialReference,
  communityReference,
  createSecretResolver,
  credentialsOf,
  distinctCredentials,
  type Inventory,
  loadCredentials,
  loadInventory,
  type SecretResolver,
  type SnmpReference,
  snmpAccess,
} from '../../../inventory/index.ts';
import { readInventoryText } from '../../fleet/inventory-update.ts';
import type { Io } from '../../io.ts';

export interface CredentialArguments {
  /** References of communities. */
  readonly community: readonly string[];
  /** `--snmp-version`, as given. */
  readonly snmpVersion: readonly string[];
  readonly credentials?: string | undefined;
  readonly inventory?: string | undefined;
  readonly write?: string | undefined;
}

export interface CredentialList {
  /** The credentials to try, as references: those of the command line first. */
  readonly listed: readonly CredentialReference[];
  /** The inventories that were read for it. */
  readonly inventories: readonly Inventory[];
}

const DEFAULT_VERSION: CommunityVersion = '2c';

/** Throws Problem config/usage where nothing is given, and the Problems of the files. */
export async function credentialsToTry(args: CredentialArguments): Promise<CredentialList> {
  const versions = readVersions(args);
  const within = (folder: string, references: readonly SnmpReference[]): readonly CredentialReference[] =>
    references.map((reference) => ({ reference, folder }));
  const inventories: Inventory[] = [];
  for (const file of new Set([args.inventory, args.write])) {
    if (file === undefined) continue;
    if (file !== args.inventory && (await readInventoryText(file)) === null) continue;
    inventories.push(await loadInventory(file));
  }
  const { credentials: list } = args;
  // Most agents answer the first version, and only silent addresses are asked with the next one.
  const communities = versions.flatMap((version) =>
    args.community.map((community) => communityReference(community, version)),
  );
  const listed = distinctCredentials([
    ...within(process.cwd(), communities),
    ...(list === undefined ? [] : within(dirname(resolve(list)), await loadCredentials(list))),
    ...inventories.flatMap((inventory) => within(dirname(inventory.file), credentialsOf(inventory))),
  ]);
  if (listed.length > 0) return { listed, inventories };
  throw new Problem('config/usage', 'No SNMP credential is given. Without one no card answers.', {
    hint: 'For a community: export UPS_READ=public, then add --community env:UPS_READ. For SNMPv3: --credentials FILE, or -i INVENTORY.',
  });
}

const HINT =
  'Give 1, 2c or both, such as --snmp-version 2c,1. For SNMPv3 users give --credentials FILE: its entries name their version.';

/** The versions for communities, in the given order and each once. Throws Problem config/usage. */
function readVersions({ snmpVersion, community }: CredentialArguments): readonly CommunityVersion[] {
  if (snmpVersion.length === 0) return [DEFAULT_VERSION];
  const named = snmpVersion.flatMap((value) => value.split(',')).map((name) => name.trim().toLowerCase());
  const versions = named.map((name): CommunityVersion => {
    const version = name.replace(/^v/, '');
    if (version === '1' || version === '2c') return version;
    throw new Problem(
      'config/usage',
      version === '3'
        ? '--snmp-version is for communities, and SNMPv3 has users instead.'
        : `--snmp-version does not know "${sanitize(name, 20)}".`,
      { hint: HINT },
    );
  });
  if (community.length > 0) return [...new Set(versions)];
  throw new Problem(
    'config/usage',
    '--snmp-version needs --community: it has no effect on other credentials.',
    {
      hint: 'Leave it out: credentials files and inventories name the version of each entry.',
    },
  );
}

/** Resolves the secrets, each reference once. Throws the Problems of unset ones. */
export async function resolveCredentials(
  listed: readonly CredentialReference[],
  io: Io,
): Promise<readonly SnmpAccess[]> {
  const resolvers = new Map<string, SecretResolver>();
  const resolved: SnmpAccess[] = [];
  for (const [index, { reference, folder }] of listed.entries()) {
    const secrets = resolvers.get(folder) ?? createSecretResolver({ ...io, folder });
    // A reference that several credentials use is resolved once.
    resolvers.set(folder, secrets);
    resolved.push(await snmpAccess(reference, secrets, `credential ${index + 1}`));
  }
  return resolved;
}
