import {
  type Login,
  type NetworkAccess,
  type Secret,
  type SnmpAccess,
  type UnitTarget,
  unitKey,
} from '../core/index.ts';
import type { InventoryUnit } from './inventory.ts';
import type { LoginReference, SecretReference, SnmpReference } from './inventory-schema.ts';
import type { SecretResolver } from './secrets.ts';

/** What a command is going to do decides which secrets it needs: a look must not ask for the write credential. */
export type Purpose = 'read' | 'write';

export interface TargetNeeds {
  /** True: the login is needed for reading too, because what the card itself runs is looked at. */
  readonly card?: boolean;
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
    network:
      unit.host === null ? null : await networkAccess(unit, unit.host, secrets, purpose, needs.card === true),
    local: unit.local,
    window: unit.settings.window ?? null,
    output: unit.output,
    feeds: unit.feeds,
    redundantWith: unit.redundantWith,
  };
}

async function networkAccess(
  unit: InventoryUnit,
  host: string,
  secrets: SecretResolver,
  purpose: Purpose,
  card: boolean,
): Promise<NetworkAccess> {
  const { settings } = unit;
  const label = unitKey(unit);
  const snmp = settings.snmp ?? null;
  const needsLogin = purpose === 'write' || card || snmp === null;
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
    write: settings.write && purpose === 'write' ? await snmpAccess(settings.write, secrets, label) : null,
    login: settings.login && needsLogin ? await login(settings.login, secrets, label) : null,
    transfer: settings.transfer ?? ['scp', 'ftp'],
    start: settings.start ?? ['snmp', 'cli'],
    plaintext: settings.plaintext ?? false,
    legacySsh: settings.ssh?.legacy ?? false,
    ftp: { separateDataHost: settings.ftp?.separateDataHost ?? false },
  };
}

/** The credential behind a reference; `label` says whose it is where a person is asked. Throws Problem config/secret. */
export async function snmpAccess(
  reference: SnmpReference,
  secrets: SecretResolver,
  label: string,
): Promise<SnmpAccess> {
  if (reference.version !== '3') {
    return {
      version: reference.version,
      community: await secrets.resolve(reference.community, `SNMP community of ${label}`),
    };
  }
  const key = async (part: SecretReference | undefined, what: string): Promise<Secret | null> =>
    part === undefined ? null : secrets.resolve(part, `SNMPv3 ${what} of ${label}`);
  return {
    version: '3',
    user: reference.user,
    auth: reference.auth ?? null,
    authKey: await key(reference.authKey, 'authentication key'),
    priv: reference.priv ?? null,
    privKey: await key(reference.privKey, 'privacy key'),
  };
}

async function login(reference: LoginReference, secrets: SecretResolver, label: string): Promise<Login> {
  return {
    user: reference.user,
    password: await secrets.resolve(reference.password, `Password of ${label}`),
  };
}
