import {
  joinList,
  type Login,
  type NetworkAccess,
  Problem,
  Secret,
  type SnmpAccess,
  START_METHODS,
  TRANSFER_METHODS,
  type UnitTarget,
  unitKey,
} from '../core/index.ts';
import type { InventoryUnit } from './load.ts';
import type { LoginReference, SecretReference, SnmpReference } from './schema.ts';
import type { SecretResolver } from './secrets.ts';

/** What a command is going to do decides which secrets it needs: a look must not ask for the write credential. */
export type Purpose = 'read' | 'write';

export interface TargetNeeds {
  /** True: the login is needed for reading too, because what the card itself runs is looked at. */
  readonly card?: boolean;
  /** True: the login is resolved too where its secret is there, because it answers more. */
  readonly loginIfThere?: boolean;
}

/** Resolves the secrets of one unit. Throws Problem config/secret. */
export async function resolveTarget(
  unit: InventoryUnit,
  secrets: SecretResolver,
  purpose: Purpose,
  needs: TargetNeeds = {},
): Promise<UnitTarget> {
  return {
    site: unit.site,
    name: unit.name,
    serial: unit.serial,
    network: unit.host === null ? null : await networkAccess(unit, unit.host, secrets, purpose, needs),
    local: unit.local,
    window: unit.settings.window ?? null,
    switchOutput: unit.switchOutput,
    feeds: unit.feeds,
    redundantWith: unit.redundantWith,
  };
}

/** Tells the resolver which units are going to need which secrets, before the first of them is resolved. */
export async function expectSecrets(
  units: readonly InventoryUnit[],
  secrets: SecretResolver,
  purpose: Purpose,
  needs: TargetNeeds = {},
): Promise<void> {
  const noting: SecretResolver = {
    ...secrets,
    async resolve(reference, what, owner) {
      if (owner !== undefined) secrets.expect(reference, what, owner);
      return new Secret('');
    },
  };
  for (const unit of units) await resolveTarget(unit, noting, purpose, needs);
}

/** A unit some of whose secrets are missing. */
export interface Unresolved {
  /** The unit without any credential: it must not be asked. */
  readonly target: UnitTarget;
  /** One for each missing secret. */
  readonly problems: readonly Problem[];
}

/** Targets of units in the order of the inventory, and those whose secrets are not all there. */
export interface ResolvedTargets {
  readonly targets: readonly UnitTarget[];
  readonly unresolved: readonly Unresolved[];
}

/**
 * Resolves the secrets of many units. A missing one does not end it, so that all of them can be named at once; each reference
 * is looked up once. Throws what is no missing secret, such as the end of a prompt.
 */
export async function resolveTargets(
  units: readonly InventoryUnit[],
  secrets: SecretResolver,
  purpose: Purpose,
  needs: TargetNeeds = {},
): Promise<ResolvedTargets> {
  const targets: UnitTarget[] = [];
  const unresolved: Unresolved[] = [];
  for (const unit of units) {
    const problems: Problem[] = [];
    const collecting: SecretResolver = {
      ...secrets,
      async resolve(reference, what, owner) {
        try {
          return await secrets.resolve(reference, what, owner);
        } catch (thrown) {
          if (!(thrown instanceof Problem) || thrown.code !== 'config/secret') throw thrown;
          if (!problems.includes(thrown)) problems.push(thrown);
          return new Secret('');
        }
      },
    };
    const target = await resolveTarget(unit, collecting, purpose, needs);
    if (problems.length > 0 && needs.loginIfThere === true) {
      const less = await resolveTargets([unit], secrets, purpose, { ...needs, loginIfThere: false });
      targets.push(...less.targets);
      unresolved.push(...less.unresolved);
    } else if (problems.length === 0) targets.push(target);
    else unresolved.push({ target: withoutCredentials(target), problems });
  }
  return { targets, unresolved };
}

function withoutCredentials(target: UnitTarget): UnitTarget {
  const { network } = target;
  return network === null
    ? target
    : { ...target, network: { ...network, snmp: null, write: null, login: null } };
}

/** One problem that names every missing secret, each with the units that need it. */
export function missingSecrets(unresolved: readonly Unresolved[]): Problem {
  const units = new Map<Problem, string[]>();
  for (const { target, problems } of unresolved) {
    for (const problem of problems) units.set(problem, [...(units.get(problem) ?? []), unitKey(target)]);
  }
  const lines = [...units].map(
    ([problem, keys]) => `${problem.message.replace(/\.$/, '')}: needed by ${joinList(keys)}.`,
  );
  const hints = new Set([...units.keys()].map(({ hint }) => hint));
  const text =
    lines.length === 1 ? lines.join('') : `${lines.length} secrets are missing:\n${lines.join('\n')}`;
  return new Problem('config/secret', text, { hint: [...hints].slice(0, MOST_HINTS).join('\n  ') });
}

const MOST_HINTS = 20;

async function networkAccess(
  unit: InventoryUnit,
  host: string,
  secrets: SecretResolver,
  purpose: Purpose,
  needs: TargetNeeds,
): Promise<NetworkAccess> {
  const { settings } = unit;
  const label = unitKey(unit);
  const snmp = settings.snmp ?? null;
  const needsLogin =
    purpose === 'write' || needs.card === true || needs.loginIfThere === true || snmp === null;
  return {
    host,
    ports: {
      snmp: settings.ports?.snmp ?? 161,
      ssh: settings.ports?.ssh ?? 22,
      ftp: settings.ports?.ftp ?? 21,
      telnet: settings.ports?.telnet ?? 23,
      http: settings.ports?.http ?? 80,
      https: settings.ports?.https ?? 443,
    },
    snmp: snmp === null ? null : await snmpAccess(snmp, secrets, label),
    write:
      settings.write && purpose === 'write'
        ? await snmpAccess(settings.write, secrets, label, ' for writing')
        : null,
    login: settings.login && needsLogin ? await login(settings.login, secrets, label) : null,
    ...(purpose === 'write'
      ? {}
      : { unresolved: { login: settings.login !== undefined, write: settings.write?.version ?? null } }),
    transfer: settings.transfer ?? TRANSFER_METHODS,
    start: settings.start ?? START_METHODS,
    plaintext: settings.plaintext ?? false,
    legacySsh: settings.ssh?.legacy ?? false,
    ftp: { separateDataHost: settings.ftp?.separateDataHost ?? false },
  };
}

/**
 * The credential behind a reference; `owner` and `kind` say whose and which it is where a person is asked. Throws Problem
 * config/secret.
 */
export async function snmpAccess(
  reference: SnmpReference,
  secrets: SecretResolver,
  owner: string,
  kind = '',
): Promise<SnmpAccess> {
  if (reference.version !== '3') {
    return {
      version: reference.version,
      community: await secrets.resolve(reference.community, `SNMP community${kind}`, owner),
    };
  }
  const key = async (part: SecretReference | undefined, what: string): Promise<Secret | null> =>
    part === undefined ? null : secrets.resolve(part, `SNMPv3 ${what} of ${reference.user}${kind}`, owner);
  return {
    version: '3',
    user: reference.user,
    auth: reference.auth ?? null,
    authKey: await key(reference.authKey, 'authentication key'),
    priv: reference.priv ?? null,
    privKey: await key(reference.privKey, 'privacy key'),
  };
}

async function login(reference: LoginReference, secrets: SecretResolver, owner: string): Promise<Login> {
  return {
    user: reference.user,
    password: await secrets.resolve(reference.password, `Password of ${reference.user}`, owner),
  };
}
