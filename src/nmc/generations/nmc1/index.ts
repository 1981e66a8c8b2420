/**
 * First generation (AP9617, AP9618, AP9619; hw02, hw03). No UPS update goes through it. Its application is
 * called `sumx` like that of the second generation, so the platform identifies the generation, not the name.
 */
import { COMMON_PATHS, type Generation } from '../data.ts';

export const NMC1: Generation = {
  title: 'a first-generation card (NMC1)',
  update: null,
  refusal: {
    message: 'A first-generation card (NMC1) cannot update the firmware of a UPS.',
    hint: 'Update the unit at its own port, or replace the card by an NMC2 or NMC3.',
  },
  paths: COMMON_PATHS,
  quirks: { echoStalls: null, asksCodeFrom: null },
  timeouts: {},
};
