import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACCESS } from '../../src/sim/access.ts';
import { buildCardFile, type CardFileRecipe, cardFileName } from '../../src/sim/device/card-file-builder.ts';
import type { SimulatedDevice } from '../../src/sim/device/device.ts';
import type { Endpoint } from '../../src/sim/endpoints/endpoint.ts';
import { openSnmpEndpoint } from '../../src/sim/endpoints/snmp/endpoint.ts';
import { closeDevices, makeDevice, type TestDevice } from '../support/devices/device.ts';
import { type RawSnmp, rawSnmp } from '../support/peers/raw-snmp.ts';

const DESCRIPTION = '1.3.6.1.2.1.1.1.0';
const OBJECT_ID = '1.3.6.1.2.1.1.2.0';
const MODEL = '1.3.6.1.4.1.318.1.1.1.1.1.1.0';
const MODULES = '1.3.6.1.4.1.318.1.4.2.4.1';

let bench: TestDevice;
let endpoint: Endpoint;
let agent: RawSnmp;

beforeEach(async () => {
  bench = await makeDevice({ speed: 300 });
  endpoint = await openSnmpEndpoint(bench.device, '127.0.0.1');
  agent = rawSnmp(endpoint.port);
});
afterEach(async () => {
  agent.close();
  closeDevices();
  await endpoint.close();
});

function send(device: SimulatedDevice, recipe: Omit<CardFileRecipe, 'platform'>): string {
  const whole = { platform: 'hw05', ...recipe };
  return device.storeInRoot(cardFileName(whole), buildCardFile(whole));
}

const ready = (device: SimulatedDevice): Promise<void> =>
  device.until(({ cardUp, card }) => cardUp && card.appState !== 'A?');

describe('a card that accepts firmware for itself', () => {
  it('goes down after each file and returns with it; an application of another release does not run', async () => {
    const { device, runCommand } = bench;
    expect(await agent.get(`${MODULES}.4.1`)).toBe('v7.1.2');
    expect(send(device, { part: 'aos', version: 'v7.2.0' })).toBe('flashing');
    expect(device.cardUp).toBe(false);
    expect(await agent.get(DESCRIPTION)).toBe('silent');
    await ready(device);
    expect(device.card.appState).toBe('A!');
    expect(await agent.get(DESCRIPTION)).toBe('APC SNMP Agent');
    expect(await agent.get(OBJECT_ID)).toBe('1.3.6.1.4.1.318');
    expect(await agent.get(MODEL)).toBeNull();
    expect(runCommand('upsabout').lines[0]).toMatch(/^E107/);

    expect(send(device, { part: 'sumx', version: 'v7.2.0' })).toBe('flashing');
    await device.until(({ cardUp }) => cardUp);
    expect(device.card.appState).toBe('A?');
    await ready(device);
    expect(send(device, { part: 'bootmon', version: 'v1.1.0' })).toBe('flashing');
    await ready(device);
    expect(device.card.appState).toBe('A+');
    expect(await agent.get(MODEL)).toBe('Smart-UPS X 1500');
    expect(await agent.get(`${MODULES}.3.2`)).toBe('apc_hw05_sumx_720.bin');
    expect(await agent.get(`${MODULES}.4.3`)).toBe('v1.1.0');
    expect(await agent.get(DESCRIPTION)).toContain('PF:v7.2.0 PN:apc_hw05_aos_720.bin AF1:v7.2.0');
    expect(device.counters.cardFlashes).toBe(3);
    expect(device.outputOn).toBe(true);
  });

  it.each<[string, string, CardFileRecipe, number]>([
    ['of another platform', 'apc_hw05_aos_720.bin', { platform: 'hw21', part: 'aos', version: 'v7.2.0' }, 0],
    ['that is incomplete', 'apc_hw05_aos_720.bin', { platform: 'hw05', part: 'aos', version: 'v7.2.0' }, 1],
    [
      'with a name of an unknown format',
      'aos_720.bin',
      { platform: 'hw05', part: 'aos', version: 'v7.2.0' },
      0,
    ],
    ['for a later generation', 'x.nmc3', { platform: 'hw05', part: 'all', version: 'v7.2.0' }, 0],
  ])('refuses a file %s', (_, name, recipe, missing) => {
    const bytes = buildCardFile(recipe);
    expect(bench.device.storeInRoot(name, bytes.subarray(0, bytes.length - missing))).toBe('refused');
    expect(bench.device.cardUp).toBe(true);
    expect(bench.device.counters.cardFlashes).toBe(0);
  });

  it('of the third generation accepts everything in one file', async () => {
    const { device } = await makeDevice({ persona: 'smx1500-nmc3' });
    const recipe = { platform: 'hw21', part: 'all', version: 'v3.1.0.4' } as const;
    expect(device.storeInRoot(cardFileName(recipe), buildCardFile(recipe))).toBe('flashing');
    await ready(device);
    expect([device.osVersion, device.appVersion, device.bootVersion]).toEqual([
      'v3.1.0.4',
      'v3.1.0.4',
      'v3.1.0.4',
    ]);
    expect(device.card.appState).toBe('A+');
  });

  it('returns as its fault says', async () => {
    const { device } = bench;
    device.inject('card-returns-old');
    device.inject('card-settings-reset');
    send(device, { part: 'sumx', version: 'v7.1.9' });
    await ready(device);
    expect(device.appVersion).toBe('v7.1.2');
    expect(device.password).not.toBe(ACCESS.password);
    device.clearFault('card-returns-old');
    device.inject('card-app-mismatch');
    send(device, { part: 'sumx', version: 'v7.1.9' });
    await ready(device);
    expect([device.appVersion, device.card.appState]).toEqual(['v7.1.9', 'A!']);
    device.inject('card-never-returns');
    send(device, { part: 'sumx', version: 'v7.1.9' });
    expect(device.cardUp).toBe(false);
    expect(await agent.get(DESCRIPTION)).toBe('silent');
  });
});

describe('the agent during an update', () => {
  it('may be silent, and answers again afterwards', async () => {
    const { device } = bench;
    device.inject('snmp-silent-during-update');
    device.phase = 'transferring';
    expect(await agent.get(MODEL)).toBe('silent');
    device.phase = 'idle';
    expect(await agent.get(MODEL)).toBe('Smart-UPS X 1500');
  });
});
