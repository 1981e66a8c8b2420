import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { loadCommands } from '../../src/cli/commands.ts';
import { buildImage, type LocalUnits, MANY_ADDRESSES, startLocalUnits } from '../../src/sim/index.ts';
import { NMC2, NMC3, openSite, runHere, runOf, type Site, SPEED } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

describe('the demo', { timeout: LONG }, () => {
  it('finds the fleet, upgrades two units by two methods, shows refusals with reason and remedy, and marks all as simulated', async () => {
    const ran = await runHere(['demo']);
    expect(ran.exit).toBe(0);
    if (MANY_ADDRESSES) expect(ran.out).toContain('9 answered: 5 Smart-UPS, 4 other');
    for (const part of [
      'sent by ftp, started by snmp, verify done',
      'sent by scp, started by cli, verify done',
      '5 units: 2 upgraded, 1 current, 2 refused (exit code 3)',
      '2 run new firmware, after 2 starts',
      'CARD_PATH',
      'OLDER_PROTOCOL',
      'remedy:',
      'SIMULATION',
    ]) {
      expect(ran.out).toContain(part);
    }
  });
});

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));

/** The pages whose shell blocks run, in this order. */
const PAGES = [
  'README.md',
  'docs/upgrade.md',
  'docs/discovery.md',
  'docs/import.md',
  'docs/audit.md',
  'docs/rules.md',
  'docs/local.md',
];

/** The lines of shell blocks that call `upsfw`, in their order. */
function shownCommands(): readonly string[] {
  const text = PAGES.map((page) => readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')).join(
    '\n',
  );
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap((block) => (block[1] ?? '').split('\n'))
    .filter((line) => line.startsWith('upsfw '));
}

/** Options that replace the operator of the pages: an answer, and an end. */
const UNATTENDED: readonly (readonly [RegExp, string])[] = [
  [/^upsfw (?:upgrade|local recover)/, '--yes'],
  [/^upsfw simulate/, '--for 1s'],
];

/** Exit codes other than 0: the first audit finds outdated units, and a later one finds the change. */
const EXITS: readonly (readonly [RegExp, number])[] = [
  [/^upsfw audit$/, 3],
  [/^upsfw audit .*--fail-on .*changed/, 3],
  // A card has firmware that an advisory affects.
  [/^upsfw audit --format prometheus/, 3],
  // This machine has no USB drive.
  [/^upsfw local usb-drive/, 2],
];

/** Units at ports, and an image for the one in its boot loader. */
async function startPorts(folder: string): Promise<LocalUnits> {
  await writeFile(
    join(folder, 'images', 'SMT17UPS_07-1.enc'),
    buildImage({ microLinkId: 17, version: '07.1', parts: ['UBL 07.3'], payloadBytes: 20_000 }),
  );
  return startLocalUnits({
    units: [
      { name: 'one', site: 'here', persona: 'smc1000i-serial' },
      { name: 'two', site: 'here', persona: 'smt1500-loader' },
      { name: 'three', site: 'here', persona: 'smx1500-usb' },
    ],
    speed: SPEED,
    folder: join(folder, 'roots'),
  });
}

/** Not run, because its server does not exist. */
const ASKS_A_SERVER = /^upsfw import netbox https:/;

/** Files that the pages name, beside the inventory and the images. */
const FILES: Readonly<Record<string, string>> = {
  'units.jsonl': '{"model":"SMT1500","firmware":"UPS 09.3 / ID=18"}\n',
  'branches.txt': '# branches\n127.250.0.1\n',
  'more.txt': '127.250.0.2-4\n!127.250.0.3\n',
  'credentials.yaml': 'version: 1\nsnmp: [{ version: "2c", community: env:UPS_READ }]\n',
  'devices.json': '{"count":1,"next":null,"results":[{"name":"n","primary_ip":{"address":"192.0.2.1/24"}}]}',
  'units.csv': 'host,name\n192.0.2.1,one\n',
  'ups.conf': '[one]\n  driver = snmp-ups\n  port = 192.0.2.1\n',
};

