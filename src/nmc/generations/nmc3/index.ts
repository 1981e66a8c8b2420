/**
 * Third generation (AP9640, AP9641, AP9643; hw21), application `su`. Owns what is particular to it: the versions from which its
 * command line is without the echo fault.
 * Source: docs/sources/card.md#ssh
 */
import { COMMON_PLACES, type Generation, UPSFW } from '../data.ts';

export const NMC3: Generation = {
  title: 'a third-generation card (NMC3)',
  update: UPSFW,
  refusal: null,
  places: COMMON_PLACES,
  quirks: { echoStalls: { below: '1.4.2.1' } },
  timeouts: {},
};
