import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readInventory } from '../../src/inventory/index.ts';
import { runHere } from '../support/sites/site.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-cli-import-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The units of an inventory text as `site/name host`. */
function inventoryOf(text: string): readonly string[] {
  return readInventory(text, '/x/inventory.yaml', 'inventory.yaml').units.map(
    ({ site, name, host }) => `${site}/${name} ${host}`,
  );
}

describe('import of a list with odd rows', () => {
  it('announces as many units as it writes, and names every row that it leaves out', async () => {
    const device = (name: string, address: string, over: object = {}): object => ({
      name,
      primary_ip: { address },
      site: { slug: 'kiel' },
      serial: '',
      ...over,
    });
    const results = [
      device('a', '10.0.0.1/24'),
      device('b', '10.0.0.1/24'),
      device('pdu', '10.0.0.2/24', { role: { name: 'Rack PDU' } }),
      device('c', '10.0.0.3/24', { serial: '1,53E+09' }),
      device('n'.repeat(200), '10.0.0.4/24'),
      device('twin-1', '10.0.0.5/24', { serial: 'AS0000000001' }),
      device('twin-2', '10.0.0.5/24', { serial: 'AS0000000002' }),
    ];
    const inventory = join(folder, 'inventory.yaml');
    const run = (): ReturnType<typeof runHere> =>
      runHere(['import', 'netbox', '-', '--write', inventory], {
        input: Readable.from([JSON.stringify(results)]),
      });
    const ran = await run();
    // Two rows contradict each other, so both are left out.
    expect(ran.exit, ran.info).toBe(3);
    expect(inventoryOf(await readFile(inventory, 'utf8'))).toEqual([
      'kiel/a 10.0.0.1',
      'kiel/c 10.0.0.3',
      `kiel/${'n'.repeat(64)} 10.0.0.4`,
    ]);
    for (const expected of [
      'results[1] (b): left out: its address 10.0.0.1 is already used by results[0] (a)\n',
      'results[2] (pdu): not needed: it is no UPS: its role is "Rack PDU"\n',
      'results[3] (c): its serial number "1,53E+09" is a number that a spreadsheet rounded',
      'its name has 200 characters, a name has 64 at most',
      'kiel/twin-1: conflict: ',
      'kiel/twin-2: conflict: ',
      'results[6] (twin-2): its address 10.0.0.5 is also that of results[5] (twin-1), with another serial number\n',
      '3 units (3 of the list left out, 1 not needed), 5 notes; written to ',
    ]) {
      expect(ran.info).toContain(expected);
    }
    expect((await run()).info).toContain(
      '3 units (3 of the list left out, 1 not needed), 5 notes; nothing to change in ',
    );
  });

  const apc = (over: object): object => ({ name: 'u', primary_ip: { address: '10.0.0.1/24' }, ...over });
  const good = apc({});
  const nut = (name: string, ...settings: readonly string[]): string =>
    `[${name}]\n${settings.map((one) => `${one}\n`).join('')}`;
  const goodSection = nut('u', 'driver = snmp-ups', 'port = 10.0.0.1');
  const hosts = (over: object): object => ({
    _meta: { hostvars: { u2: over } },
    ups: { hosts: ['u1', 'u2'] },
  });
  const libre = (over: object): object => ({
    devices: [
      { hostname: '10.0.0.1', os: 'apc' },
      { hostname: '10.0.0.2', os: 'apc', ...over },
    ],
  });

  it.each<[string, string, unknown]>([
    ['without an address', 'csv', 'host,name\n10.0.0.1,a\n,b\n'],
    ['with an invalid address', 'csv', 'host\n10.0.0.1\n10.0.0.300\n'],
    ['with one field too many', 'csv', 'host\n10.0.0.1\n10.0.0.2,x\n'],
    ['with the address of another entry', 'csv', 'host,name\n10.0.0.1,a\n10.0.0.1,b\n'],
    ['without an address', 'netbox', [good, apc({ primary_ip: null })]],
    ['whose address is a template', 'ansible', hosts({ ansible_host: '{{ x }}' })],
    ['with an invalid address', 'ansible', hosts({ ansible_host: '10.0.0.300' })],
    ['without a device type', 'librenms', libre({ os: null })],
    ['without a driver', 'nut', goodSection + nut('v', 'port = 10.0.0.2')],
    ['that needs a manual entry', 'nut', goodSection + nut('v', 'driver = apcsmart', 'port = /dev/ttyS0')],
    ['that is reached by TCP', 'nut', goodSection + nut('v', 'driver = snmp-ups', 'port = tcp:10.0.0.2')],
  ])('ends with 3 for an entry %s (%s)', async (_what, format, list) => {
    const text = typeof list === 'string' ? list : JSON.stringify(list);
    const ran = await runHere(['import', format, '-'], { input: Readable.from([text]) });
    expect(ran.info).toContain('1 unit (1 of the list left out)');
    expect(ran.exit).toBe(3);
  });

  it.each<[string, string, unknown]>([
    ['a PDU', 'csv', 'host,role\n10.0.0.1,ups\n10.0.0.2,pdu\n'],
    ['a PDU without an address', 'csv', 'host,role\n10.0.0.1,ups\n,pdu\n'],
    ['a repeated line', 'csv', 'host,name\n10.0.0.1,a\n10.0.0.1,a\n'],
    ['a switch', 'netbox', [good, apc({ role: { name: 'Switch' }, primary_ip: null })]],
    ['another manufacturer', 'netbox', [good, apc({ device_type: { manufacturer: { name: 'Eaton' } } })]],
    ['another system', 'librenms', libre({ os: 'ios' })],
    ['another driver', 'nut', goodSection + nut('v', 'driver = blazer_usb', 'port = auto')],
    ['another MIB', 'nut', goodSection + nut('v', 'driver = snmp-ups', 'mibs = cyberpower')],
  ])('ends with 0 if the entry left out is %s (%s)', async (_what, format, list) => {
    const text = typeof list === 'string' ? list : JSON.stringify(list);
    const ran = await runHere(['import', format, '-'], { input: Readable.from([text]) });
    expect(ran.info).toContain('1 unit (1 not needed)');
    expect(ran.exit, ran.info).toBe(0);
  });

  it('shows the faulty entry even among more notes than it shows', async () => {
    const pdus = Array.from({ length: 120 }, (_, index) => `10.1.0.${index},pdu`);
    const csv = ['host,role', '10.0.0.1,ups', ...pdus, '10.0.0.300,ups', ''].join('\n');
    const ran = await runHere(['import', 'csv', '-'], { input: Readable.from([csv]) });
    expect(ran.info).toContain('line 123: left out: its address is not a valid IPv4 address');
    expect(ran.info).toContain('and 21 more notes');
    expect(ran.exit).toBe(3);
  });
});
