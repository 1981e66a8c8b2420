import { Problem, STATUSES, sanitize } from '../../core/index.ts';
import { type AuditDocument, type AuditUnit, changeCount } from '../../report/index.ts';

/** What an audit can fail on. `changed` concerns the whole audit, the others a unit. */
export const FAIL_KINDS = [
  ...STATUSES.filter((status) => status !== 'current'),
  'vulnerable',
  'services',
  'changed',
] as const;
export type FailKind = (typeof FAIL_KINDS)[number];

const NONE = 'none';

/** Reads the values of --fail-on; without any, every kind but `changed`. Throws Problem config/usage. */
export function readFailOn(values: readonly string[]): ReadonlySet<FailKind> {
  if (values.length === 0) return new Set(FAIL_KINDS.filter((kind) => kind !== 'changed'));
  const named = values.flatMap((value) => value.split(',')).map((name) => name.trim().toLowerCase());
  const known = FAIL_KINDS.filter((kind) => named.includes(kind));
  const unknown = named.filter((name) => name !== NONE && !known.some((kind) => kind === name));
  if (unknown.length > 0) {
    throw new Problem(
      'config/usage',
      `--fail-on does not know ${unknown.map((name) => `"${sanitize(name)}"`).join(', ')}.`,
      { hint: `Use ${FAIL_KINDS.join(', ')}, or ${NONE}.` },
    );
  }
  if (named.includes(NONE) && known.length > 0) {
    throw new Problem('config/usage', `--fail-on has both ${NONE} and ${known.join(', ')}.`, {
      hint: `Leave ${NONE} or the others out.`,
    });
  }
  return new Set(known);
}

/** Whether an audit has a finding of a chosen kind. */
export function failsOn(document: AuditDocument, kinds: ReadonlySet<FailKind>): boolean {
  if (kinds.has('changed') && document.changes !== null && changeCount(document.changes) > 0) return true;
  return document.units.some((unit) => kindsOf(unit).some((kind) => kinds.has(kind)));
}

/** An advisory counts only where the unit is `affected`, not where it is `partly` or `unknown`. */
function kindsOf({ verdict, advisories, findings }: AuditUnit): readonly FailKind[] {
  return [
    ...(verdict.status === 'current' ? [] : [verdict.status]),
    ...((advisories ?? []).some(({ status }) => status === 'affected') ? (['vulnerable'] as const) : []),
    ...((findings ?? []).length > 0 ? (['services'] as const) : []),
  ];
}
