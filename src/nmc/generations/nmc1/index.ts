/**
 * First generation (AP9617, AP9618, AP9619; hw02, hw03). Owns what is particular to it: that no UPS update goes through it.
 * Its application is named `sumx` as that of the second generation is, so the platform tells them apart, not the name.
 */
import { COMMON_PLACES, type Generation } from '../data.ts';

export const NMC1: Generation = {
  title: 'a first-generation card (NMC1)',
  update: null,
  refusal: {
    message: 'A first-generation card (NMC1) has no way to update the firmware of a UPS.',
    hint: 'Use the local way, or replace the card by an NMC2 or NMC3.',
  },
  places: COMMON_PLACES,
  quirks: { echoStalls: null },
  timeouts: {},
};
