import type { FirmwareReading, ProblemJson, Reason, Status, Unit } from '../core/index.ts';
import type { Advisory } from './documents.ts';
import type { RunOutcome } from './run-documents.ts';
import type { ReportWriter, Tone } from './writer.ts';

export const STATUS_TONE: Readonly<Record<Status, Tone>> = {
  current: 'good',
  outdated: 'warn',
  blocked: 'warn',
  unsupported: 'quiet',
  unknown: 'bad',
  unreachable: 'bad',
};

export const ADVISORY_LABEL: Readonly<Record<Advisory['status'], string>> = {
  affected: 'affected',
  partly: 'partly fixed',
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

export const SIMULATION_NOTICE =
  'SIMULATION: units marked [simulated] do not exist. This report says nothing about real units.';

/** `rack-12-a  Smart-UPS 1500  UPS 09.4 (ID18)`; a simulated unit is marked. */
export function unitLine(name: string | null, unit: Unit): string {
  const mark = unit.simulated ? ' [simulated]' : '';
  return unit.reachable
    ? `${name ?? '?'}${mark}  ${unit.model ?? 'model not known'}  ${formatFirmware(unit.firmware)}`
    : `${name ?? '?'}${mark}`;
}

/** `UPS 09.4 (ID18)`, or the text of the unit where it cannot be parsed. */
export function formatFirmware({ version, microLinkId, raw }: FirmwareReading): string {
  if (version !== null && microLinkId !== null) return `UPS ${version} (ID${microLinkId})`;
  return raw ?? version ?? 'firmware not known';
}

/** `5 units: 2 outdated, 1 current, 2 blocked`. */
export function summary(counts: Readonly<Record<string, number>>): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []));
  return `${total} ${total === 1 ? 'unit' : 'units'}: ${parts.join(', ') || 'none'}`;
}

/**
 * Reasons against an update with their remedies, and notes if `warnings` is set. `overridable`: IDs of rules
 * that the command can override with `--override`.
 */
export function writeReasons(
  writer: ReportWriter,
  reasons: readonly Reason[],
  warnings: boolean,
  overridable: ReadonlySet<string> = new Set(),
): void {
  for (const { code, rule, outcome, because, remedy } of reasons) {
    const isShown = outcome !== 'warn' || warnings || code === 'SIGNS_CONTRADICT';
    if (outcome === 'pass' || !isShown) continue;
    const label = { block: 'blocked', unknown: 'not known', warn: 'note' }[outcome];
    const override = outcome !== 'warn' && overridable.has(rule) ? `; can be overridden: rule ${rule}` : '';
    writer.note(`${label}: ${because} [${code}]${override}`, outcome === 'warn' ? 'quiet' : 'warn');
    if (remedy !== null) writer.note(`  remedy: ${remedy}`);
  }
}

/** Reasons that count beside a problem: a start whose result is open is more urgent than any remedy. */
const BESIDE_PROBLEM: readonly string[] = ['START_OPEN', 'RUN_AT_WORK'];

/** Why a unit could not be read, after the starts of earlier runs that may still be in progress. */
export function writeProblem(
  writer: ReportWriter,
  { message, code, hint }: Pick<ProblemJson, 'message' | 'code' | 'hint'>,
  reasons: readonly Reason[],
): void {
  writeReasons(
    writer,
    reasons.filter((reason) => BESIDE_PROBLEM.includes(reason.code)),
    false,
  );
  writer.note(`${message} [${code}]`, 'warn');
  writer.note(`  remedy: ${hint}`);
}

/** Advisories that affect a unit or are not known to be fixed. Fixed ones are not shown. */
export function writeAdvisories(writer: ReportWriter, advisories: readonly Advisory[]): void {
  for (const status of ['affected', 'partly', 'unknown'] as const) {
    const ids = advisories.filter((advisory) => advisory.status === status);
    if (ids.length === 0) continue;
    const named = ids.map(({ id, fixedIn, partlyIn }) => {
      if (fixedIn !== null) return `${id} (fixed in ${fixedIn})`;
      return partlyIn === null || status === 'partly' ? id : `${id} (partly fixed in ${partlyIn})`;
    });
    writer.note(`${ADVISORY_LABEL[status]}: ${named.join(', ')}`, status === 'affected' ? 'bad' : 'quiet');
  }
}

/** `CVE-2022-0715: 2 affected, 1 not known`, one line for each advisory that affects a unit. */
export function advisorySummary(all: readonly (readonly Advisory[])[]): readonly string[] {
  const ids = [...new Set(all.flatMap((advisories) => advisories.map(({ id }) => id)))];
  return ids.flatMap((id) => {
    const counted = (['affected', 'partly', 'unknown'] as const).flatMap((status) => {
      const many = all.filter((advisories) =>
        advisories.some((advisory) => advisory.id === id && advisory.status === status),
      ).length;
      return many === 0 ? [] : [`${many} ${ADVISORY_LABEL[status]}`];
    });
    return counted.length === 0 ? [] : [`${id}: ${counted.join(', ')}`];
  });
}
