import { isRefusal, STATUSES } from '../core/index.ts';
import type { AuditDocument, AuditUnit } from './documents.ts';
import { STATUS_TONE } from './words.ts';
import type { ReportWriter, Tone } from './writer.ts';

/** A row for each site and one for all of them; what there is none of is a dash, so that the rest is seen. */
export function writeSites(paper: ReportWriter, document: AuditDocument): void {
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
  paper.table(
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

/** One thing that lifts many units out of where they are. */
interface Cause {
  readonly code: string;
  readonly tone: Tone;
  readonly units: readonly string[];
  /** The remedies that the units were given. */
  readonly remedies: readonly string[];
}

/** What to do about an audit, by cause, the one with the most units first; then what can be upgraded as it is. */
export function writeWhatToDo(paper: ReportWriter, document: AuditDocument): void {
  const causes = causesOf(document.units);
  const upgradable = document.units.filter(({ verdict }) => verdict.status === 'outdated').length;
  if (causes.length === 0 && upgradable === 0) return;
  paper.heading('What to do');
  for (const { code, tone, units, remedies } of causes) {
    paper.item(code, counted(units.length), tone, examples(units));
    const [remedy, ...others] = remedies;
    if (remedy === undefined) continue;
    const more = others.length === 0 ? '' : ` (differs from unit to unit: --details or --json)`;
    paper.note(`  remedy: ${remedy}${more}`);
  }
  if (upgradable > 0) {
    paper.item('upsfw plan', counted(upgradable), STATUS_TONE.outdated, 'can be upgraded');
  }
}

function counted(count: number): string {
  return `${count} ${count === 1 ? 'unit' : 'units'}`;
}

/** `berlin/rack-1, berlin/rack-2, berlin/rack-3 and 37 more`. */
function examples(units: readonly string[]): string {
  if (units.length <= MOST_EXAMPLES) return units.join(', ');
  return `${units.slice(0, MOST_EXAMPLES).join(', ')} and ${units.length - MOST_EXAMPLES} more`;
}

const MOST_EXAMPLES = 3;

interface Hit {
  readonly code: string;
  readonly remedy: string | null;
}

function causesOf(units: readonly AuditUnit[]): readonly Cause[] {
  const causes = new Map<string, { tone: Tone; units: string[]; remedies: Map<string, number> }>();
  for (const unit of units) {
    const seen = new Set<string>();
    for (const { code, remedy } of hitsOf(unit)) {
      const tone = STATUS_TONE[unit.verdict.status];
      const cause = causes.get(code) ?? { tone, units: [], remedies: new Map<string, number>() };
      causes.set(code, cause);
      // Two rules may say one thing of a unit.
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

/** What keeps a unit from being current or upgraded; a unit that could not be looked at has one cause, whatever else is said. */
function hitsOf({ verdict, problem }: AuditUnit): readonly Hit[] {
  if (problem !== null) return [{ code: problem.code, remedy: problem.hint }];
  if (verdict.status !== 'blocked' && verdict.status !== 'unknown') return [];
  return verdict.reasons.filter(isRefusal);
}
