import dgram, { type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadInventory } from '../../src/inventory/index.ts';
import { NMC2, runHere } from '../support/sites/site.ts';
import { type DiscoverJson, type Network, openNetwork, sweepOf } from '../support/sites/sweep-site.ts';
import { LONG } from '../support/values/timeouts.ts';

const networks: Network[] = [];
const sockets: Socket[] = [];
async function network(options: Parameters<typeof openNetwork>[0]): Promise<Network> {
  const opened = await openNetwork(options);
  networks.push(opened);
  return opened;
}
afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    socket.close();
    await once(socket, 'close');
  }
  for (const one of networks.splice(0)) await one.close();
});

async function bound(port: number, address: string): Promise<Socket> {
  const socket = dgram.createSocket('udp4');
  sockets.push(socket);
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
}

const READ = ['--community', 'env:UPSFW_SIM_READ'];
/** A card of 2012 with the setting SNMPv1. */
const OLD = { name: 'old', site: 'porto', persona: 'smt1500-ap9630-2012' } as const;
/** No socket listens at the port of a sweep there. */
const NOBODY = '127.0.203.9';

/**
 * An agent that passes messages of one SNMP version to a unit and discards the others. Simulated cards with
 * the setting SNMPv1 answer v2c too, as the vendor says.
 */
async function only(version: '1', net: Network, unit: string, address: string): Promise<void> {
  const front = await bound(net.port, address);
  const behind = new Map<number, Promise<Socket>>();
  front.on('message', (question, from) => {
    // The first value of a message, after its tag and length.
    const length = question.readUInt8(1);
    if (question.readUInt8((length > 0x80 ? length - 0x80 : 0) + 4) !== Number(version) - 1) return;
    const relay = behind.get(from.port) ?? bound(0, '127.0.0.1');
    if (!behind.has(from.port))
      void relay.then((socket) =>
        socket.on('message', (answer) => front.send(answer, from.port, from.address)),
      );
    behind.set(from.port, relay);
    void relay.then((socket) => socket.send(question, net.port, unit));
  });
}

function finding(sweep: DiscoverJson, code: string): DiscoverJson['findings'][number] {
  const [found, ...more] = sweep.findings.filter((one) => one.code === code);
  expect(more).toEqual([]);
  if (found === undefined) throw new Error(`no ${code} in ${JSON.stringify(sweep.findings)}`);
  return found;
}

describe('an agent that speaks SNMPv1 only', { timeout: LONG }, () => {
  it('asked with v2c is silent, and the silence names the version and the other causes', async () => {
    const net = await network({ units: [OLD] });
    await only('1', net, net.fleet.units[0]?.address ?? '', NOBODY);
    const words = ['discover', NOBODY, '--port', String(net.port), ...READ];
    const ran = await net.run([...words, '--timeout', '0.3', '--json']);
    expect(ran.exit).toBe(0);
    const { because, remedy } = finding(sweepOf(ran), 'NO_ANSWER');
    expect(because).toContain('SNMPv2c');
    expect(remedy).toContain('--snmp-version 2c,1');
    for (const cause of [/off by default/, /community/, /access list/, /--credentials/])
      expect(remedy).toMatch(cause);
    const people = await net.run([...words, '--timeout', '0.3']);
    expect(people.out).toContain('NO_ANSWER');
  });

  it.each(['2c,1', '1,2c'])(
    'is found beside a v2c agent with --snmp-version %s, and written with the version that answered',
    async (versions) => {
      const net = await network({ units: [NMC2, OLD] });
      const [second, old] = net.fleet.units.map(({ address }) => address);
      await only('1', net, old ?? '', NOBODY);
      const inventory = join(net.folder, 'inventory.yaml');
      const where = [
        'discover',
        NOBODY,
        second ?? '',
        '--port',
        String(net.port),
        '--timeout',
        '0.5',
        '--json',
      ];
      const words = [...where, ...READ, '--snmp-version', versions];
      const sweep = sweepOf(await net.run([...words, '--write', inventory]));
      expect(sweep.units.map(({ name }) => name).sort()).toEqual(['a', 'old']);
      expect(sweep.findings.filter(({ code }) => code === 'NO_ANSWER')).toEqual([]);
      const { units } = await loadInventory(inventory);
      const written = units.map(({ name, settings }) => `${name}: ${settings.snmp?.version}`);
      // A v2c agent of a card answers SNMPv1 too, so the first version of the list counts.
      expect(written.sort()).toEqual(versions === '2c,1' ? ['a: 2c', 'old: 1'] : ['a: 1', 'old: 1']);
      const audit = await net.run(['audit', '-i', inventory, '--json']);
      const read = JSON.parse(audit.out).units.map((unit: { reachable: boolean }) => unit.reachable);
      expect(read).toEqual([true, true]);
      // The inventory names the versions now.
      const again = sweepOf(await net.run([...where, '-i', inventory]));
      expect(again.units).toHaveLength(2);
    },
  );
});