/** Addresses and paths of the pages, and their replacements on this machine. */
function onThisMachine(line: string, { fleet }: Site, { units }: LocalUnits): string {
  const { range, port } = fleet.network;
  const here = line
    .replace('10.1.0.0/16', range)
    .replace('10.1.0.10-99', '127.250.1.10-12')
    .replace('10.1.0.50', '127.250.1.11')
    .replace('ups-lab.example.org', 'localhost')
    .replace('2001:db8::20', '::1')
    .replace('/etc/nut/', '')
    .replace('/dev/ttyUSB0', units[line.includes('recover') ? 1 : 0]?.port ?? '')
    .replace('/media/drive', '.');
  return line.startsWith('upsfw discover') ? `${here} --port ${port} --timeout 0.2` : here;
}

describe('the commands of the README and the guides', { timeout: LONG }, () => {
  let site: Site | undefined;
  let ports: LocalUnits | undefined;
  afterEach(async () => {
    await ports?.close();
    await site?.close();
  });

  it.runIf(MANY_ADDRESSES)(
    'work one after the other, each in its own process',
    async () => {
      const running = await openSite([NMC2, NMC3], SPEED, { snmpPort: 'free' });
      site = running;
      const { folder, environment, state, fleet } = running;
      const commands = shownCommands().filter((line) => !ASKS_A_SERVER.test(line));
      const nameOf = (line: string): string => line.split(/ +/)[1] ?? '';
      const missing = (await loadCommands([]))
        .map(({ usage }) => usage.split(' ')[0] ?? '')
        .filter((name) => !commands.some((line) => nameOf(line) === name));
      expect(missing).toEqual(['record', 'demo']);
      for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
      const local = await startPorts(folder);
      ports = local;
      const inside = {
        ...environment,
        UPS_READ: environment.UPSFW_SIM_READ,
        UPSFW_SIM_SYSFS: join(folder, 'roots'),
      };
      for (const line of commands) {
        const words = `${onThisMachine(line, running, local)} ${UNATTENDED.find(([form]) => form.test(line))?.[1] ?? ''}`;
        expect(words).not.toMatch(/\b10\.1\.|example\.org|2001:db8/);
        const child = spawn('sh', ['-c', `upsfw() { "$NODE" "$MAIN" "$@"; }; ${words}`], {
          cwd: folder,
          env: { ...process.env, ...inside, XDG_STATE_HOME: state, NODE: process.execPath, MAIN },
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        let info = '';
        child.stderr.on('data', (chunk: Buffer) => {
          info += chunk.toString();
        });
        const [exit] = await once(child, 'close');
        expect(exit, `${words}: ${info}`).toBe(EXITS.find(([form]) => form.test(line))?.[1] ?? 0);
      }
      expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain('**upgraded**');
      expect(await readFile(join(folder, 'fleet', 'inventory.yaml'), 'utf8')).toContain('sites:');
      expect(await readFile(join(folder, 'upsfw.prom'), 'utf8')).toContain('upsfw_');
      const inventory = await readFile(join(folder, 'inventory.yaml'), 'utf8');
      for (const { device } of fleet.units) {
        expect(device.version).toBe(device.microLinkId === 18 ? '15.1' : '15.0');
        expect(device.counters.starts).toBe(1);
        // `discover` wrote the serial numbers of the units to the inventory.
        expect(inventory).toContain(device.serial);
      }
    },
    240_000,
  );

  it('upgrade asks on a terminal, and accepts the answer yes', async () => {
    site = await openSite([NMC2]);
    const questions: string[] = [];
    const answering = (answer: string) => ({
      ask: async (question: string) => {
        questions.push(question);
        return answer;
      },
    });
    const words = ['upgrade', '-i', site.inventory, '--apply', '--json'];
    expect((await site.run(words, answering('no'))).exit).toBe(2);
    expect(site.fleet.device('a').counters).toMatchObject({ uploads: 0, starts: 0 });
    expect(runOf(await site.run(words, answering('yes'))).units[0]?.outcome).toBe('upgraded');
    expect(questions.at(-1)).toContain('Send and start this update?');
  });

  it('simulate prints what to export, and writes images that can be read', async () => {
    site = await openSite([]);
    const file = join(site.folder, 'fleet', 'inventory.yaml');
    const ran = await site.run(['simulate', '--write', file, '--for', '1s', '--speed', '600']);
    expect(ran.exit).toBe(0);
    expect(ran.info).toContain('export UPSFW_SIM_PASSWORD=');
    expect((await site.run(['images', join(site.folder, 'fleet', 'images')])).exit).toBe(0);
  });
});
