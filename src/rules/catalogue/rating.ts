import type { Facts } from '../engine/evaluate.ts';
import type { CatalogueImage } from './schema.ts';

/**
 * Whether an image that is for some ratings fits a unit: the rating that it gives and the one that its SKU names must both lie
 * inside. Null where neither is known.
 */
export function ratingFits(rating: CatalogueImage['rating'], unit: Facts): boolean | null {
  if (rating === undefined) return true;
  const { from = 0, to = Number.MAX_SAFE_INTEGER } = rating;
  const known = ['unit.ratedVA', 'unit.modelVA'].flatMap((name) => {
    const volume = unit.get(name);
    return typeof volume === 'number' ? [volume] : [];
  });
  return known.length === 0 ? null : known.every((volume) => volume >= from && volume <= to);
}