describe('--snmp-version', { timeout: LONG }, () => {
  it.each([
    ['3', /users/],
    ['2c,3', /users/],
    ['v3', /users/],
    ['2', /does not know "2"/],
    ['2c;1', /does not know/],
  ])('%j is a usage error that names --credentials', async (value, message) => {
    const words = ['discover', '127.0.0.1', ...READ, `--snmp-version=${value}`, '--json'];
    const ran = await runHere(words, { environment: { UPSFW_SIM_READ: 'anything' } });
    expect(ran.exit).toBe(2);
    const { problem } = JSON.parse(ran.out);
    expect(problem.message).toMatch(message);
    expect(problem.hint).toContain('--credentials');
  });

  it('without a community is refused, because it would change nothing', async () => {
    const net = await network({ units: [NMC2] });
    const inventory = join(net.folder, 'inventory.yaml');
    await writeFile(
      inventory,
      "version: 1\ndefaults: { snmp: { version: '2c', community: env:UPSFW_SIM_READ } }\nsites: []\n",
    );
    const ran = await net.run(['discover', ...net.where, '-i', inventory, '--snmp-version', '1', '--json']);
    expect(ran.exit).toBe(2);
    expect(JSON.parse(ran.out).problem.message).toContain('--community');
  });
});

describe('a unit of the inventory', { timeout: LONG }, () => {
  it('that is silent is named with the causes, and one that moved or answers is not', async () => {
    const net = await network({ units: [NMC2, { ...NMC2, name: 'moved' }] });
    const [here, moved] = net.fleet.units;
    const inventory = join(net.folder, 'inventory.yaml');
    const entry = (name: string, host: string, serial: string | undefined): string =>
      `      - { name: ${name}, host: ${host}${serial === undefined ? '' : `, serial: ${serial}`} }\n`;
    await writeFile(
      inventory,
      `version: 1\ndefaults: { snmp: { version: '2c', community: env:UPSFW_SIM_READ }, ports: { snmp: ${net.port} } }\nsites:\n  - name: kiel\n    units:\n${entry('a', here?.address ?? '', here?.device.serial)}${entry('moved', '127.0.203.8', moved?.device.serial)}${entry('gone', NOBODY, undefined)}${entry('elsewhere', '127.0.204.1', undefined)}      - { name: other-port, host: 127.0.203.7, ports: { snmp: 4161 } }\n`,
    );
    const words = ['discover', ...net.where, '127.0.203.0/28', '--timeout', '0.3', '--json', '-i', inventory];
    const sweep = sweepOf(await net.run(words));
    expect(sweep.units).toHaveLength(2);
    const { because, remedy, hosts } = finding(sweep, 'UNIT_SILENT');
    expect(hosts).toEqual([NOBODY]);
    expect(because).toContain(`kiel/gone (${NOBODY})`);
    expect(remedy).toContain('--snmp-version');
    expect(sweep.findings.filter(({ code }) => code === 'NO_ANSWER')).toEqual([]);
  });
});

