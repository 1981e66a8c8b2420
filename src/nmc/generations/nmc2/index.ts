/**
 * Second generation (AP9630, AP9631, AP9635; hw05, hw06), application `sumx`. It has a folder for images, and
 * old versions hold command line output back.
 * Source: docs/sources/card.md#ssh
 */
import { COMMON_PATHS, type Generation, UPSFW } from '../data.ts';

export const NMC2: Generation = {
  title: 'a second-generation card (NMC2)',
  update: UPSFW,
  refusal: null,
  paths: COMMON_PATHS,
  quirks: { echoStalls: { upTo: '6.8.2' }, asksCodeFrom: null },
  // Users run the key scan of an old card with 250 s.
  timeouts: { handshake: 240 },
};
