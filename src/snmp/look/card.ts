import { type Card, sanitize } from '../../core/index.ts';
import { OID } from '../client/oids.ts';
import { numberOf, type SnmpAnswers, textOf } from '../client/values.ts';
import { showsNoApplication } from './names.ts';

/** Keys of the bracket in a card's sysDescr. Source: docs/sources/snmp.md#sysdescr */
const KEYS = ['MB', 'PF', 'PN', 'AF1', 'AN1', 'MN', 'HR', 'SN', 'MD'] as const;
type Key = (typeof KEYS)[number];
const START = new RegExp(`(?<=^|\\s)(${KEYS.join('|')}):`, 'g');
const isKey = (text: string | undefined): text is Key => KEYS.some((key) => key === text);

/** The fields of a card's sysDescr. Keys without a value are absent. */
export type CardFields = Readonly<Partial<Record<Key, string>>>;

/** The oldest format of model and serial number: `MOD: AP9605, ... SN: WA98...`. */
const OLDEST = /\(FW [^)]*?MOD:\s*([A-Za-z0-9-]+)[^)]*?SN:\s*([A-Za-z0-9]+)/;

/**
 * Reads the bracket of known keys. A value ends at the next known key, never at a space: `SN: ZA18...` has
 * one. Null if there is no such bracket.
 */
export function parseSysDescr(sysDescr: string): CardFields | null {
  const text = sysDescr.slice(0, 1024);
  const bracket = /\((MB:[^()]*)\)/.exec(text)?.[1] ?? /\(((?:PF|PN|AF1|AN1|MN):[^()]*)\)/.exec(text)?.[1];
  if (bracket === undefined) {
    const oldest = OLDEST.exec(text);
    return oldest === null ? null : { MN: oldest[1] ?? '', SN: oldest[2] ?? '' };
  }
  // A repeated key is part of a value.
  const seen = new Set<Key>();
  const starts = [...bracket.matchAll(START)].flatMap(({ 0: head, 1: key, index }) => {
    if (!isKey(key) || seen.has(key)) return [];
    seen.add(key);
    return [{ key, begin: index, value: index + head.length }];
  });
  const fields: Partial<Record<Key, string>> = {};
  for (const [index, { key, value: begin }] of starts.entries()) {
    const value = bracket.slice(begin, starts[index + 1]?.begin).trim();
    if (value !== '') fields[key] = value;
  }
  return fields;
}

/** `apc_hw05_sumx_708.bin`: platform and module of a firmware file. */
const MODULE_FILE = /^apc_(hw\d\d)_([a-z0-9]{1,30}?)_v?[0-9]/i;

export interface ModuleFile {
  readonly platform: string;
  readonly name: string;
}

export function parseModuleFile(file: string): ModuleFile | null {
  const found = MODULE_FILE.exec(file.trim());
  return found === null
    ? null
    : { platform: (found[1] ?? '').toLowerCase(), name: (found[2] ?? '').toLowerCase() };
}

/** Platforms of the card generations. */
const GENERATIONS: Readonly<Record<string, Card['generation']>> = {
  hw02: 'nmc1',
  hw03: 'nmc1',
  hw05: 'nmc2',
  hw06: 'nmc2',
  hw21: 'nmc3',
};

export function generationOf(platform: string): Card['generation'] {
  return GENERATIONS[platform] ?? null;
}

/** The card of an answer: from its sysDescr, and from its module table where the sysDescr has nothing. */
export function readCard(answers: SnmpAnswers): Card | null {
  const fields = parseSysDescr(textOf(answers, OID.sysDescr) ?? '');
  const osFile = fields?.PN ?? textOf(answers, OID.moduleFile1);
  const os = fields?.PF ?? textOf(answers, OID.moduleVersion1);
  if (fields === null && osFile === null && os === null) return null;
  const tableModel = textOf(answers, OID.hostModel);
  const tableSerial = textOf(answers, OID.hostSerial);
  const appFile = fields?.AN1 ?? textOf(answers, OID.moduleFile2);
  const platform = platformOf(osFile) ?? platformOf(appFile);
  return {
    model: clean(fields?.MN ?? tableModel),
    serial: clean(fields?.SN ?? tableSerial),
    generation: platform === null ? null : generationOf(platform),
    platform: clean(platform),
    boot: clean(textOf(answers, OID.moduleVersion3)),
    os: clean(os),
    app: applicationOf(appFile, fields?.AF1 ?? textOf(answers, OID.moduleVersion2), fields),
    uptimeSeconds: uptimeOf(answers),
  };
}

function platformOf(file: string | null): string | null {
  return file === null ? null : (parseModuleFile(file)?.platform ?? null);
}

/**
 * The application by its file and version. Null if there is none: its place is empty, or holds another module
 * or one that the card cannot read.
 * Source: docs/sources/snmp.md#card-without-its-application
 */
function applicationOf(file: string | null, version: string | null, fields: CardFields | null): Card['app'] {
  const name = (file === null ? null : parseModuleFile(file)?.name) ?? oldName(file);
  const isNone = [name ?? file ?? '', version ?? ''].some(showsNoApplication);
  // The sysDescr of a card that runs its application always names the file.
  const isMissing = file === null && fields?.PF !== undefined;
  if (isNone || isMissing || (name === null && version === null)) return null;
  return { name, version: clean(version) };
}

/** sysUpTime counts hundredths of a second since the agent started, which is when the card did. */
function uptimeOf(answers: SnmpAnswers): number | null {
  const ticks = numberOf(answers, OID.sysUpTime);
  return ticks === null || ticks < 0 ? null : Math.floor(ticks / 100);
}

/** `ms225a.bin`: file names from before the NMC have no platform. */
function oldName(file: string | null): string | null {
  return /^([a-z]+)\d/i.exec(file ?? '')?.[1]?.toLowerCase() ?? null;
}

function clean(text: string | null): string | null {
  const shown = sanitize(text ?? '', 100);
  return shown === '' ? null : shown;
}