describe('an answer from another port', { timeout: LONG }, () => {
  it('is reported with the address and both ports, and its device is in no list', async () => {
    const net = await network({ units: [NMC2] });
    const unit = net.fleet.units[0]?.address ?? '';
    // A NAT rule in front of the unit: questions reach it, answers leave at a port of their own.
    const inside = await bound(net.port, NOBODY);
    const outside = await bound(0, NOBODY);
    const { port } = outside.address();
    let client: { readonly address: string; readonly port: number } | null = null;
    inside.on('message', (question, from) => {
      client = from;
      outside.send(question, net.port, unit);
    });
    outside.on('message', (answer) => {
      if (client !== null) outside.send(answer, client.port, client.address);
    });
    const inventory = join(net.folder, 'inventory.yaml');
    const words = ['discover', NOBODY, '--port', String(net.port), ...READ, '--timeout', '0.5'];
    const ran = await net.run([...words, '--write', inventory, '--json']);
    const sweep = sweepOf(ran);
    expect([sweep.units, sweep.others, sweep.answered]).toEqual([[], [], 0]);
    expect(sweep.inventory?.changes).toEqual([]);
    const { because, remedy, hosts } = finding(sweep, 'OTHER_PORT');
    expect(because).toContain(`${NOBODY} was asked at port ${net.port}; the answer came from port ${port}`);
    expect(remedy).toContain(`--port ${port}`);
    expect(hosts).toEqual([NOBODY]);
    // It is not silent: no cause of silence is named.
    expect(sweep.findings.map(({ code }) => code)).toEqual(['OTHER_PORT']);
  });

  it('of another address is matched to the address that was asked', async () => {
    const net = await network({ units: [NMC2], hostile: ['other-address'] });
    const sweep = sweepOf(await net.run(['discover', ...net.where, ...READ, '--timeout', '0.5', '--json']));
    const asked = net.fleet.hostile[0]?.address ?? '';
    const { because, hosts } = finding(sweep, 'FOREIGN_ANSWER');
    const answered = hosts.find((host) => host !== asked) ?? '';
    expect(because).toMatch(
      new RegExp(`${asked} was asked at port ${net.port}; the answer came from ${answered}, port \\d+`),
    );
    expect(sweep.units).toHaveLength(1);
  });
});

describe('a sweep that is stopped while it reads', { timeout: LONG }, () => {
  it('ends at once, and says which devices answered and were not read', async () => {
    const net = await network({ units: [NMC2] });
    const mute = await bound(net.port, NOBODY);
    let interrupt: (kind: 'interrupt') => void = () => undefined;
    let questions = 0;
    // Answers the sweep, and is silent when it is read.
    mute.on('message', (question, from) => {
      questions += 1;
      const answer = Buffer.from(question);
      answer[answer.indexOf(0xa0)] = 0xa2;
      if (questions === 1) mute.send(answer, from.port, from.address);
      else interrupt('interrupt');
    });
    const unit = net.fleet.units[0]?.address ?? '';
    const ran = await net.run(
      [
        'discover',
        unit,
        NOBODY,
        '127.0.205.0/24',
        '--rate',
        '50',
        '--port',
        String(net.port),
        ...READ,
        '--json',
      ],
      {
        onInterrupt: (handler) => {
          interrupt = handler;
          return () => undefined;
        },
      },
    );
    expect(ran.exit).toBe(130);
    const sweep = sweepOf(ran);
    expect(sweep).toMatchObject({ stopped: true, inventory: null });
    const unread = finding(sweep, 'NOT_READ');
    expect(unread.hosts).toContain(NOBODY);
    expect(sweep.answered).toBe(sweep.units.length + sweep.others.length + unread.hosts.length);
    // A sweep that did not end knows nothing about silence.
    expect(sweep.findings.map(({ code }) => code)).toEqual(['NOT_READ']);
  });
});
