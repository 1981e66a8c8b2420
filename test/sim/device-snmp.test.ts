import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACCESS } from '../../src/sim/access.ts';
import { buildImage } from '../../src/sim/device/image-builder.ts';
import { UPDATE } from '../../src/sim/device/state.ts';
import type { Endpoint } from '../../src/sim/endpoints/endpoint.ts';
import { openSnmpEndpoint } from '../../src/sim/endpoints/snmp/endpoint.ts';
import { FAULTS, PERSONAS } from '../../src/sim/index.ts';
import { closeDevices, makeDevice, type TestDevice } from '../support/devices/device.ts';
import { type RawSnmp, rawSnmp } from '../support/peers/raw-snmp.ts';

const P = '1.3.6.1.4.1.318.1.1.1';
const STATUS = `${P}.4.1.1.0`;
const LINK = `${P}.8.1.0`;
const FLAGS = `${P}.11.1.1.0`;
const OBJECT = `${P}.6.2.9.0`;

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

const flag = async (number: number): Promise<string | undefined> =>
  String(await agent.get(FLAGS))[number - 1];

describe('the agent of a simulated card', () => {
  it('follows the output that the command line switches', async () => {
    expect([await agent.get(STATUS), await flag(19)]).toEqual([2, '1']);
    bench.runCommand('ups -c off');
    expect([await agent.get(STATUS), await flag(19)]).toEqual([7, '0']);
    bench.runCommand('ups -c on');
    expect([await agent.get(STATUS), await flag(19)]).toEqual([2, '1']);
  });

  it('shows an alarm in the flags', async () => {
    bench.device.alarm = true;
    expect([await flag(1), await flag(41)]).toEqual(['1', '1']);
  });

  it('reports no link while the UPS restarts', async () => {
    bench.device.phase = 'restarting';
    expect([await agent.get(LINK), await flag(6)]).toEqual([2, '0']);
  });

  it('starts an update by a write, which the device counts; reads are not counted', async () => {
    const { device } = bench;
    for (const oid of [STATUS, LINK, FLAGS, OBJECT]) await agent.get(oid);
    for (const line of ['about', 'upsabout', 'detstatus -all', 'dir', 'upsfwupdate -status', 'ups ?'])
      bench.runCommand(line);
    expect(device.writes).toBe(0);
    device.store('new.enc', buildImage({ microLinkId: 20, version: '15.2' }));
    expect(device.writes).toBe(1);
    expect(await agent.set(OBJECT, 2)).toBe('done');
    expect(await agent.get(OBJECT)).toBe(UPDATE.inProcess);
    await device.until(({ version }) => version === '15.2');
    expect(await agent.get(OBJECT)).toBe(UPDATE.successful);
    expect(device.writes).toBeGreaterThan(1);
    const before = device.writes;
    bench.runCommand('delete /upsfw/new.enc');
    expect(device.writes).toBe(before + 1);
  });

  it('refuses writes with the read community', async () => {
    const reader = rawSnmp(endpoint.port, ACCESS.read);
    try {
      expect(await reader.set(OBJECT, 2)).not.toBe('done');
      expect(bench.device.writes).toBe(0);
    } finally {
      reader.close();
    }
  });

  it('accepts a start that the unit refuses because of its output, and shows the failure', async () => {
    const { device } = await makeDevice({ change: { outputOnUpdate: 'refused' }, speed: 60 });
    const other = await openSnmpEndpoint(device, '127.0.0.1');
    const client = rawSnmp(other.port);
    try {
      device.store('new.enc', buildImage({ microLinkId: 20, version: '15.2' }));
      expect(await client.set(OBJECT, 2)).toBe('done');
      await device.until(({ phase }) => phase === 'idle');
      expect(await client.get(OBJECT)).toBe(UPDATE.failed);
      expect(device.version).toBe('15.0');
    } finally {
      client.close();
      await other.close();
    }
  });
});

describe('docs/simulator.md', () => {
  it('lists existing personas and faults, and every persona', async () => {
    const text = await readFile(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
    const named = (heading: string): string[] => {
      const [section = ''] = (text.split(`\n## ${heading}\n`)[1] ?? '').split(
        /\n(?=## |A persona of your own)/,
      );
      return [...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, name]) => name ?? '');
    };
    expect(named('Personas')).toEqual([...PERSONAS]);
    const faults = named('Faults');
    expect(faults.length).toBeGreaterThan(30);
    for (const fault of faults) expect(Object.keys(FAULTS)).toContain(fault);
  });
});
