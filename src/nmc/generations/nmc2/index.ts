/**
 * Second generation (AP9630, AP9631, AP9635; hw05, hw06), application `sumx`. Owns what is particular to it: the folder of its
 * update images and the faults of its command line.
 * Source: docs/sources/card.md#ssh
 */
import { COMMON_PLACES, type Generation, UPSFW } from '../data.ts';

export const NMC2: Generation = {
  title: 'a second-generation card (NMC2)',
  update: UPSFW,
  refusal: null,
  places: COMMON_PLACES,
  quirks: { echoStalls: { upTo: '6.8.2' } },
  // Users give a key scan of an old card 250 s.
  timeouts: { handshake: 240 },
};
