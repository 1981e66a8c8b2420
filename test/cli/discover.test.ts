import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { HOSTILE, type Hostile, manyUnits, OTHER_DEVICES } from '../../src/sim/index.ts';
import { NMC2, NMC3, runHere } from '../support/sites/site.ts';
import {
  type DiscoverJson,
  findingsOf,
  type Network,
  openNetwork,
  sweepOf,
} from '../support/sites/sweep-site.ts';
import { LONG } from '../support/values/timeouts.ts';

const networks: Network[] = [];
async function network(options: Parameters<typeof openNetwork>[0]): Promise<Network> {
  const opened = await openNetwork(options);
  networks.push(opened);
  return opened;
}
afterEach(async () => {
  for (const one of networks.splice(0)) await one.close();
});

const READ = ['--community', 'env:UPSFW_SIM_READ'];
const OLD = { name: 'old', site: 'porto', persona: 'smt1500-ap9630-2012' } as const;
const BARE = { name: 'bare', site: 'porto', persona: 'card-without-app' } as const;

/** Credentials for each protocol version, wrong ones first. */
const CREDENTIALS = stringify({
  version: 1,
  snmp: [
    { version: '2c', community: 'env:WRONG' },
    { version: '2c', community: 'env:UPSFW_SIM_READ' },
    user('operator', 'env:UPSFW_SIM_AUTH'),
    user('audit', 'env:WRONG'),
    user('audit', 'env:UPSFW_SIM_AUTH'),
    { version: '1', community: 'env:UPSFW_SIM_READ' },
  ],
});

function user(name: string, authKey: string): Record<string, string> {
  return { version: '3', user: name, auth: 'sha', authKey, priv: 'aes', privKey: 'env:UPSFW_SIM_PRIV' };
}

describe('a mixed network', { timeout: LONG }, () => {
  it('lists every device, with any SNMP version and credential', async () => {
    const net = await network({ units: [NMC2, NMC3, OLD, BARE], otherDevices: OTHER_DEVICES });
    const credentials = join(net.folder, 'credentials.yaml');
    await writeFile(credentials, CREDENTIALS);
    const ran = await net.run(['discover', ...net.where, '--credentials', credentials, '--json'], {
      environment: { ...net.fleet.environment, WRONG: 'nobody-has-this' },
    });
    expect(ran.exit).toBe(0);
    const sweep = sweepOf(ran);
    expect(sweep.answered).toBe(4 + OTHER_DEVICES.length);

    const named = new Map<string, string>([
      ...sweep.units.map(({ host }) => [host ?? '', 'smart-ups'] as const),
      ...sweep.others.map(({ host, kind }) => [host, kind] as const),
    ]);
    const found = net.fleet.otherDevices.map(({ name, address }) => [name, named.get(address)]);
    expect(found).toEqual(net.fleet.otherDevices.map(({ name, kind }) => [name, kind]));
    expect(net.fleet.units.map(({ unit, address }) => [unit.name, named.get(address)])).toEqual([
      ['a', 'smart-ups'],
      ['b', 'smart-ups'],
      ['old', 'smart-ups'],
      ['bare', 'card'],
    ]);
    for (const { unit, device, address } of net.fleet.units) {
      if (unit.name === 'bare') continue;
      expect(sweep.units.find(({ host }) => host === address)).toMatchObject({
        name: unit.name,
        serial: device.serial,
        model: device.persona.ups.model,
        firmware: { version: device.version },
        simulated: true,
      });
    }
    const addressOf = (name: string): string =>
      [...net.fleet.otherDevices, ...net.fleet.units.map((one) => ({ ...one, name: one.unit.name }))].find(
        (one) => one.name === name,
      )?.address ?? '';
    expect(findingsOf(sweep)).toMatchObject({
      NO_SERIAL: expect.arrayContaining([addressOf('smart-ups-unmarked')]),
      NO_CARD: [addressOf('powerchute-agent'), addressOf('smart-ups-ultra')],
      NO_APPLICATION: expect.arrayContaining([addressOf('bare'), addressOf('card-without-application')]),
    });
    expect(ran.out).not.toContain('nobody-has-this');
    for (const secret of Object.values(net.fleet.environment)) expect(ran.out).not.toContain(secret);
  });

  it('omits devices that accept no credential, and reports that they answer', async () => {
    const net = await network({ units: [NMC2, NMC3] });
    const credentials = join(net.folder, 'credentials.yaml');
    await writeFile(credentials, stringify({ version: 1, snmp: [user('nobody', 'env:UPSFW_SIM_AUTH')] }));
    const sweep = sweepOf(
      await net.run(['discover', ...net.where, '--credentials', credentials, '--timeout', '1', '--json']),
    );
    expect(sweep.units).toEqual([]);
    expect(findingsOf(sweep)).toEqual({ CREDENTIAL_REFUSED: net.fleet.units.map(({ address }) => address) });
  });
});

