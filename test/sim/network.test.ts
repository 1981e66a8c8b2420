import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { afterEach, describe, expect, it } from 'vitest';
import { ACCESS } from '../../src/sim/access.ts';
import { manyUnits, PERSONAS, type SimulatedFleet, startFleet } from '../../src/sim/index.ts';
import { freePort, layOut, MOST_DEVICES } from '../../src/sim/network.ts';
import { rawSnmp } from '../support/peers/raw-snmp.ts';
import { LONG } from '../support/values/timeouts.ts';

const SYS_NAME = '1.3.6.1.2.1.1.5.0';

let fleet: SimulatedFleet | null = null;
afterEach(async () => {
  await fleet?.close();
  fleet = null;
});

describe('addresses of a network', { timeout: LONG }, () => {
  it('are all different, in the range, and none of them .0 or .255', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), (devices) => {
        const { addresses, range } = layOut(devices, true);
        const cidr = ipaddr.IPv4.parseCIDR(range);
        expect(ipaddr.IPv4.networkAddressFromCIDR(range).toString()).toBe(range.split('/')[0]);
        expect(new Set(addresses).size).toBe(devices);
        for (const address of addresses) {
          expect(ipaddr.IPv4.parse(address).match(cidr)).toBe(true);
          expect(address).toMatch(/^127\.(?:1[6-9]|[2-9]\d|1\d\d|2[0-4]\d)\./);
          expect(address).not.toMatch(/\.(?:0|255)$/);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('have the smallest sufficient range', () => {
    const sizes = [1, 2, 6, 7, 254, 255, 508, 509, 2000, MOST_DEVICES].map(
      (devices) => layOut(devices, true).range.split('/')[1],
    );
    expect(sizes).toEqual(['30', '30', '29', '28', '24', '23', '23', '22', '21', '17']);
    expect(() => layOut(MOST_DEVICES + 1, true)).toThrow(RangeError);
  });

  it('are the same on a system with one loopback address', () => {
    expect(layOut(3, false)).toEqual({
      addresses: ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
      range: '127.0.0.1/32',
    });
  });
});

describe('a fleet at one port', { timeout: LONG }, () => {
  it('has more units than a /24, each with its own name, serial number and address', async () => {
    fleet = await startFleet({ units: manyUnits(300, 4), speed: 1, snmpPort: 'free', onlySnmp: true });
    const { port, range } = fleet.network;
    expect(range).toMatch(/\/23$/);
    expect(new Set(fleet.units.map(({ ports }) => ports.snmp))).toEqual(new Set([port]));
    for (const of of ['address', 'serial', 'name'] as const) {
      const values = fleet.units.map((unit) => (of === 'address' ? unit.address : unit.device[of]));
      expect(new Set(values).size).toBe(300);
    }
    expect(fleet.units[299]).toMatchObject({ unit: { name: 'ups-0300', site: 'site-04' } });
    for (const index of [0, 253, 254, 299]) {
      const unit = fleet.units[index];
      const client = rawSnmp(port ?? 0, ACCESS.read, {
        address: unit?.address ?? '',
        version: unit?.device.persona.snmp ?? 'v2c',
      });
      expect(await client.get(SYS_NAME)).toBe(unit?.unit.name);
      client.close();
    }
  });

  it('has unique serial numbers for thousands of units', async () => {
    fleet = await startFleet({ units: manyUnits(3000, 1), speed: 1, onlySnmp: true, snmpPort: 'free' });
    expect(new Set(fleet.units.map(({ device }) => device.serial)).size).toBe(3000);
  });

  it('uses the requested port, and reports if it is not available', async () => {
    const port = await freePort();
    fleet = await startFleet({ units: manyUnits(2, 1), speed: 1, snmpPort: port, onlySnmp: true });
    expect(fleet.network.port).toBe(port);
    await expect(
      startFleet({ units: manyUnits(2, 1), speed: 1, snmpPort: port, addresses: 'one' }),
    ).rejects.toThrow('2 agents at one address cannot share a port');
    const one = {
      units: manyUnits(1, 1),
      speed: 1,
      snmpPort: port,
      addresses: 'one',
      onlySnmp: true,
    } as const;
    const holder = await startFleet(one);
    try {
      await expect(startFleet(one)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    } finally {
      await holder.close();
    }
  });

  it('has no other endpoints with onlySnmp', async () => {
    fleet = await startFleet({ units: manyUnits(PERSONAS.length, 1), speed: 1, onlySnmp: true });
    for (const { ports } of fleet.units)
      expect(ports).toEqual({
        snmp: ports.snmp,
        ssh: null,
        ftp: null,
        telnet: null,
        http: null,
        https: null,
      });
    expect(fleet.network.port).toBeNull();
  });

  it('can be closed twice', async () => {
    const closing = await startFleet({
      units: manyUnits(3, 1),
      otherDevices: ['printer'],
      hostile: ['other-address'],
      speed: 1,
    });
    await closing.close();
    await closing.close();
    const client = rawSnmp(closing.units[0]?.ports.snmp ?? 0, ACCESS.read, {
      address: closing.units[0]?.address ?? '',
    });
    expect(await client.get(SYS_NAME)).toBe('silent');
    client.close();
  });

  it('lists no other devices in its inventory', async () => {
    fleet = await startFleet({
      units: manyUnits(2, 2),
      otherDevices: ['printer', 'switch'],
      speed: 1,
      snmpPort: 'free',
      onlySnmp: true,
    });
    const text = fleet.inventory('./images');
    for (const { address } of fleet.units) expect(text).toContain(address);
    for (const { address } of fleet.otherDevices) expect(text).not.toContain(`${address}\n`);
  });
});
