import { type Card, sanitize } from '../../core/index.ts';
import { compareCardVersions } from '../engine/versions.ts';
import type { AffectedPlatform, CardAdvisory, CardData, SeenFirmware } from './cards.ts';

/** The status of a unit or its card for one advisory. */
export interface AdvisoryStatus {
  readonly id: string;
  /** What the advisory is about. */
  readonly component: 'ups' | 'card';
  readonly status: 'affected' | 'partly' | 'fixed' | 'not-affected' | 'unknown';
  /** Whether the source lists this version as affected; null if that cannot be said. */
  readonly listed: boolean | null;
  /** The release that fixes it completely; null if none is known. */
  readonly fixedIn: string | null;
  /** The release that fixes it partly; null if none is known, or if the first fix is complete. */
  readonly partlyIn: string | null;
  /** The number of the vendor's security notice; null if none is known. */
  readonly notice: string | null;
  /** The name by which the notice is known; null without one. */
  readonly name: string | null;
  readonly confidence: 'vendor' | 'reported';
  /** Why the card has this status, with both sides of the comparison; null for the UPS. */
  readonly detail: string | null;
  readonly source: string;
}

/** The part of a card that decides which advisories affect it; also that of a described card. */
export type AdvisedCard = Pick<Card, 'model' | 'platform' | 'os' | 'app'>;

/**
 * The status of a card for every known advisory. Platform and version of AOS decide, never the model alone.
 * Source: docs/sources/card.md#advisories-of-the-card
 */
export function cardAdvisoriesOf(data: CardData, card: AdvisedCard): readonly AdvisoryStatus[] {
  return data.advisories.flatMap((advisory) => {
    const { notice, name, confidence, source } = advisory;
    const answer = answerFor(advisory, card);
    return advisory.cves.map((id) => ({
      id,
      component: 'card' as const,
      notice,
      name,
      confidence,
      ...answer,
      source,
    }));
  });
}

type Answer = Pick<AdvisoryStatus, 'status' | 'listed' | 'fixedIn' | 'partlyIn' | 'detail'>;

function answerFor({ platforms }: CardAdvisory, card: AdvisedCard): Answer {
  const { platform, os } = card;
  const known = platforms.find((one) => one.platform === platform);
  const fixes = { fixedIn: known?.fixedFrom ?? null, partlyIn: known?.partlyFrom ?? null };
  const unknown = (listed: boolean | null, detail: string): Answer => ({
    status: 'unknown',
    listed,
    ...fixes,
    detail,
  });
  if (platform === null) return unknown(null, 'the platform of the card is not known');
  if (known === undefined) return unknown(false, `the source names no card of platform ${shown(platform)}`);
  const app = card.app?.name ?? null;
  if (app !== null && known.apps?.includes(app) === false)
    return unknown(null, `the source does not name the application ${shown(app)}`);
  if (os === null) return unknown(null, 'the version of AOS is not known');
  const status = statusOf(known, os);
  const range = rangeOf(known);
  if (status === null) return unknown(null, `the version of AOS (${shown(os)}) has no known form`);
  if (status === 'unknown')
    return unknown(
      false,
      `AOS ${shown(os)} is not among the versions that the source lists as affected (${range}), and no source says that it has the fix`,
    );
  if (status === 'fixed')
    return { status, listed: false, ...fixes, detail: `AOS ${shown(os)}, fixed in ${known.fixedFrom}` };
  const detail = `AOS ${shown(os)}, listed as affected: ${range}`;
  if (known.models === undefined || isNamed(known.models, card.model))
    return { status, listed: true, ...fixes, detail };
  const models = known.models.join(', ');
  return unknown(
    null,
    card.model === null
      ? `${detail}; the source names the models ${models}, and the model of this card is not known`
      : `${detail}; the source names the models ${models} and not ${shown(card.model)}, which has the same platform`,
  );
}

/** The status by the version alone; null if it has no known form. */
function statusOf(known: AffectedPlatform, os: string): 'affected' | 'partly' | 'fixed' | 'unknown' | null {
  const order = (bound: string): number | null => compareCardVersions(os, bound);
  const isAtLeast = (bound: string | undefined): boolean => bound !== undefined && (order(bound) ?? -1) >= 0;
  if (order('0.0') === null) return null;
  if (isAtLeast(known.fixedFrom)) return 'fixed';
  const { affectedUpTo, affectedOnly = [] } = known;
  const isAffected =
    affectedUpTo === undefined
      ? affectedOnly.some((version) => order(version) === 0)
      : (order(affectedUpTo) ?? 1) <= 0;
  if (!isAffected) return 'unknown';
  return isAtLeast(known.partlyFrom) ? 'partly' : 'affected';
}

function rangeOf({ affectedUpTo, affectedOnly = [] }: AffectedPlatform): string {
  return affectedUpTo === undefined ? affectedOnly.join(', ') : `up to ${affectedUpTo}`;
}

/** `AP9631` also names its variants for a country: AP9631J, AP9631CH. */
function isNamed(models: readonly string[], model: string | null): boolean {
  const text = model?.trim().toUpperCase() ?? '';
  return models.some((named) => text.startsWith(named) && /^[A-Z]{0,3}$/.test(text.slice(named.length)));
}

function shown(text: string): string {
  return sanitize(text, 60);
}

/** The platform of a card model; null if the data does not have the model. */
export function platformOfModel(data: CardData, model: string): string | null {
  return data.models.find((one) => isNamed([one.model], model))?.platform ?? null;
}

/** The newest firmware that was seen for a card like this one. Information only, never a target. */
export interface NewestSeen {
  readonly os: string | null;
  readonly app: string;
  /** Year, month or day; null if no source tells it. */
  readonly seen: string | null;
  readonly note: string | null;
  readonly source: string;
}

export function newestSeenFor(data: CardData, card: AdvisedCard): NewestSeen | null {
  const name = card.app?.name ?? null;
  const fits = ({ platform, app, fromOs }: SeenFirmware): boolean =>
    platform === card.platform &&
    (name === null || app === name) &&
    (fromOs === undefined || (card.os !== null && (compareCardVersions(card.os, fromOs) ?? -1) >= 0));
  const found = data.newestSeen.findLast(fits);
  if (found === undefined) return null;
  const { os, appVersion, seen, note, source } = found;
  return { os, app: appVersion, seen, note, source };
}
