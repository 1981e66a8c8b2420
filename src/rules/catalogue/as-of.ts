import type { Rule, Stage } from '../engine/schema.ts';
import { compareVersions } from '../engine/versions.ts';
import type { FirmwareLine } from './schema.ts';

/** Rules that need a card, its services, a boot loader or a moment: none is asked about a described unit. */
export const AT_THE_START: ReadonlySet<Stage> = new Set<Stage>([
  'card',
  'start',
  'card-set',
  'card-file',
  'service',
  'recovery',
]);

/**
 * Whether a rule counts on a day. Rules about the hop, the card and the moment of the start are the tool's own care and count
 * on every day: an older state of knowledge never loosens them.
 */
export function inForce(rule: Rule, asOf: string | null): boolean {
  if (asOf === null) return rule.until === undefined;
  if (rule.stage === 'hop' || AT_THE_START.has(rule.stage)) return true;
  return rule.published <= asOf && (rule.until === undefined || asOf < rule.until);
}

/** The day of the oldest source. */
export const KNOWN_FROM = '2020-04-02';
/** The first day on which anything beyond the FAQ was public; before it the catalogue is empty. */
const CATALOGUE_FROM = '2024-03-24';

/** A line as it was known on a day; none where the catalogue did not exist yet. */
export function lineAsOf(
  line: FirmwareLine,
  published: string,
  asOf: string | null,
): readonly FirmwareLine[] {
  if (asOf === null || asOf >= published) return [line];
  if (asOf < CATALOGUE_FROM) return [];
  const newest = line.newest.filter((release) => release.published <= asOf);
  const last = newest.at(-1)?.version;
  if (last === undefined) return [];
  // Images bear no date: those above the newest release of the day came later.
  const images = line.images.filter(
    ({ version }) => version !== null && (compareVersions(version, last) ?? 1) <= 0,
  );
  return [{ ...line, newest, images }];
}
