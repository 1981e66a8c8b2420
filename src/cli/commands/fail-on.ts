import { Problem, STATUSES, sanitize } from '../../core/index.ts';
import { type AuditDocument, type AuditUnit, changeCount } from '../../report/index.ts';

/** What an audit may be told to fail on. `changed` is about the whole audit, the others about a unit. */
export const FAIL_KINDS = [
  ...STATUSES.filter((status) => status !== 'current'),
  'vulnerable',
  'services',
  'changed',
] as const;
export type FailKind = (typeof FAIL_KINDS)[number];

const NONE = 'none';

/** Reads the words of --fail-on, comma separated; without any it is everything but `changed`. Throws Problem config/usage. */
export function readFailOn(words: readonly string[]): ReadonlySet<FailKind> {
  if (words.length === 0) return new Set(FAIL_KINDS.filter((kind) => kind !== 'changed'));
  const named = words.flatMap((word) => word.split(',')).map((word) => word.trim().toLowerCase());
  const known = FAIL_KINDS.filter((kind) => named.includes(kind));
  const strange = named.filter((word) => word !== NONE && !known.some((kind) => kind === word));
  if (strange.length > 0) {
    throw new Problem(
      'config/usage',
      `--fail-on does not know ${strange.map((word) => `"${sanitize(word)}"`).join(', ')}.`,
      { hint: `Known are ${FAIL_KINDS.join(', ')}, and ${NONE}.` },
    );
  }
  if (named.includes(NONE) && known.length > 0) {
    throw new Problem('config/usage', `--fail-on says both ${NONE} and ${known.join(', ')}.`, {
      hint: `Leave ${NONE} or the others out.`,
    });
  }
  return new Set(known);
}

/** Whether an audit has something of a chosen kind. */
export function failsOn(document: AuditDocument, kinds: ReadonlySet<FailKind>): boolean {
  if (kinds.has('changed') && document.changes !== null && changeCount(document.changes) > 0) return true;
  return document.units.some((unit) => kindsOf(unit).some((kind) => kinds.has(kind)));
}

/** An advisory counts where the unit is affected: not where it is answered in part, or not known. */
function kindsOf({ verdict, advisories, findings }: AuditUnit): readonly FailKind[] {
  return [
    ...(verdict.status === 'current' ? [] : [verdict.status]),
    ...((advisories ?? []).some(({ status }) => status === 'affected') ? (['vulnerable'] as const) : []),
    ...((findings ?? []).length > 0 ? (['services'] as const) : []),
  ];
}
