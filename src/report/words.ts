import type { FirmwareReading, Reason, Status, Unit } from '../core/index.ts';
import type { Advisory, RunOutcome } from './documents.ts';
import type { ReportWriter, Tone } from './writer.ts';

export const STATUS_TONE: Readonly<Record<Status, Tone>> = {
  current: 'good',
  outdated: 'warn',
  blocked: 'warn',
  unsupported: 'quiet',
  unknown: 'bad',
  unreachable: 'bad',
};

export const ADVISORY_WORDS: Readonly<Record<Advisory['status'], string>> = {
  affected: 'affected',
  partly: 'partly answered',
  fixed: 'fixed',
  'not-affected': 'not affected',
  unknown: 'not known',
};

export const OUTCOME_TONE: Readonly<Record<RunOutcome, Tone>> = {
  upgraded: 'good',
  current: 'good',
  refused: 'warn',
  failed: 'bad',
  unknown: 'bad',
  stopped: 'warn',
  pending: 'plain',
};

export const REHEARSAL =
  'REHEARSAL: units marked [simulated] do not exist. Nothing here says anything about a real one.';

/** `rack-12-a  Smart-UPS 1500  UPS 09.4 (ID18)`, with the mark of a unit that is not there. */
export function unitLine(name: string | null, unit: Unit): string {
  const mark = unit.simulated ? ' [simulated]' : '';
  return unit.reachable
    ? `${name ?? '?'}${mark}  ${unit.model ?? 'model not known'}  ${firmwareWords(unit.firmware)}`
    : `${name ?? '?'}${mark}`;
}

/** `UPS 09.4 (ID18)`, or what the unit said where that cannot be read. */
export function firmwareWords({ version, microLinkId, raw }: FirmwareReading): string {
  if (version !== null && microLinkId !== null) return `UPS ${version} (ID${microLinkId})`;
  return raw ?? version ?? 'firmware not known';
}

/** `5 units: 2 outdated, 1 current, 2 blocked`. */
export function summary(counts: Readonly<Record<string, number>>): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(counts).flatMap(([word, count]) => (count > 0 ? [`${count} ${word}`] : []));
  return `${total} ${total === 1 ? 'unit' : 'units'}: ${parts.join(', ') || 'none'}`;
}

/**
 * What stands against an update, each with what lifts it; then what is worth knowing. `overridable`: ids of the rules to name,
 * because the command takes `--override`.
 */
export function writeReasons(
  paper: ReportWriter,
  reasons: readonly Reason[],
  warnings: boolean,
  overridable: ReadonlySet<string> = new Set(),
): void {
  for (const { code, rule, outcome, because, remedy } of reasons) {
    if (outcome === 'pass' || (outcome === 'warn' && !warnings)) continue;
    const word = { block: 'blocked', unknown: 'not known', warn: 'note' }[outcome];
    const over = outcome !== 'warn' && overridable.has(rule) ? `; can be overridden: rule ${rule}` : '';
    paper.note(`${word}: ${because} [${code}]${over}`, outcome === 'warn' ? 'quiet' : 'warn');
    if (remedy !== null) paper.note(`  remedy: ${remedy}`);
  }
}

/** What a unit is open to, and what is not known of it; what is fixed or not its concern goes without saying. */
export function writeAdvisories(paper: ReportWriter, advisories: readonly Advisory[]): void {
  for (const status of ['affected', 'partly', 'unknown'] as const) {
    const ids = advisories.filter((advisory) => advisory.status === status);
    if (ids.length === 0) continue;
    const named = ids.map(({ id, fixedIn, partlyIn }) => {
      if (fixedIn !== null) return `${id} (fixed in ${fixedIn})`;
      return partlyIn === null || status === 'partly' ? id : `${id} (answered in part in ${partlyIn})`;
    });
    paper.note(`${ADVISORY_WORDS[status]}: ${named.join(', ')}`, status === 'affected' ? 'bad' : 'quiet');
  }
}

/** `CVE-2022-0715: 2 affected, 1 not known`, a line for each advisory that concerns some unit. */
export function advisorySummary(all: readonly (readonly Advisory[])[]): readonly string[] {
  const ids = [...new Set(all.flatMap((advisories) => advisories.map(({ id }) => id)))];
  return ids.flatMap((id) => {
    const counted = (['affected', 'partly', 'unknown'] as const).flatMap((status) => {
      const many = all.filter((advisories) =>
        advisories.some((advisory) => advisory.id === id && advisory.status === status),
      ).length;
      return many === 0 ? [] : [`${many} ${ADVISORY_WORDS[status]}`];
    });
    return counted.length === 0 ? [] : [`${id}: ${counted.join(', ')}`];
  });
}
