import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildImage, DEMO_IMAGES, type SimulatedDevice } from '../../src/sim/index.ts';
import { NMC2, NMC3, openSite, type Ran, runHere, runOf, type Site } from '../support/sites/site.ts';

const ErrorShape = z.strictObject({
  schema: z.literal('upsfw/error@1'),
  generatedAt: z.string(),
  problem: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }),
  exitCode: z.number(),
});

/** One clear message, no stack trace, and with --json exactly one document. */
function problemOf(ran: Ran): z.infer<typeof ErrorShape>['problem'] {
  expect(ran.info).not.toMatch(/^\s+at /m);
  const document = ErrorShape.parse(JSON.parse(ran.out));
  expect(document.exitCode).toBe(ran.exit);
  expect(document.problem.hint).not.toBe('');
  return document.problem;
}

let site: Site;
const writes = (device: SimulatedDevice): number =>
  device.counters.snmpWrites + device.counters.uploads + device.counters.starts;

describe('a wrong command line', () => {
  it('reports that it would ignore words after a bare --', async () => {
    const ran = await runHere(['rules', 'check', '--json', '--', 'x.yaml']);
    expect(ran.exit).toBe(2);
    expect(problemOf(ran).code).toBe('config/usage');
  });

  it.each([
    [['upgrade', '--dry-rnu']],
    [['upgrade', '--apply=maybe']],
    [['upgrad']],
    [[]],
    [['audit', '--no-such', 'x']],
    [['plan', '--format', 'pdf']],
    [['simulate', '--for', 'soon']],
    [['images', 'fetch']],
    [['audit', 'stray']],
    [['audit', '--unit']],
    [['upgrade', '--apply', '--yes', '--unit']],
    [['upgrade', '--unit', '--apply', '--yes']],
    [['audit', '--site=']],
    [['plan', '--override']],
    [['rules', 'decide', '--sku', 'SMT1500', '--rules=']],
  ])('refuses %j before it does anything', async (words) => {
    const ran = await runHere([...words, '--json']);
    expect(ran.exit).toBe(2);
    expect(problemOf(ran).code).toBe('config/usage');
  });

  it('prints help and version on standard output', async () => {
    expect(await runHere(['--help'])).toMatchObject({ exit: 0, out: expect.stringContaining('upgrade') });
    expect(await runHere(['upgrade', '--help'])).toMatchObject({
      exit: 0,
      out: expect.stringContaining('--apply'),
    });
    expect((await runHere(['--version'])).out.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe('wrong files', () => {
  beforeAll(async () => {
    site = await openSite([NMC2, NMC3]);
  });
  afterAll(() => site.close());
  afterEach(async () => {
    await writeFile(site.inventory, site.fleet.inventory('./images'), { mode: 0o600 });
    for (const { device } of site.fleet.units) expect(writes(device)).toBe(0);
  });

  const apply = ['upgrade', '--apply', '--yes', '--json'];

  it('reports a missing inventory', async () => {
    const ran = await site.run([...apply, '-i', join(site.folder, 'none.yaml')]);
    expect(ran.exit).toBe(2);
    expect(problemOf(ran).code).toBe('config/inventory-missing');
  });

  it('reports an unknown key, and a number in place of a version', async () => {
    const text = await readFile(site.inventory, 'utf8');
    await writeFile(
      site.inventory,
      text.replace('plaintext: true', 'plain: true').replace('version: "3"', 'version: 3'),
    );
    const ran = await site.run([...apply, '-i', site.inventory]);
    expect(ran.exit).toBe(2);
    const { code, message } = problemOf(ran);
    expect(code).toBe('config/inventory');
    expect(message).toMatch(/inventory\.yaml:\d+:\d+: .*unknown key "plain"/);
    expect(message).toMatch(/put it in quotes: "3"/);
  });

  it('reports a missing secret', async () => {
    const environment = { ...site.environment, UPSFW_SIM_PASSWORD: undefined };
    const ran = await site.run([...apply, '-i', site.inventory], { environment });
    expect(ran.exit).toBe(2);
    expect(problemOf(ran)).toMatchObject({
      code: 'config/secret',
      message: expect.stringContaining('UPSFW_SIM_PASSWORD'),
    });
  });

  it('reports an empty or missing images folder', async () => {
    const empty = join(site.folder, 'empty');
    await mkdir(empty, { recursive: true });
    for (const folder of [empty, join(site.folder, 'nowhere')]) {
      const ran = await site.run([...apply, '-i', site.inventory, '--images', folder]);
      expect(ran.exit).toBe(2);
      expect(problemOf(ran).code).toBe('config/images');
    }
  });

  it('reports a truncated image', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'upsfw-cut-'));
    const whole = buildImage(DEMO_IMAGES['SMT18UPS_15-1.enc'] ?? { microLinkId: 18, version: '15.1' });
    await writeFile(join(folder, 'SMT18UPS_15-1.enc'), whole.subarray(0, whole.length - 77));
    const ran = await site.run([...apply, '-i', site.inventory, '--images', folder, '--unit', 'a']);
    expect(ran.exit).toBe(3);
    const [unit] = runOf(ran).units;
    expect(unit).toMatchObject({ outcome: 'refused' });
    expect(JSON.stringify(unit)).toContain('IMAGE_DAMAGED');
    const text = await site.run(['images', folder]);
    expect(text).toMatchObject({ exit: 2, out: expect.stringContaining('image/truncated') });
    await rm(folder, { recursive: true });
  });

  it('reports a unit that is not in the inventory', async () => {
    const ran = await site.run([...apply, '-i', site.inventory, '--unit', 'zz']);
    expect(ran.exit).toBe(2);
    expect(problemOf(ran)).toMatchObject({
      code: 'config/selection',
      message: expect.stringContaining('"zz"'),
    });
  });

  it('reports a run that does not exist', async () => {
    for (const words of [['status'], ['resume'], ['report'], ['status', 'nope'], ['report', '--audit']]) {
      const ran = await runHere([...words, '--json', '--state', join(site.folder, 'no-state')]);
      expect(ran.exit).toBe(2);
      expect(problemOf(ran).code).toBe('config/run');
    }
  });

  it('reports a file that is not a plan', async () => {
    const ran = await site.run([...apply, '-i', site.inventory, '--plan', site.inventory]);
    expect(ran.exit).toBe(2);
    expect(problemOf(ran).code).toBe('config/plan');
  });

  it('reports the findings in a rule file', async () => {
    const file = join(site.folder, 'rules.yaml');
    await writeFile(file, 'version: 1\nrules:\n  - id: no-downgrade\n    codes: X\n');
    const ran = await site.run(['audit', '--json', '-i', site.inventory, '--rules', file]);
    expect(ran.exit).toBe(2);
    expect(problemOf(ran)).toMatchObject({
      code: 'config/rules',
      message: expect.stringMatching(/rules\.yaml:4:5: .*unknown key "codes"/),
    });
  });

  it('applies nothing without a terminal and without --yes', async () => {
    const ran = await site.run(['upgrade', '--apply', '--json', '-i', site.inventory]);
    expect(ran.exit).toBe(2);
    expect(problemOf(ran).code).toBe('refused/confirmation');
  });

  it.each(['', 'n', 'yess', null])('applies nothing after the answer %j on a terminal', async (answer) => {
    const ran = await site.run(['upgrade', '--apply', '--json', '-i', site.inventory], {
      ask: async () => answer,
    });
    expect(ran.exit).toBe(2);
    expect(problemOf(ran).code).toBe('refused/confirmation');
  });

  it('shows only the plan without --apply, and requests no write credential', async () => {
    const environment = { ...site.environment, UPSFW_SIM_PASSWORD: undefined, UPSFW_SIM_WRITE: undefined };
    const ran = await site.run(['upgrade', '-i', site.inventory], { environment });
    expect(ran.exit).toBe(0);
    expect(ran.out).toContain('will send');
    expect(ran.info).toContain('Nothing was sent');
  });
});

/** A UDP port on every address of this machine that receives and never answers. */
async function silentPort(): Promise<{ readonly port: number; close(): void }> {
  const socket = dgram.createSocket('udp4');
  socket.bind(0);
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => socket.close() };
}

describe('a device that differs from the inventory or the plan', () => {
  afterEach(() => site.close());

  it('with another password gives one message for the unit, exit code 4 and no write', async () => {
    site = await openSite([NMC3, NMC2]);
    const environment = { ...site.environment, UPSFW_SIM_PASSWORD: 'wrong-password' };
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'], {
      environment,
    });
    expect(ran.exit).toBe(4);
    for (const unit of runOf(ran).units)
      expect(unit).toMatchObject({ outcome: 'failed', problem: { code: 'device/login' } });
    for (const { device } of site.fleet.units) expect(writes(device)).toBe(0);
    expect(ran.out + ran.info).not.toContain('wrong-password');
  });

  it('with a closed port gives a message', async () => {
    site = await openSite([NMC3]);
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const address = closed.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => closed.close(resolve));
    const text = await readFile(site.inventory, 'utf8');
    await writeFile(site.inventory, text.replace(/ssh: \d+/, `ssh: ${port}`));
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(ran.exit).toBe(4);
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'failed', problem: { code: 'link/refused' } });
    expect(site.fleet.device('b').counters.starts).toBe(0);
  });

  it('that is silent or refuses stays in the audit with its reason, and the other units are audited', async () => {
    site = await openSite([NMC2, { ...NMC2, name: 'shut' }, NMC3]);
    const silent = await silentPort();
    const text = await readFile(site.inventory, 'utf8');
    const ports = [`snmp: ${silent.port}`, 'snmp: 9'];
    await writeFile(
      site.inventory,
      text.replace(/snmp: \d+/g, (port) => ports.shift() ?? port),
    );
    const ran = await site.run(['audit', '-i', site.inventory, '--json']);
    silent.close();
    expect(ran.exit).toBe(3);
    const audit = z
      .looseObject({
        units: z.array(
          z.looseObject({ verdict: z.looseObject({ status: z.string() }), problem: z.unknown() }),
        ),
      })
      .parse(JSON.parse(ran.out));
    expect(audit.units.map((unit) => unit.verdict.status)).toEqual([
      'unreachable',
      'unreachable',
      'outdated',
    ]);
    expect(audit.units[0]?.problem).toMatchObject({ code: 'link/silent' });
    // Only some systems report a closed UDP port to the sender.
    if (process.platform === 'linux') expect(audit.units[1]?.problem).toMatchObject({ code: 'link/refused' });
  });

  it('that does not match a plan file is refused, and is upgraded when it matches again', async () => {
    site = await openSite([NMC2]);
    const device = site.fleet.device('a');
    const plan = join(site.folder, 'plan.json');
    const applyPlan = ['upgrade', '-i', site.inventory, '--apply', '--yes', '--json', '--plan', plan];
    expect((await site.run(['plan', '-i', site.inventory, '--out', plan, '--json'])).exit).toBe(0);
    const text = await readFile(plan, 'utf8');

    await writeFile(plan, text.replaceAll('09.4', '09.5'));
    const edited = await site.run(applyPlan);
    expect(edited.exit).toBe(2);
    expect(problemOf(edited)).toMatchObject({
      code: 'config/plan',
      message: expect.stringContaining('was edited'),
    });

    await writeFile(plan, text);
    device.version = '09.6';
    const stale = await site.run(applyPlan);
    expect(stale.exit).toBe(3);
    expect(problemOf(stale)).toMatchObject({
      code: 'refused/stale-plan',
      message: expect.stringContaining('berlin/a'),
    });
    expect(writes(device)).toBe(0);

    device.version = '09.4';
    expect(runOf(await site.run(applyPlan)).units[0]?.outcome).toBe('upgraded');
  });
});
