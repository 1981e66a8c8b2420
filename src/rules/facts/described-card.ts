import type { Card } from '../../core/index.ts';
import { platformOfModel } from '../catalogue/card-advisories.ts';
import type { CardData } from '../catalogue/cards.ts';

/** The card of a described unit. */
export interface DescribedCard {
  /** Version of AOS, in a form of `readCardOs`. */
  readonly cardOs?: string | null | undefined;
  readonly cardModel?: string | null | undefined;
}

/** The accepted forms of a version of AOS, for messages. */
export const CARD_OS_FORMS = '7.1.8, v7.1.8, "AOS v7.1.8", 2.5.0.8 or apc_hw05_aos_718.bin';

/** Longer texts are no version. */
const LONGEST = 60;
/** Two places are not enough: 6.9 may be 6.9.2, which is affected, or 6.9.6, which is not. */
const PLAIN = /^(?:AOS )?v?(\d{1,4}(?:\.\d{1,4}){2,4}(?:\.?[a-z])?)$/i;
/** Three digits without separators are three places. */
const FILE = /^apc_(hw\d\d)_aos_v?(?:(\d)(\d)(\d)|(\d{1,4}(?:[.-]\d{1,4}){2,4}))(?:\.bin)?$/i;

/**
 * Reads a version of AOS as people copy it: from a page of the card, its FTP greeting or the name of its
 * file, which also names the platform. Null for any other text.
 */
export function readCardOs(
  text: string,
): { readonly version: string; readonly platform: string | null } | null {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST) return null;
  const plain = PLAIN.exec(trimmed)?.[1];
  if (plain !== undefined) return { version: plain, platform: null };
  const file = FILE.exec(trimmed);
  if (file === null) return null;
  const [, platform = '', ...places] = file;
  const dotted = places[3]?.replaceAll('-', '.');
  return { version: dotted ?? places.slice(0, 3).join('.'), platform: platform.toLowerCase() };
}

/** The card that a description gives; null if it gives none. Null fields are not known. */
export function describedCard(data: CardData, { cardOs, cardModel }: DescribedCard): Card | null {
  if (cardOs == null && cardModel == null) return null;
  const os = cardOs == null ? null : readCardOs(cardOs);
  const platform = os?.platform ?? (cardModel == null ? null : platformOfModel(data, cardModel));
  return {
    model: cardModel?.trim() ?? null,
    serial: null,
    generation: data.platforms.find((one) => one.platform === platform)?.generation ?? null,
    platform,
    boot: null,
    os: os?.version ?? null,
    app: null,
    uptimeSeconds: null,
  };
}

/** The platforms of card model and AOS file, where they contradict each other; null otherwise. */
export function cardContradiction(data: CardData, { cardOs, cardModel }: DescribedCard): string | null {
  const byFile = cardOs == null ? null : (readCardOs(cardOs)?.platform ?? null);
  const byModel = cardModel == null ? null : platformOfModel(data, cardModel);
  if (byFile === null || byModel === null || byFile === byModel) return null;
  return `the AOS file is for platform ${byFile}, the card model has platform ${byModel}`;
}
