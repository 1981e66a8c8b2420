import { afterEach, describe, expect, it } from 'vitest';
import { buildImage, type ImageRecipe } from '../../src/sim/index.ts';
import { OLD_LOADER, openRouteSite, type RouteSite, TRANSIT } from '../support/sites/route-site.ts';

let site: RouteSite;
afterEach(() => site.close());

describe('a simulated unit', () => {
  const FAILED = 5;

  it('accepts only an image of its firmware line, and none through a closed card gate', async () => {
    site = await openRouteSite([TRANSIT], 3000);
    const device = site.fleet.device('t');
    const install = async (recipe: ImageRecipe): Promise<boolean> => {
      device.store('image.enc', buildImage(recipe));
      device.start('image.enc');
      await device.until(({ phase }) => phase === 'idle');
      return device.update !== FAILED;
    };
    expect(await install({ microLinkId: 1013, version: '15.3' })).toBe(false);
    expect(await install({ microLinkId: 1001, microLinkIdAfter: 1013, version: '02.9' })).toBe(true);
    expect(device.firmware).toBe('UPS 02.9 (ID1013)');
    expect(await install({ microLinkId: 1001, microLinkIdAfter: 1013, version: '02.9' })).toBe(false);
    expect(await install({ microLinkId: 1013, version: '15.3' })).toBe(true);
    expect(await install({ microLinkId: 1013, version: '15.4' })).toBe(false);
    expect(device.firmware).toBe('UPS 15.3 (ID1013)');
  });

  it.each([
    ['09.3', [], 'lost'],
    ['09.3', ['UBL 08.5'], 'idle'],
    ['09.4', [], 'idle'],
  ] as const)(
    'with Micro-Link ID 18 at %s that gets 15.0 with the parts %j ends %s',
    async (installed, parts, phase) => {
      site = await openRouteSite([{ ...OLD_LOADER, installed }], 3000);
      const device = site.fleet.device('a');
      device.store('image.enc', buildImage({ microLinkId: 18, version: '15.0', parts }));
      device.start('image.enc');
      await device.until((one) => one.phase === 'lost' || one.version === '15.0');
      expect(device.phase).toBe(phase);
      expect(device.linkUp).toBe(phase === 'idle');
    },
  );
});
