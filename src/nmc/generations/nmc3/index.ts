/**
 * Third generation (AP9640, AP9641, AP9643; hw21), application `su`. Versions from 1.4.2.1 on do not hold
 * command line output back.
 * Source: docs/sources/card.md#ssh
 */
import { COMMON_PATHS, type Generation, UPSFW } from '../data.ts';

export const NMC3: Generation = {
  title: 'a third-generation card (NMC3)',
  update: UPSFW,
  refusal: null,
  paths: COMMON_PATHS,
  quirks: { echoStalls: { below: '1.4.2.1' }, asksCodeFrom: '3.4' },
  timeouts: {},
};
