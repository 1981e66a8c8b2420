import type { ImageRecipe } from '../device/image-builder.ts';

/** Images for the units at ports, beside those of the demonstration and of the routes. */
export const LOCAL_IMAGES: Readonly<Record<string, ImageRecipe>> = {
  'SMT17UPS_07-1.enc': {
    microLinkId: 17,
    version: '07.1',
    parts: ['UBL 07.3', 'MCU 07.0'],
    payloadBytes: 120_000,
  },
  'SMC1005UPS_15-1.enc': { microLinkId: 1005, version: '15.1', payloadBytes: 90_000 },
  'SCL1036UPS_15-9.enc': {
    microLinkId: 1036,
    version: '15.9',
    format: 4,
    parts: ['MBL 04.0', 'MCU 17.1'],
    signed: true,
    payloadBytes: 150_000,
  },
};
