import type { Rule, Stage } from '../engine/schema.ts';
import { compareVersions } from '../engine/versions.ts';
import type { FirmwareLine } from './schema.ts';

/**
 * Stages that need a card, its services, a boot loader or the current condition, which a described unit
 * lacks.
 */
export const UNDESCRIBED_STAGES: ReadonlySet<Stage> = new Set<Stage>([
  'card',
  'start',
  'card-set',
  'card-file',
  'service',
  'recovery',
]);

/**
 * Whether a rule applies on a day. Rules about the hop, the card and the start apply on every day, so that an
 * older state of knowledge never weakens them.
 */
export function inForce(rule: Rule, asOf: string | null): boolean {
  if (asOf === null) return rule.until === undefined;
  if (rule.stage === 'hop' || UNDESCRIBED_STAGES.has(rule.stage)) return true;
  return rule.published <= asOf && (rule.until === undefined || asOf < rule.until);
}

/** The day of the oldest source. */
export const KNOWN_FROM = '2020-04-02';
/** The first day with public sources other than the FAQ. Before this day the catalogue is empty. */
const CATALOGUE_FROM = '2024-03-24';

/** A line as it was known on a day; empty if nothing was known. */
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
  // Images have no date. Those above the newest release of the day came later.
  const images = line.images.filter(
    ({ version }) => version !== null && (compareVersions(version, last) ?? 1) <= 0,
  );
  return [{ ...line, newest, images }];
}
