import { sanitize } from '../../core/index.ts';
import type { SnmpReference } from '../schema.ts';
import type { NutSection } from './nut-conf.ts';

/** What a section says about SNMP: a credential as references, and a note on what a person has to add. */
export interface NutAccess {
  /** Null: that of the inventory counts. */
  readonly snmp: SnmpReference | null;
  readonly note: string;
}

/** The settings that make a credential. */
export const CREDENTIAL = [
  'snmp_version',
  'community',
  'secLevel',
  'secName',
  'authProtocol',
  'authPassword',
  'privProtocol',
  'privPassword',
] as const;

/** Versions as NUT writes them, and as people do. */
const VERSIONS: ReadonlyMap<string, SnmpReference['version']> = new Map([
  ['v1', '1'],
  ['1', '1'],
  ['v2c', '2c'],
  ['2c', '2c'],
  ['v2', '2c'],
  ['2', '2c'],
  ['v3', '3'],
  ['3', '3'],
]);

type User = Extract<SnmpReference, { version: '3' }>;

/** Authentication by the name in NUT, in lower case; MD5 where the section has none. */
const AUTHS: ReadonlyMap<string, NonNullable<User['auth']>> = new Map([
  ['', 'md5'],
  ['md5', 'md5'],
  ['sha', 'sha'],
  ['sha1', 'sha'],
  ['sha224', 'sha224'],
  ['sha256', 'sha256'],
  ['sha384', 'sha384'],
  ['sha512', 'sha512'],
]);

/** Privacy by the name in NUT; DES where the section has none. NUT has the form of AES-256 of net-snmp. */
const PRIVS: ReadonlyMap<string, NonNullable<User['priv']>> = new Map([
  ['', 'des'],
  ['des', 'des'],
  ['aes', 'aes'],
  ['aes128', 'aes'],
  ['aes256', 'aes256b'],
]);

const LONGEST_USER = 32;

/** Names of the variables for the credentials of a file: the same credential gets the same name. */
export class CredentialNames {
  readonly #suffixes = new Map<string, string>();

  constructor(sections: readonly NutSection[]) {
    const taken = new Set<string>();
    for (const section of sections) {
      const key = keyOf(section);
      if (this.#suffixes.has(key)) continue;
      const name = section.name
        .slice(0, 100)
        .toUpperCase()
        .replaceAll(/[^A-Z0-9]+/g, '_')
        .slice(0, 40);
      let unique = name;
      for (let count = 2; taken.has(unique); count += 1) unique = `${name}_${count}`;
      taken.add(unique);
      this.#suffixes.set(key, `_${unique}`);
    }
  }

  /** Empty where one credential serves all. */
  suffixOf(section: NutSection): string {
    return this.#suffixes.size > 1 ? (this.#suffixes.get(keyOf(section)) ?? '') : '';
  }
}

function keyOf({ settings }: NutSection): string {
  return JSON.stringify(CREDENTIAL.map((key) => settings.get(key)?.value ?? null));
}

/**
 * The SNMP credential of a section. NUT uses version 1 and the community `public` where the section gives
 * none. No secret is imported or repeated.
 * Source: docs/sources/practice.md#drivers-of-nut
 */
export function nutAccess(section: NutSection, names: CredentialNames): NutAccess {
  const suffix = names.suffixOf(section);
  const value = (key: string): string => section.settings.get(key)?.value?.trim() ?? '';
  const shown = sanitize(section.name, 64);
  const listed = value('snmp_version');
  const version = listed === '' ? '1' : VERSIONS.get(listed.toLowerCase());
  if (version === undefined) {
    return {
      snmp: null,
      note: 'its snmp_version is not v1, v2c or v3; the SNMP settings of the inventory count',
    };
  }
  if (version === '3') return userAccess(value, suffix, shown);
  const community = `env:UPS_READ${suffix}`;
  const why = listed === '' ? '. It has no snmp_version, so NUT uses v1' : '';
  const note = section.settings.has('community')
    ? `community of [${shown}] (SNMP v${version}) is not imported: add it as ${community}${why}`
    : `[${shown}] (SNMP v${version}) uses the default community of NUT: add it as ${community}${why}`;
  return { snmp: { version, community }, note };
}

function userAccess(value: (key: string) => string, suffix: string, shown: string): NutAccess {
  const [authKey, privKey] = [`env:UPS_AUTH${suffix}`, `env:UPS_PRIV${suffix}`];
  const what = `of [${shown}] (SNMPv3)`;
  const byHand = `passphrases ${what} are not imported: add them with user, authKey: ${authKey} and privKey: ${privKey}`;
  const user = value('secName');
  const level = value('secLevel').toLowerCase() || levelOf(value);
  const auth = AUTHS.get(value('authProtocol').toLowerCase().replaceAll('-', ''));
  const priv = PRIVS.get(value('privProtocol').toLowerCase().replaceAll('-', ''));
  const isUsable = user !== '' && user.length <= LONGEST_USER && sanitize(user) === user;
  if (!isUsable) return { snmp: null, note: `user and ${byHand}` };
  if (level === 'noauthnopriv')
    return { snmp: { version: '3', user }, note: `${what.slice(3)} has no authentication and no encryption` };
  if (auth === undefined || (level === 'authpriv' && priv === undefined))
    return { snmp: null, note: `user and ${byHand}; upsfw does not have its protocols` };
  if (level === 'authnopriv') {
    return {
      snmp: { version: '3', user, auth, authKey },
      note: `passphrase ${what} is not imported: add it as ${authKey}`,
    };
  }
  if (level !== 'authpriv') return { snmp: null, note: `user and ${byHand}; its secLevel is not known` };
  return {
    snmp: { version: '3', user, auth, authKey, ...(priv === undefined ? {} : { priv }), privKey },
    note: `passphrases ${what} are not imported: add them as ${authKey} and ${privKey}`,
  };
}

/** NUT uses no authentication without secLevel; a section with passphrases means more. */
function levelOf(value: (key: string) => string): string {
  if (value('authPassword') === '') return 'noauthnopriv';
  return value('privPassword') === '' ? 'authnopriv' : 'authpriv';
}
