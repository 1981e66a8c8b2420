import { Document, isScalar, Scalar, visit } from 'yaml';
import { Problem, sanitize, unitKey } from '../../core/index.ts';
import { editYaml, parseYaml, type YamlEdit } from '../../yaml/index.ts';
import { readInventory } from '../load.ts';
import { InventorySchema, type SnmpReference, type UnitEntry } from '../schema.ts';
import { type Addition, type Decisions, decide, type MergeChange } from './decide.ts';
import { type Draft, sameValue } from './entries.ts';
import { type ListedUnit, placeText } from './listed.ts';

export type { MergeChange } from './decide.ts';

/** Options of a merge. */
export interface MergeOptions {
  /** Site for new units without a site. */
  readonly site: string;
  /** First lines of a new file, as comments. */
  readonly heading?: readonly string[];
  /** Resolved addresses of the host names in the inventory, by name in lower case. */
  readonly addresses?: ReadonlyMap<string, readonly string[]>;
}

/** An inventory text after a merge, and the changes in the order of the list. */
export interface Merged {
  readonly text: string;
  readonly changes: readonly MergeChange[];
  /** Units that the inventory already has exactly as the list has them. */
  readonly unchanged: number;
}

/**
 * Merges listed units into an inventory text. Null makes a new file, whose text is empty where there is no
 * unit to write. In an existing text only changed values differ, and units that are not in the list stay.
 * `shown`: name of the file in messages. Throws Problem config/inventory for an invalid inventory, and for
 * one that needs further changes.
 */
export function mergeInventory(
  text: string | null,
  shown: string,
  units: readonly ListedUnit[],
  options: MergeOptions,
): Merged {
  const addresses = options.addresses ?? new Map();
  if (text === null) {
    const snmp = mostUsed(units);
    const draft: Draft = { ...(snmp === null ? {} : { defaults: { snmp } }), sites: [] };
    const { additions, changes, unchanged } = decide(draft, units, { site: options.site, addresses });
    if (additions.length === 0) return { text: '', changes, unchanged };
    const made = newFile(draft, additions, options.heading ?? []);
    readInventory(made, shown, shown);
    return { text: made, changes, unchanged };
  }

  readInventory(text, shown, shown);
  const parsed = parseYaml(text, InventorySchema);
  if (!parsed.ok) throw new Error('a valid inventory cannot be parsed again');
  const decisions = decide(parsed.value, units, { site: options.site, addresses });
  const { changes, unchanged } = decisions;
  const edits = editsOf(parsed.value, decisions);
  if (edits.length === 0) return { text, changes, unchanged };
  const result = editYaml(text, edits, { quoted: ['serial'] });
  if (result === null) throw manualEdit(shown, decisions, undefined);
  try {
    readInventory(result, shown, shown);
  } catch (thrown) {
    throw manualEdit(shown, decisions, thrown);
  }
  return { text: result, changes, unchanged };
}

function editsOf(file: Draft, { moves, pins, additions }: Decisions): readonly YamlEdit[] {
  const edits: YamlEdit[] = [];
  for (const { entry, from, to } of moves) {
    const path = entry.path ?? [];
    if (to.host !== from.host) edits.push({ kind: 'set', path: [...path, 'host'], value: to.host });
    if (to.port === from.port) continue;
    edits.push(
      entry.unit.ports === undefined
        ? { kind: 'set', path: [...path, 'ports'], value: { snmp: to.port }, after: ['host', 'serial'] }
        : { kind: 'set', path: [...path, 'ports', 'snmp'], value: to.port },
    );
  }
  for (const { entry, serial } of pins) {
    edits.push({ kind: 'set', path: [...(entry.path ?? []), 'serial'], value: serial, after: ['host'] });
  }
  for (const { name, units } of sitesOf(additions)) {
    const index = file.sites.findIndex((site) => site.name === name);
    if (index < 0) edits.push({ kind: 'append', path: ['sites'], value: { name, units } });
    else
      for (const unit of units) edits.push({ kind: 'append', path: ['sites', index, 'units'], value: unit });
  }
  return edits;
}

function sitesOf(additions: readonly Addition[]): readonly { name: string; units: readonly UnitEntry[] }[] {
  const names = [...new Set(additions.map((one) => one.site))];
  return names.map((name) => ({
    name,
    units: additions.filter((one) => one.site === name).map((one) => ordered(one.unit)),
  }));
}

/** The fields of a new unit in the order in which they are written. */
function ordered({ name, host, serial, ports, snmp }: UnitEntry): UnitEntry {
  return {
    name,
    ...(host === undefined ? {} : { host }),
    ...(serial === undefined ? {} : { serial }),
    ...(ports === undefined ? {} : { ports }),
    ...(snmp === undefined ? {} : { snmp }),
  };
}

function mostUsed(units: readonly ListedUnit[]): SnmpReference | null {
  const counts: { readonly snmp: SnmpReference; count: number }[] = [];
  for (const { snmp } of units) {
    if (snmp === null) continue;
    const known = counts.find((one) => sameValue(one.snmp, snmp));
    if (known === undefined) counts.push({ snmp, count: 1 });
    else known.count += 1;
  }
  return (
    counts.reduce((best, one) => (best !== null && best.count >= one.count ? best : one), counts[0] ?? null)
      ?.snmp ?? null
  );
}

function newFile(draft: Draft, additions: readonly Addition[], heading: readonly string[]): string {
  const document = new Document(
    { version: 1, ...draft, sites: sitesOf(additions) },
    { aliasDuplicateObjects: false },
  );
  visit(document, {
    Pair(_key, { key, value }) {
      // Other programs must read a serial number of digits as text too.
      if (isScalar(key) && key.value === 'serial' && isScalar(value)) value.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const lines = heading.flatMap((one) => one.split('\n')).map((one) => `# ${sanitize(one)}`.trimEnd());
  return [...lines, document.toString({ lineWidth: 0 })].join('\n');
}

function manualEdit(shown: string, { moves, pins, additions }: Decisions, cause: unknown): Problem {
  const places = [
    ...moves.map(
      ({ entry, to }) => `${entry.site}/${entry.unit.name}: now at ${placeText(to.host, to.port)}`,
    ),
    ...pins.map(({ entry, serial }) => `${entry.site}/${entry.unit.name}: serial "${serial}"`),
    ...additions.map(
      ({ site, unit }) =>
        `${unitKey({ site, name: unit.name })}: new, ${placeText(unit.host ?? '', unit.ports?.snmp ?? null)}${unit.serial === undefined ? '' : `, serial "${unit.serial}"`}`,
    ),
  ];
  return new Problem(
    'config/inventory',
    `upsfw cannot change ${shown} without changing other parts of it, for example because it uses anchors and aliases.`,
    { hint: `Nothing was written. Change it in an editor:\n${places.join('\n')}`, cause },
  );
}
