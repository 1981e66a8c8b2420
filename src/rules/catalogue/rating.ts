import type { Facts } from '../engine/evaluate.ts';
import type { CatalogueImage } from './schema.ts';

/**
 * Whether an image for certain ratings fits a unit. The reported rating and the rating in the SKU must both
 * be in range. Null if neither is known.
 */
export function ratingFits(rating: CatalogueImage['rating'], unit: Facts): boolean | null {
  if (rating === undefined) return true;
  const { from = 0, to = Number.MAX_SAFE_INTEGER } = rating;
  const known = ['unit.ratedVA', 'unit.modelVA'].flatMap((name) => {
    const rated = unit.get(name);
    return typeof rated === 'number' ? [rated] : [];
  });
  return known.length === 0 ? null : known.every((rated) => rated >= from && rated <= to);
}
