import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readInventory } from '../../src/run/index.ts';
import { runHere } from './harness.ts';

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
  it('announces as many units as it writes, and names every row that it does not take', async () => {
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
    // Two rows contradict each other and were not taken.
    expect(ran.exit, ran.talk).toBe(3);
    expect(inventoryOf(await readFile(inventory, 'utf8'))).toEqual([
      'kiel/a 10.0.0.1',
      'kiel/c 10.0.0.3',
      `kiel/${'n'.repeat(64)} 10.0.0.4`,
    ]);
    for (const said of [
      'results[1] (b): left out: its address 10.0.0.1 is already that of results[0] (a)\n',
      'results[2] (pdu): left out: it is no UPS, its role is "Rack PDU"\n',
      'results[3] (c): its serial number "1,53E+09" is a number that a spreadsheet has rounded',
      'its name has 200 characters, 64 at most are taken',
      'kiel/twin-1: conflict: ',
      'kiel/twin-2: conflict: ',
      '3 units (2 of the list left out), 4 notes; written to ',
    ]) {
      expect(ran.talk).toContain(said);
    }
    expect((await run()).talk).toContain('3 units (2 of the list left out), 4 notes; nothing to change in ');
  });
});
