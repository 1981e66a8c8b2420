import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { StepContext, UpgradeDriver } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { readBytes } from '../../src/images/index.ts';
import { createSecretResolver, loadInventory, resolveTarget } from '../../src/inventory/index.ts';
import { createNmcDriver } from '../../src/nmc/index.ts';
import { contextFor, imageMetadata } from '../../src/run/index.ts';
import type { SimulatedDevice, SimulatedUnit } from '../../src/sim/index.ts';
import { createSnmpHub, type SnmpHub } from '../../src/snmp/index.ts';
import { BOTH_METHODS, NMC2, openSite, type Site } from '../support/sites/site.ts';
import { plannedUnit } from '../support/values/units.ts';

let site: Site;
let hub: SnmpHub;
afterEach(async () => {
  await hub.close();
  await site.close();
});

const IMAGE = 'SMT18UPS_15-1.enc';

/**
 * A driver for one simulated unit with its image, and the context of a start; `onCommit` is called for the
 * permit.
 */
async function ready(
  unit: SimulatedUnit,
  onCommit: () => void,
  image = IMAGE,
): Promise<{
  readonly path: UpgradeDriver;
  readonly device: SimulatedDevice;
  readonly context: StepContext;
}> {
  site = await openSite([unit]);
  hub = createSnmpHub({ clock: systemClock });
  const device = site.fleet.device(unit.name);
  device.files.set(image, await readFile(join(site.folder, 'images', image)));
  const { units } = await loadInventory(site.inventory);
  const [entry] = units;
  const secrets = createSecretResolver({ environment: site.environment, folder: site.folder, ask: null });
  if (entry === undefined) throw new Error('the inventory has no unit');
  const target = await resolveTarget(entry, secrets, 'write');
  const path = createNmcDriver({
    hub,
    hostKeys: { get: async () => null, add: async () => undefined },
    readBytes,
  });
  const { signal } = new AbortController();
  const { unit: before } = await path.look(target, { clock: systemClock, signal });
  const [hop] = plannedUnit('berlin/a').hops;
  if (hop === undefined) throw new Error('the plan has no hop');
  const work = {
    target,
    clock: systemClock,
    simulationSpeed: 600,
    abort: signal,
    progress: () => undefined,
    keep: async () => undefined,
    transcript: () => undefined,
  };
  const context = contextFor(before, hop, { ...imageMetadata(hop), file: image }, null, work);
  const commit = async () => {
    onCommit();
    return { isFresh: () => true };
  };
  return { path, device, context: { ...context, commit } };
}

describe('a start over SNMP', () => {
  it('gets no permit and is not sent while the update object shows an update in process', async () => {
    let commits = 0;
    const { path, device, context } = await ready({ ...NMC2, faults: ['update-stuck'] }, () => {
      commits += 1;
    });
    device.start(IMAGE, 'confirmed');
    expect(await path.execute('start', context)).toMatchObject({
      state: 'failed',
      problem: { code: 'device/busy' },
    });
    expect(commits).toBe(0);
    expect(device.counters).toMatchObject({ starts: 1, snmpWrites: 0 });
  });

  it('that is answered with an error while an update runs is not failed', async () => {
    const given = await ready({ ...NMC2, faults: ['update-stuck', 'set-refused'] }, () => {
      // Another start happens at this moment.
      given.device.start(IMAGE, 'confirmed');
    });
    expect(await given.path.execute('start', given.context)).toMatchObject({
      state: 'unknown',
      problem: { code: 'device/start-refused' },
    });
  });
});

describe('a start whose permit has expired', () => {
  it.each([
    ['SNMP', NMC2, IMAGE],
    ['the command line', BOTH_METHODS, 'SMT20UPS_15-0.enc'],
  ])('is not sent over %s', async (_method, unit, image) => {
    const { path, device, context } = await ready(unit, () => undefined, image);
    const late = { ...context, commit: async () => ({ isFresh: () => false }) };
    expect(await path.execute('start', late)).toMatchObject({ state: 'not-started' });
    expect(device.counters.starts).toBe(0);
  });

  it('and without a permit nothing is sent', async () => {
    const { path, device, context } = await ready(NMC2, () => undefined);
    const never = { ...context, commit: () => Promise.reject(new Error('the window is closed')) };
    expect(await path.execute('start', never)).not.toMatchObject({ state: 'done' });
    expect(device.counters.starts).toBe(0);
  });
});