/** The expected result for each hostile agent: a unit, another device or a finding. */
const EXPECTED: Readonly<Record<Hostile, 'unit' | 'ups' | 'other' | 'NOT_READ' | 'FOREIGN_ANSWER'>> = {
  'other-address': 'FOREIGN_ANSWER',
  truncated: 'NOT_READ',
  'random-bytes': 'NOT_READ',
  'reply-storm': 'unit',
  'huge-text': 'unit',
  // Its model starts with an escape character, not with Smart-UPS.
  escapes: 'unit',
  garbage: 'other',
  'too-big': 'unit',
  'silent-after-first': 'NOT_READ',
  'wrong-id': 'NOT_READ',
  'other-version': 'NOT_READ',
};

/** Control characters other than line feeds, and bidirectional marks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the test is that none of them is printed
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe('hostile agents', { timeout: LONG }, () => {
  it('hide no other unit, are reported where that helps, and print nothing raw', async () => {
    const hostile = Object.keys(HOSTILE).filter((name): name is Hostile => Object.hasOwn(HOSTILE, name));
    const net = await network({ units: manyUnits(20, 2), hostile });
    // Long enough for a busy machine; all silent agents time out together.
    const words = ['discover', ...net.where, ...READ, '--timeout', '3'];
    const environment = net.fleet.environment;
    const [json, people] = await Promise.all([
      net.run([...words, '--json'], { environment }),
      net.run(words, { environment }),
    ]);
    const sweep = sweepOf(json);
    const reachable = net.fleet.units.filter(({ device }) => device.persona.snmp === 'v2c');
    expect(reachable.length).toBeGreaterThan(5);
    const hosts = new Set([...sweep.units, ...sweep.others].map(({ host }) => host));
    expect(reachable.filter(({ address }) => !hosts.has(address))).toEqual([]);
    expect(net.fleet.hostile.map(({ name, address }) => [name, madeOf(sweep, address)])).toEqual(
      net.fleet.hostile.map(({ name }) => [name, EXPECTED[name]]),
    );
    // The address that was asked, and the one that answered.
    const [asked, answered, ...more] = findingsOf(sweep).FOREIGN_ANSWER ?? [];
    expect([asked, more]).toEqual([
      net.fleet.hostile.find(({ name }) => name === 'other-address')?.address,
      [],
    ]);
    expect(answered).toMatch(/^127\.254\./);
    for (const { out, info } of [json, people]) expect(out + info).not.toMatch(RAW);
    expect(people.exit).toBe(0);
    expect(people.out.split('\n').every((line) => line.length < 1000)).toBe(true);
  });
});

function madeOf(sweep: DiscoverJson, address: string): string | null {
  if (sweep.units.some(({ host }) => host === address)) return 'unit';
  const codes = sweep.findings.filter(({ hosts }) => hosts.includes(address)).map(({ code }) => code);
  if (codes[0] !== undefined) return codes[0];
  return sweep.others.find(({ host }) => host === address)?.kind ?? null;
}

describe('one serial number at two addresses', { timeout: LONG }, () => {
  it('is shown at both addresses, and upgrade refuses it', async () => {
    const otherDevices = ['powerchute-agent'] as const;
    const first = await network({ units: [NMC2], otherDevices: otherDevices });
    const twin = await network({ units: [NMC2], otherDevices: otherDevices, snmpPort: first.port });
    const fleets = [first.fleet, twin.fleet];
    const hosts = fleets.map(({ units }) => units[0]?.address ?? '');
    const agents = fleets.map((fleet) => fleet.otherDevices[0]?.address ?? '');
    const { serial } = first.fleet.device('a');
    expect(twin.fleet.device('a').serial).toBe(serial);
    const sweep = sweepOf(
      await first.run(['discover', ...hosts, ...agents, '--port', String(first.port), ...READ, '--json']),
    );
    const alike = sweep.units.filter((unit) => unit.serial === serial);
    expect(alike.map(({ host }) => host).sort()).toEqual(hosts.toSorted());
    expect(sweep.units).toHaveLength(4);
    const { SHARED_SERIAL: shared, SECOND_ADDRESS: second } = findingsOf(sweep);
    // One card with two addresses is no problem; two simulated programs may be two units.
    expect(second?.toSorted()).toEqual(hosts.toSorted());
    expect(shared?.toSorted()).toEqual(agents.toSorted());

    const inventory = join(first.folder, 'inventory.yaml');
    const text = first.fleet.inventory('./images');
    await writeFile(
      inventory,
      `${text}  - name: twin\n    units: [{ name: a, host: ${hosts[1]}, ports: { snmp: ${first.port} }, transfer: [ftp], start: [snmp], plaintext: true }]\n`,
      { mode: 0o600 },
    );
    await first.fleet.writeImages(join(first.folder, 'images'));
    const ran = await first.run(['upgrade', '-i', inventory, '--apply', '--yes', '--json']);
    expect(ran.exit).toBe(3);
    expect(ran.out).toContain('DUPLICATE_SERIAL');
    for (const { fleet } of [first, twin]) expect(fleet.device('a').writes).toBe(0);
  });
});

describe('--write', { timeout: LONG }, () => {
  it('creates an inventory for audits, and keeps every byte of a complete one', async () => {
    const net = await network({ units: [NMC2, { ...NMC2, name: 'second' }], otherDevices: ['printer'] });
    const inventory = join(net.folder, 'inventory.yaml');
    const words = ['discover', ...net.where, ...READ, '--write', inventory, '--site', 'attic', '--json'];
    const first = sweepOf(await net.run(words));
    expect(first.inventory?.changes.map(({ kind, site, name }) => [kind, site, name])).toEqual([
      ['added', 'attic', 'a'],
      ['added', 'attic', 'second'],
    ]);
    const text = await readFile(inventory, 'utf8');
    expect(text).not.toContain(net.fleet.environment.UPSFW_SIM_READ);
    const audit = await net.run(['audit', '-i', inventory]);
    expect(audit.exit).toBe(3);
    expect(audit.out).toContain('Smart-UPS 1500');
    // The credentials of the new inventory are enough now.
    const again = sweepOf(await net.run(['discover', ...net.where, '--write', inventory, '--json']));
    expect(again.units).toHaveLength(2);
    expect(again.inventory?.changes).toEqual([]);
    expect(await readFile(inventory, 'utf8')).toBe(text);
  });

  it('uses the credentials of an inventory without units, with secret files beside it', async () => {
    const net = await network({ units: [NMC2] });
    const inventory = join(net.folder, 'inventory.yaml');
    await writeFile(join(net.folder, 'community'), 'upsfw-sim-read\n', { mode: 0o600 });
    await writeFile(
      inventory,
      "version: 1\ndefaults: { snmp: { version: '2c', community: file:community } }\nsites: [] # to be found\n",
    );
    const sweep = sweepOf(await net.run(['discover', ...net.where, '--write', inventory, '--json']));
    expect(sweep.inventory?.changes).toMatchObject([{ kind: 'added', site: 'discovered', name: 'a' }]);
    expect((await net.run(['audit', '-i', inventory])).exit).toBe(3);
  });

  it('recognizes a unit that moved, and keeps all other text', async () => {
    const before = await network({ units: [NMC2] });
    const inventory = join(before.folder, 'inventory.yaml');
    const old = before.fleet.units[0]?.address ?? '';
    const { serial } = before.fleet.device('a');
    const written = `# ours\nversion: 1\nsites:\n  - name: berlin\n    units:\n      # the one behind the stairs\n      - host: ${old}   # moved twice\n        name: stairs\n        serial: ${serial}\n        feeds: [ 'rack 1' ]\n        snmp: { version: '2c', community: env:UPSFW_SIM_READ }\n        ports: { snmp: ${before.port} }\n`;
    await writeFile(inventory, written);
    const after = await network({ units: [NMC2], snmpPort: before.port });
    const now = after.fleet.units[0]?.address ?? '';
    await before.fleet.close();
    const sweep = sweepOf(
      await after.run(['discover', ...after.where, ...READ, '--write', inventory, '--json']),
    );
    expect(sweep.inventory?.changes).toMatchObject([{ kind: 'moved', site: 'berlin', name: 'stairs' }]);
    expect(await readFile(inventory, 'utf8')).toBe(written.replace(`host: ${old} `, `host: ${now} `));
  });

  it('writes nothing when it is stopped, and shows what it found so far', async () => {
    const net = await network({ units: [NMC2] });
    const stranger = dgram.createSocket('udp4');
    stranger.bind(net.port, '127.0.200.9');
    await once(stranger, 'listening');
    let interrupt: (kind: 'interrupt') => void = () => undefined;
    // The rest of the range would take most of a minute.
    stranger.once('message', () => interrupt('interrupt'));
    const inventory = join(net.folder, 'inventory.yaml');
    await writeFile(inventory, 'version: 1\nsites: [{ name: attic, units: [] }]\n');
    const ran = await net.run(
      ['discover', net.fleet.units[0]?.address ?? '', '127.0.200.9', '127.0.201.0/24', '--rate', '5'].concat(
        READ,
        ['--port', String(net.port), '--write', inventory, '--json'],
      ),
      {
        onInterrupt: (handler) => {
          interrupt = handler;
          return () => undefined;
        },
      },
    );
    stranger.close();
    expect(ran.exit).toBe(130);
    const sweep = sweepOf(ran);
    expect(sweep).toMatchObject({ stopped: true, inventory: null });
    expect(ran.info).toContain(`${inventory} was not changed`);
    expect(await readFile(inventory, 'utf8')).toBe('version: 1\nsites: [{ name: attic, units: [] }]\n');
  });
});

describe('ranges', { timeout: LONG }, () => {
  it('come from arguments, files and standard input, and so do exclusions', async () => {
    const net = await network({ units: Array.from({ length: 6 }, (_, n) => ({ ...NMC2, name: `u${n}` })) });
    const [a, b, c, d, e, f] = net.fleet.units.map(({ address }) => address);
    const list = join(net.folder, 'branches.txt');
    await writeFile(list, `# branches\n${b}, ${c} # two of them\n!${c}\n`);
    const sweep = sweepOf(
      await net.run(
        ['discover', `${a}`, '-', '--file', list, '--exclude', `${e}`].concat(READ, [
          '--port',
          String(net.port),
          '--json',
        ]),
        { input: Readable.from([`${d}-${`${f}`.split('.')[3]}\r\n`, 'no-such-host.invalid\n']) },
      ),
    );
    expect(sweep.units.map(({ host }) => host).sort()).toEqual([a, b, d, f].sort());
    expect(sweep.scanned).toBe(4);
    expect(findingsOf(sweep)).toEqual({ UNKNOWN_NAME: ['no-such-host.invalid'] });
  });

  it.each([
    ['no range', READ, /No range is given/],
    ['no credential', ['127.0.0.1'], /No SNMP credential/],
    ['a community instead of a reference', ['127.0.0.1', '--community', 'topsecret'], /takes a reference/],
    ['an invalid range', ['300.1.1.1', ...READ], /300\.1\.1\.1/],
    ['too many addresses', ['10.0.0.0/8', ...READ], /1048576|addresses/],
    [
      'an exclusion of the whole range',
      ['127.0.0.1', '--exclude', '127.0.0.0/8', ...READ],
      /No address is left/,
    ],
    ['a missing list', ['--file', 'none.txt', ...READ], /none\.txt cannot be read/],
    ['a missing credential file', ['127.0.0.1', '--credentials', 'none.yaml'], /none\.yaml/],
    ['a rate of zero', ['127.0.0.1', '--rate', '0', ...READ], /rate/],
    ['an invalid site name', ['127.0.0.1', '--site', '../x', ...READ], /site/],
    ['an unset secret', ['127.0.0.1', '--community', 'env:NOT_SET'], /NOT_SET/],
  ])('%s is a usage error with one document', async (_, words, message) => {
    const ran = await runHere(['discover', ...words, '--json'], {
      environment: { UPSFW_SIM_READ: 'anything' },
    });
    expect(ran.exit).toBe(2);
    const { problem } = JSON.parse(ran.out);
    expect(problem.message).toMatch(message);
    expect(problem.hint).not.toBe('');
    expect(ran.out + ran.info).not.toContain('topsecret');
    expect(ran.info).not.toMatch(/^\s+at /m);
  });
});

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));

describe('a process', { timeout: LONG }, () => {
  it.runIf(process.platform === 'linux')('with at most 256 open files finds 400 units', async () => {
    const net = await network({
      units: manyUnits(400, 4).map((unit) => ({ ...unit, persona: 'smt1500-nmc2' })),
    });
    const child = spawn(
      'sh',
      ['-c', 'ulimit -n 256; exec "$NODE" "$MAIN" "$@"', 'sh', 'discover', ...net.where, ...READ].concat([
        '--rate',
        'max',
        '--json',
      ]),
      {
        env: { ...process.env, ...net.fleet.environment, NODE: process.execPath, MAIN },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    const [exit] = await once(child, 'close');
    expect(exit).toBe(0);
    expect(sweepOf({ exit, out, info: '' }).units).toHaveLength(400);
  });

  it('that is interrupted shows what it found so far', async () => {
    const net = await network({ units: [NMC2] });
    const stranger = dgram.createSocket('udp4');
    stranger.bind(net.port, '127.0.200.9');
    await once(stranger, 'listening');
    const words = ['discover', '127.0.200.9', '127.0.201.0/24', '--rate', '5', '--port', String(net.port)];
    const child = spawn(process.execPath, [MAIN, ...words, ...READ, '--json'], {
      env: { ...process.env, ...net.fleet.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    stranger.once('message', () => child.kill('SIGINT'));
    const [exit] = await once(child, 'close');
    stranger.close();
    expect(exit).toBe(130);
    expect(sweepOf({ exit, out, info: '' })).toMatchObject({ stopped: true });
  });
});
