import { isRefusal, STATUSES } from '../core/index.ts';
import type { AuditDocument, AuditUnit } from './documents.ts';
import { STATUS_TONE } from './labels.ts';
import type { ReportWriter, Tone } from './writer.ts';

/** A row for each site and a total. Zero is a dash, so that the other numbers stand out. */
export function writeSites(writer: ReportWriter, document: AuditDocument): void {
  const rowOf = (name: string, units: readonly AuditUnit[]): readonly string[] => [
    name,
    String(units.length),
    ...STATUSES.map((status) => cell(units.filter(({ verdict }) => verdict.status === status).length)),
    cell(units.filter(isVulnerable).length),
  ];
  const sites = new Map<string, AuditUnit[]>();
  for (const unit of document.units) {
    const units = sites.get(unit.site ?? '');
    if (units === undefined) sites.set(unit.site ?? '', [unit]);
    else units.push(unit);
  }
  writer.table(
    ['site', 'units', ...STATUSES, 'vulnerable'],
    [...[...sites].map(([site, units]) => rowOf(site, units)), rowOf('total', document.units)],
  );
}

function cell(count: number): string {
  return count === 0 ? '-' : String(count);
}

function isVulnerable({ advisories }: AuditUnit): boolean {
  return (advisories ?? []).some(({ status }) => status === 'affected');
}

/** A cause that keeps units from being current or upgraded. */
interface Cause {
  readonly code: string;
  readonly tone: Tone;
  readonly units: readonly string[];
  /** The remedies of the units, most frequent first. */
  readonly remedies: readonly string[];
}

/** What to do after an audit, by cause, most frequent first; then the units that can be upgraded. */
export function writeWhatToDo(writer: ReportWriter, document: AuditDocument): void {
  const causes = causesOf(document.units);
  const upgradable = document.units.filter(({ verdict }) => verdict.status === 'outdated').length;
  if (causes.length === 0 && upgradable === 0) return;
  writer.heading('What to do');
  for (const { code, tone, units, remedies } of causes) {
    writer.item(code, counted(units.length), tone, examples(units));
    const [remedy, ...others] = remedies;
    if (remedy === undefined) continue;
    const more = others.length === 0 ? '' : ' (differs between units: see --details or --json)';
    writer.note(`  remedy: ${remedy}${more}`);
  }
  if (upgradable > 0) {
    writer.item('upsfw plan', counted(upgradable), STATUS_TONE.outdated, 'can be upgraded');
  }
}

function counted(count: number): string {
  return `${count} ${count === 1 ? 'unit' : 'units'}`;
}

/** `berlin/rack-1, berlin/rack-2, berlin/rack-3 and 37 more`. */
function examples(units: readonly string[]): string {
  if (units.length <= MAX_EXAMPLES) return units.join(', ');
  return `${units.slice(0, MAX_EXAMPLES).join(', ')} and ${units.length - MAX_EXAMPLES} more`;
}

const MAX_EXAMPLES = 3;

interface Blocker {
  readonly code: string;
  readonly remedy: string | null;
}

function causesOf(units: readonly AuditUnit[]): readonly Cause[] {
  const causes = new Map<string, { tone: Tone; units: string[]; remedies: Map<string, number> }>();
  for (const unit of units) {
    const seen = new Set<string>();
    for (const { code, remedy } of blockersOf(unit)) {
      const tone = STATUS_TONE[unit.verdict.status];
      const cause = causes.get(code) ?? { tone, units: [], remedies: new Map<string, number>() };
      causes.set(code, cause);
      // Two rules may give one code for a unit.
      if (!seen.has(code)) cause.units.push(`${unit.site ?? '?'}/${unit.name ?? '?'}`);
      seen.add(code);
      if (remedy !== null) cause.remedies.set(remedy, (cause.remedies.get(remedy) ?? 0) + 1);
    }
  }
  return [...causes]
    .map(([code, { tone, units: named, remedies }]) => ({
      code,
      tone,
      units: named,
      remedies: [...remedies].sort(([, a], [, b]) => b - a).map(([remedy]) => remedy),
    }))
    .sort((a, b) => b.units.length - a.units.length);
}

/** What keeps a unit from being current or upgraded. A unit that could not be read has one cause only. */
function blockersOf({ verdict, problem }: AuditUnit): readonly Blocker[] {
  if (problem !== null) return [{ code: problem.code, remedy: problem.hint }];
  if (verdict.status !== 'blocked' && verdict.status !== 'unknown') return [];
  return verdict.reasons.filter(isRefusal);
}
