import type { FirmwareReading, ProblemJson, Reason, Status, Unit } from '../core/index.ts';
import type { Advisory, LeftOutFile } from './documents.ts';
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

/** `rack-12-a  Smart-UPS 1500  UPS 09.4 (ID18)  AS1532273891`; a simulated unit is marked. */
export function unitLine(name: string | null, unit: Unit): string {
  const mark = unit.simulated ? ' [simulated]' : '';
  return unit.reachable
    ? `${name ?? '?'}${mark}  ${unit.model ?? 'model not known'}  ${formatFirmware(unit.firmware)}  ${formatSerial(unit.serial)}`
    : `${name ?? '?'}${mark}${unit.serial === null ? '' : `  ${unit.serial}`}`;
}

/** The serial number of a unit, as every report shows it. */
export function formatSerial(serial: string | null): string {
  return serial ?? 'serial number not known';
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

/** The files of the images folder that were not used because of `--as-of`, one line each. */
export function writeLeftOut(
  writer: ReportWriter,
  { leftOut = [] }: { readonly leftOut?: readonly LeftOutFile[] | undefined },
): void {
  for (const { file, because } of leftOut) writer.note(`left out: ${file}: ${because}`, 'warn');
}

/**
 * Advisories that affect a unit or its card, or are not known to be fixed. Fixed ones are not shown. Those of
 * the card are grouped by notice.
 */
export function writeAdvisories(writer: ReportWriter, advisories: readonly Advisory[]): void {
  const ups = advisories.filter((advisory) => !isOfCard(advisory));
  for (const status of ['affected', 'partly', 'unknown'] as const) {
    const ids = ups.filter((advisory) => advisory.status === status);
    if (ids.length === 0) continue;
    const named = ids.map(({ id, fixedIn, partlyIn }) => {
      if (fixedIn !== null) return `${id} (fixed in ${fixedIn})`;
      return partlyIn === null || status === 'partly' ? id : `${id} (partly fixed in ${partlyIn})`;
    });
    writer.note(`${ADVISORY_LABEL[status]}: ${named.join(', ')}`, status === 'affected' ? 'bad' : 'quiet');
  }
  for (const label of ['affected', 'partly fixed', 'not known', NOT_LISTED]) {
    const own = advisories.filter((advisory) => isOfCard(advisory) && cardLabel(advisory) === label);
    const notices = [...new Set(own.map(noticeOf))];
    if (notices.length === 0) continue;
    const named = notices.map((notice) =>
      label === NOT_LISTED ? notice : describeNotice(own.filter((one) => noticeOf(one) === notice)),
    );
    writer.note(`card ${label}: ${named.join('; ')}`, label === 'affected' ? 'bad' : 'quiet');
  }
}

/** A version outside of the affected range of a notice that names no fixed version. */
const NOT_LISTED = 'not listed as affected';

export function isOfCard({ component }: Advisory): boolean {
  return component === 'card';
}

export function cardLabel({ status, listed }: Advisory): string {
  return status === 'unknown' && listed === false ? NOT_LISTED : ADVISORY_LABEL[status];
}

/** The notice of an advisory, or its own number if it has none. */
export function noticeOf({ id, notice }: Advisory): string {
  return notice ?? id;
}

/** `SEVD-2020-174-01 (Ripple20: CVE-2020-11896, CVE-2020-11898; fixed in AOS 6.9.6)`. */
function describeNotice(advisories: readonly Advisory[]): string {
  const [first] = advisories;
  if (first === undefined) return '';
  const ids = advisories.map(({ id }) => id).join(', ');
  const name = first.name == null ? '' : `${first.name}: `;
  const fix = first.fixedIn === null ? '' : `fixed in AOS ${first.fixedIn}`;
  const inside = [first.notice == null ? '' : `${name}${ids}`, fix].filter((part) => part !== '').join('; ');
  return `${noticeOf(first)}${inside === '' ? '' : ` (${inside})`}`;
}

/**
 * `CVE-2022-0715: 2 affected, 1 not known`, one line for each advisory that affects a unit. Those of cards
 * have one line for each notice, which counts cards: `SEVD-2020-174-01 (card, Ripple20): 2 affected`.
 */
export function advisorySummary(all: readonly (readonly Advisory[])[]): readonly string[] {
  const keyOf = (one: Advisory): string => (isOfCard(one) ? `card ${noticeOf(one)}` : one.id);
  const kinds = new Map(all.flat().map((one) => [keyOf(one), one]));
  return [...kinds].flatMap(([key, kind]) => {
    const counted = (['affected', 'partly', 'unknown'] as const).flatMap((status) => {
      const many = all.filter((advisories) => worstOf(advisories, key, keyOf) === status).length;
      return many === 0 ? [] : [`${many} ${ADVISORY_LABEL[status]}`];
    });
    if (counted.length === 0) return [];
    if (!isOfCard(kind)) return [`${key}: ${counted.join(', ')}`];
    const name = kind.name == null ? 'card' : `card, ${kind.name}`;
    return [`${noticeOf(kind)} (${name}): ${counted.join(', ')}`];
  });
}

/** The worst status among the advisories of one line of the summary; null if nothing is to be counted. */
function worstOf(
  advisories: readonly Advisory[],
  key: string,
  keyOf: (one: Advisory) => string,
): Advisory['status'] | null {
  const own = advisories.filter((one) => keyOf(one) === key && cardLabel(one) !== NOT_LISTED);
  const found = (['affected', 'partly', 'unknown'] as const).find((status) =>
    own.some((one) => one.status === status),
  );
  return found ?? null;
}
