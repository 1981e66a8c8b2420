import { enumerated, type Reason } from '../core/index.ts';
import { builtIn } from './built-in.ts';
import type { Candidate, Standing } from './candidate.ts';

/** Of several images of one version with different content none is chosen; null where there are none. */
export function ambiguity(images: readonly Candidate[], at: Standing): Reason | null {
  const [first] = images;
  if (first === undefined) return null;
  const files = enumerated(images.map((one) => one.file));
  return builtIn(
    'IMAGE_AMBIGUOUS',
    'unknown',
    `${files} are all for id ${at.microLinkId} and version ${first.version ?? '?'}, and differ`,
    'Find out which one fits this unit (the rating may decide) and keep only that one.',
  );
}
