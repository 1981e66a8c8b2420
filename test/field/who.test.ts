import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readFirmware } from '../../src/core/index.ts';
import { buildImage, loadPersona } from '../../src/sim/index.ts';
import { identify } from '../../src/snmp/index.ts';
import { type FakeAgent, type FakeObject, openFakeAgent } from '../support/devices/fake-agent.ts';
import { NMC2, openSite, type Ran, runHere, runOf, type Site } from '../support/sites/site.ts';
import { findingsOf, sweepOf } from '../support/sites/sweep-site.ts';
import { anyText } from '../support/values/text.ts';
import { LONG } from '../support/values/timeouts.ts';

/** What devices of the field say about themselves, and what the commands make of it. */

const agents: FakeAgent[] = [];
const folders: string[] = [];
let site: Site | undefined;
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  await site?.close();
  site = undefined;
});

const P = '1.3.6.1.4.1.318.1.1.1';
const LISTED = 'AS1532123456';
const environment = { UPS_READ: 'public' };

const text = (oid: string, value: string): FakeObject => [oid, 'text', value];
const id = (value: string): FakeObject => ['1.3.6.1.2.1.1.2.0', 'oid', value];
const apc = (member: string): FakeObject => id(`1.3.6.1.4.1.318.1.3.${member}`);
const link = (value: number): FakeObject => [`${P}.8.1.0`, 'number', value];
const model = (value: string): FakeObject => text(`${P}.1.1.1.0`, value);
const firmware = (value: string): FakeObject => text(`${P}.1.2.1.0`, value);
const serial = (value: string): FakeObject => text(`${P}.1.2.3.0`, value);
const descr = (value: string): FakeObject => text('1.3.6.1.2.1.1.1.0', value);
/** The sysDescr of a card with this application; empty: the fields are missing. */
const card = (app: string, platform = 'hw05', cardModel = 'AP9631'): FakeObject =>
  descr(
    `APC Web/SNMP Management Card (MB:v4.1.0 PF:v7.0.8 PN:apc_${platform}_aos_708.bin${app === '' ? '' : ` AF1:v7.0.8 AN1:${app}`} MN:${cardModel} HR:08 SN: ZA1815031283 MD:04/10/2018) (Embedded PowerNet SNMP Agent SW v2.2 compatible)`,
  );
const application = (name: string, platform = 'hw05'): FakeObject =>
  card(`apc_${platform}_${name}_708.bin`, platform);

const Unit = z.looseObject({
  serial: z.string().nullable(),
  model: z.string().nullable(),
  reachable: z.boolean(),
  card: z.looseObject({ model: z.string().nullable(), os: z.string().nullable() }).nullable(),
  condition: z.looseObject({ linkUp: z.boolean().nullable() }),
});
const Verdict = z.looseObject({
  status: z.string(),
  reasons: z.array(z.looseObject({ code: z.string(), because: z.string(), remedy: z.string().nullable() })),
});
const Problem = z.looseObject({ code: z.string(), message: z.string(), hint: z.string() }).nullable();
const Audited = z.looseObject({
  units: z.tuple([Unit.extend({ name: z.string(), verdict: Verdict, problem: Problem })]),
});
const Planned = z.looseObject({
  units: z.tuple([
    z.looseObject({ unit: Unit, verdict: Verdict, hops: z.array(z.unknown()), problem: Problem }),
  ]),
});

async function inventoryFor(body: string): Promise<{ readonly inventory: string; readonly state: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-field-'));
  folders.push(folder);
  await writeFile(join(folder, 'SMT18UPS_15-0.enc'), buildImage({ microLinkId: 18, version: '15.0' }));
  const inventory = join(folder, 'inventory.yaml');
  await writeFile(inventory, body);
  return { inventory, state: join(folder, 'state') };
}

async function agentOf(objects: readonly FakeObject[]): Promise<FakeAgent> {
  const agent = await openFakeAgent(0, objects);
  agents.push(agent);
  return agent;
}

/** Audit and plan of one unit of an inventory that knows its serial number, and the text of the audit. */
async function lookedAt(objects: readonly FakeObject[]) {
  const { port } = await agentOf(objects);
  const { inventory, state } = await inventoryFor(
    `version: 1\nimages: .\nsites:\n  - name: kiel\n    units:\n      - name: closet\n        host: 127.0.0.1\n        serial: ${LISTED}\n        snmp: { version: "2c", community: env:UPS_READ }\n        ports: { snmp: ${port} }\n`,
  );
  const run = (...words: readonly string[]): Promise<Ran> =>
    runHere([...words, '-i', inventory, '--state', state], { environment });
  const audit = Audited.parse(JSON.parse((await run('audit', '--json')).out)).units[0];
  const plan = Planned.parse(JSON.parse((await run('plan', '--json')).out)).units[0];
  const shown = `${(await run('audit')).out}${(await run('plan')).out}`;
  return { audit, plan, shown };
}

describe('a card whose UPS is silent', { timeout: LONG }, () => {
  const lost: readonly (readonly [string, readonly FakeObject[]])[] = [
    ['empty model', [apc('27'), application('sumx'), link(2), model('')]],
    ['no model', [apc('27'), application('sumx'), link(2)]],
    ['UNKNOWN', [apc('27'), application('sumx'), link(2), model('UNKNOWN'), serial('UNKNOWN')]],
    ['Unknown UPS', [apc('27'), application('sumx'), model('Unknown UPS'), serial('Not Available (0)')]],
    ['no communication', [apc('27'), application('sumx'), link(2), model('No communication')]],
    ['spaces', [apc('27'), application('su', 'hw21'), link(2), model('      '), firmware(' ')]],
    ['N/A', [apc('27'), application('su', 'hw21'), link(2), model('N/A'), serial('N/A')]],
    [
      'model kept, serial number gone',
      [apc('27'), application('sumx'), link(2), model('Smart-UPS 1500'), serial('')],
    ],
    ['no upsCommStatus', [apc('27'), application('sumx'), model('Unknown')]],
    ['Smart-UPS Ultra', [apc('39'), application('su', 'hw21'), link(2)]],
    ['only the object ID', [apc('27'), descr('APC Web/SNMP Management Card'), link(2)]],
    ['only the application', [application('sumx'), link(2)]],
    ['object ID of a PDU', [apc('4.6'), application('sumx'), link(2)]],
    ['bare object ID', [id('1.3.6.1.4.1.318'), application('su', 'hw21'), link(2), model('?')]],
    ['object ID of nobody', [id('1.3.6.1.4.1.99999.1'), application('su', 'hw21'), link(2)]],
  ];

  it.each(lost)('%s: is not known, is named so, and stays in the inventory', async (_, objects) => {
    const { audit, plan, shown } = await lookedAt(objects);
    expect(audit.problem?.code).toBe('device/lost-ups');
    expect(audit).toMatchObject({ name: 'closet', serial: null, model: null, reachable: true });
    expect(audit.verdict.status).toBe('unknown');
    expect(audit.verdict.reasons.map(({ code }) => code)).toEqual(['LOST_UPS']);
    expect(audit.verdict.reasons[0]?.because).toContain(LISTED);
    expect(audit.verdict.reasons[0]?.remedy).toMatch(/slot.*cable.*restart the card, not the UPS/);
    expect(plan).toMatchObject({ hops: [], verdict: { status: 'unknown' } });
    expect(plan.problem?.code).toBe('device/lost-ups');
    expect(shown).not.toMatch(/OTHER_SERIAL|not a Smart-UPS|[Rr]emove it from the inventory/);
    expect(shown).toContain('has lost its UPS');
  });

  it('reports the facts of the card itself', async () => {
    const { audit } = await lookedAt([apc('27'), application('sumx'), link(2)]);
    expect(audit.card).toMatchObject({
      model: 'AP9631',
      serial: 'ZA1815031283',
      os: 'v7.0.8',
      app: { name: 'sumx', version: 'v7.0.8' },
    });
    expect(audit.condition.linkUp).toBe(false);
  });

  it.each(['SRTG5KXLI', 'Smart UPS Modular 5000', 'SMTX1500X'])(
    'with word from its UPS: the unlisted model %s does not outweigh the other signs',
    async (name) => {
      const { audit, shown } = await lookedAt([
        apc('27'),
        application('sumx'),
        link(1),
        model(name),
        serial(LISTED),
        firmware('UPS 01.2 (ID1070)'),
      ]);
      expect(audit.problem?.code).not.toBe('device/not-smart-ups');
      expect(audit).toMatchObject({ model: name, serial: LISTED });
      expect(shown).not.toMatch(/not a Smart-UPS/);
    },
  );

  it('shows the advisories of the card', async () => {
    const { shown } = await lookedAt([apc('27'), application('sumx'), link(2)]);
    expect(shown).toContain('card not listed as affected: SEVD-2021-313-03');
    expect(shown).toContain('card firmware: AOS v7.0.8');
  });

  it('discover lists it and --write keeps the entry as it is', async () => {
    const { port } = await agentOf([apc('27'), application('sumx'), link(2), model('')]);
    const written = `version: 1\nsites:\n  - name: kiel\n    units:\n      - name: closet # ours\n        host: 127.0.0.1\n        serial: ${LISTED}\n        snmp: { version: "2c", community: env:UPS_READ }\n        ports: { snmp: ${port} }\n`;
    const { inventory, state } = await inventoryFor(written);
    const words = ['discover', '127.0.0.1', '--port', String(port), '--timeout', '0.5', '--json'];
    const ran = await runHere([...words, '--write', inventory, '--state', state], { environment });
    const sweep = sweepOf(ran);
    expect(sweep.units).toMatchObject([{ host: '127.0.0.1', model: null, serial: null }]);
    expect(sweep.others).toEqual([]);
    expect(findingsOf(sweep)).toEqual({ LOST_UPS: ['127.0.0.1'] });
    expect(sweep.inventory?.changes).toEqual([]);
    expect(await readFile(inventory, 'utf8')).toBe(written);
  });

  it('discover --write adds a new one', async () => {
    const { port } = await agentOf([apc('27'), application('sumx'), link(2)]);
    const { inventory, state } = await inventoryFor('version: 1\nsites: []\n');
    const words = ['discover', '127.0.0.1', '--port', String(port), '--timeout', '0.5', '--json'];
    const ran = await runHere(
      [...words, '--community', 'env:UPS_READ', '--write', inventory, '--state', state],
      { environment },
    );
    expect(sweepOf(ran).inventory?.changes).toMatchObject([{ kind: 'added' }]);
  });

  it.each(['empty', 'absent', 'unknown'] as const)('over SSH alone, and record (%s)', async (lostUps) => {
    const persona = { ...(await loadPersona('smx1500-nmc3')), lostUps };
    const here = await sshOnly(persona);
    const [unit] = Audited.parse(JSON.parse((await here('audit', '--json')).out)).units;
    expect(unit.problem?.code).toBe('device/lost-ups');
    expect(unit.problem?.message).toContain('E107');
    expect(unit.verdict.reasons.map(({ code }) => code)).toEqual(['LOST_UPS']);
    expect(unit).toMatchObject({ serial: null, reachable: true, card: { model: 'AP9641' } });
    const recorded = await here('record', '--unit', 'closet', '--out', join(folders.at(-1) ?? '', 'rec'));
    expect(recorded.info).toMatch(/Not read: a look at the unit: The card at .* has lost its UPS/);
  });

  it('over SSH with fields that are empty', async () => {
    const persona = await loadPersona('smx1500-nmc3');
    const upsabout = ['E000: Success', 'Model: ', 'SKU:', 'Serial Number: UNKNOWN', 'Firmware Revision: '];
    const here = await sshOnly({ ...persona, answers: { upsabout } });
    const [unit] = Audited.parse(JSON.parse((await here('audit', '--json')).out)).units;
    expect(unit.problem?.code).toBe('device/lost-ups');
    expect(unit.verdict.status).toBe('unknown');
  });

  it('after an update: the unit is unknown, and no other unit is said to answer', async () => {
    site = await openSite([{ ...NMC2, faults: ['never-returns-forgotten'] }], 3000);
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(ran.exit).toBe(5);
    const [unit] = runOf(ran).units;
    expect(unit).toMatchObject({ outcome: 'unknown', problem: { code: 'device/update-unknown' } });
    expect(unit?.problem?.message).toContain('the card answers, but it has lost its UPS');
    const live = await site.run(['status', '--live']);
    const resumed = await site.run(['resume', '--yes', '--json']);
    const audited = await site.run(['audit', '-i', site.inventory]);
    for (const { out } of [ran, live, resumed, audited])
      expect(out).not.toMatch(/another unit|OTHER_SERIAL|[Rr]emove it from/);
    expect(live.out).toContain('has lost its UPS');
    expect(runOf(resumed).units[0]?.outcome).toBe('unknown');
    // The card shows which start this is, although the UPS is gone.
    expect(audited.out).toContain('START_OPEN');
    expect(site.fleet.device('a').counters.starts).toBe(1);
  });
});

/** Runs commands on a unit that is reached by SSH alone. */
async function sshOnly(
  persona: Awaited<ReturnType<typeof loadPersona>>,
  password = 'env:UPSFW_SIM_PASSWORD',
): Promise<(...words: readonly string[]) => Promise<Ran>> {
  const opened = await openSite([{ name: 'closet', site: 'kiel', persona }]);
  site = opened;
  const { address, ports } = opened.fleet.units[0] ?? { address: '', ports: { ssh: 0 } };
  const { inventory } = await inventoryFor(
    `version: 1\nsites:\n  - name: kiel\n    units:\n      - name: closet\n        host: ${address}\n        serial: ${LISTED}\n        login: { user: apc, password: ${password} }\n        ssh: { legacy: true }\n        ports: { ssh: ${ports.ssh} }\n`,
  );
  return (...words) => opened.run([...words, '-i', inventory]);
}

describe('a card without its application', { timeout: LONG }, () => {
  it.each([
    [
      'bootmon',
      [
        'E000: Success',
        'Application Module',
        '---',
        'Name: bootmon',
        'Version: v1.0.9',
        'APC OS(AOS)',
        'Name: aos',
        'Version: v7.0.8',
      ],
    ],
    [
      'Invalid Module Header!',
      [
        'E000: Success',
        'Application Module',
        '---',
        'Invalid Module Header!',
        '',
        'APC OS(AOS)',
        'Name: aos',
        'Version: v7.0.8',
      ],
    ],
    [
      'invalid name',
      [
        'E000: Success',
        'Application Module',
        'Name: Invalid Module Header!',
        'Version:',
        'APC OS(AOS)',
        'Name: aos',
        'Version: v7.0.8',
      ],
    ],
    [
      'empty',
      [
        'E000: Success',
        'Application Module',
        'Name:',
        'Version:',
        'APC OS(AOS)',
        'Name: aos',
        'Version: v7.0.8',
      ],
    ],
  ] as const)('over SSH: %s', async (_, about) => {
    const persona = { ...(await loadPersona('card-without-app')), answers: { about: [...about] } };
    const here = await sshOnly(persona);
    const [unit] = Audited.parse(JSON.parse((await here('audit', '--json')).out)).units;
    expect(unit.problem?.code).toBe('device/no-application');
    expect(unit.card).toMatchObject({ os: 'v7.0.8', app: null });
    expect(unit.verdict.status).toBe('unknown');
  });

  it.each(['bootmon', 'invalid'] as const)('by the mark A- in Stat (%s)', async (appSlot) => {
    const here = await sshOnly({ ...(await loadPersona('card-without-app')), appSlot });
    const [unit] = Audited.parse(JSON.parse((await here('audit', '--json')).out)).units;
    expect(unit.problem?.code).toBe('device/no-application');
    expect(unit.problem?.message).toContain('A-');
  });

  it.each([
    ['bootmon', [id('1.3.6.1.4.1.318'), card('apc_hw05_bootmon_109.bin')]],
    ['Invalid Module Header!', [apc('27'), card('Invalid Module Header!')]],
    ['missing', [apc('27'), card('')]],
    ['bare agent', [id('1.3.6.1.4.1.318'), descr('APC SNMP Agent')]],
  ] as const)('over SNMP: %s', async (_, objects) => {
    const { audit } = await lookedAt(objects);
    expect(audit.problem?.code).toBe('device/no-application');
    expect(audit.verdict.reasons.map(({ code }) => code)).not.toContain('OTHER_SERIAL');
  });
});

describe('other devices by their signs', { timeout: LONG }, () => {
  const smart = [model('Smart-UPS 1500'), firmware('UPS 09.4 (ID18)'), serial(LISTED), link(1)];
  it.each([
    ['right', apc('27')],
    ['that of a PDU', apc('4.6')],
    ['that of a Symmetra', apc('5.4')],
    ['that of a cooling unit', apc('14.1')],
    ['bare', id('1.3.6.1.4.1.318')],
    ['nonsense', id('0.0')],
    ['of another maker', id('1.3.6.1.4.1.3808.1.1.1')],
  ] as const)('object ID %s: a Smart-UPS by application and model', async (_, objectId) => {
    const { audit } = await lookedAt([objectId, application('sumx'), ...smart]);
    expect(audit.problem).toBeNull();
    expect(audit).toMatchObject({ model: 'Smart-UPS 1500', serial: LISTED });
    expect(audit.verdict.status).not.toBe('unknown');
  });

  it('texts with the rest of a buffer, and a model with underscores', async () => {
    const { audit } = await lookedAt([
      id('0.0'),
      model('Smart-UPS_1500\0\0'),
      firmware('UPS 09.4 (ID18)\0 \0'),
      serial(`${LISTED}\0 `),
      link(1),
    ]);
    expect(audit).toMatchObject({ problem: null, model: 'Smart-UPS_1500', serial: LISTED });
    expect(audit.verdict.reasons.map(({ because }) => because).join()).toContain('Micro-Link ID: 18');
  });

  it('an audit and a plan name the signs that contradict', async () => {
    const { audit, shown } = await lookedAt([apc('4.6'), application('sumx'), ...smart]);
    const doubt = audit.verdict.reasons.find(({ code }) => code === 'SIGNS_CONTRADICT');
    expect(doubt?.because).toMatch(/application \(sumx\).*against its sysObjectID .*APC rack PDU/);
    expect(shown).toContain('SIGNS_CONTRADICT');
  });

  it.each([
    ['with its object ID', [apc('37'), application('eu3p', 'hw21')], /ups \(APC Easy UPS 3-phase/],
    ['without object ID', [application('eu3p', 'hw21'), model('Easy UPS 3M')], /ups \(APC Easy UPS 3-phase/],
    [
      'with that of a Smart-UPS',
      [apc('27'), application('eu3p', 'hw21'), model('Easy UPS 3S')],
      /ups \(APC Easy UPS 3-phase/,
    ],
    [
      'with that and no model',
      [apc('27'), application('eu3p', 'hw21'), link(2)],
      /ups \(APC Easy UPS 3-phase/,
    ],
    ['one phase', [apc('27'), application('eu1p', 'hw21'), link(2)], /ups \(APC Easy UPS(?! 3)/],
    ['PDU with that of a Smart-UPS', [apc('27'), application('rpdu2g', 'hw21')], /pdu \(APC rack PDU/],
    ['PDU of another release', [apc('27'), application('rpdu3', 'hw21')], /pdu \(APC rack PDU/],
    ['transfer switch', [apc('27'), application('ats5g')], /ats \(APC transfer switch/],
    ['Galaxy', [id('1.3.6.1.4.1.318'), application('galvx', 'hw21')], /ups \(Schneider Galaxy/],
    ['Symmetra', [apc('27'), application('sy'), model('Symmetra LX 8000')], /ups \(APC Symmetra/],
    ['unknown application', [apc('99'), application('zz9')], /unknown application zz9/],
    ['mirror', [id('1.3.6.1.4.1.8072.3.2.10'), descr('Linux host'), ...smart], /agent \(computer/],
    ['other maker', [id('1.3.6.1.4.1.3808.1.1.1'), descr('UPS SNMP Card'), ...smart], /ups \(CyberPower/],
  ] as const)('%s: named as what it is', async (_, objects, named) => {
    const { audit, plan } = await lookedAt(objects);
    expect(audit.problem?.code).toBe('device/not-smart-ups');
    expect(audit.problem?.message).toMatch(named);
    expect(audit.verdict.status).toBe('unknown');
    expect(plan.hops).toEqual([]);
  });

  it('a device with a sign of a Smart-UPS is never to be removed', async () => {
    for (const objects of [
      [apc('27'), application('rpdu2g', 'hw21')],
      [id('1.3.6.1.4.1.8072.3.2.10'), descr('Linux host'), ...smart],
    ])
      expect((await lookedAt(objects)).audit.problem?.hint).not.toMatch(/remove/i);
    const printer = await lookedAt([id('1.3.6.1.4.1.11.2.3.9.1'), descr('Office Printer')]);
    expect(printer.audit.problem?.hint).toMatch(/remove it/i);
  });
});

describe('a card that answers is never unreachable', { timeout: LONG }, () => {
  const audited = async (here: (...words: readonly string[]) => Promise<Ran>) =>
    Audited.parse(JSON.parse((await here('audit', '--json')).out)).units[0];

  it('login refused', async () => {
    const persona = await loadPersona('smx1500-nmc3');
    const unit = await audited(await sshOnly(persona, 'env:UPSFW_SIM_READ'));
    expect(unit).toMatchObject({ reachable: true, verdict: { status: 'unknown' } });
    expect(unit.problem?.code).toBe('device/login');
    expect(unit.verdict.reasons.map(({ code }) => code)).toEqual(['NOT_READ']);
  });

  it('login refused, and SNMP silent', async () => {
    const here = await sshOnly(await loadPersona('smx1500-nmc3'), 'env:UPSFW_SIM_READ');
    const inventory = join(folders.at(-1) ?? '', 'inventory.yaml');
    const text = await readFile(inventory, 'utf8');
    const silent = createSocket('udp4').bind(0, site?.fleet.units[0]?.address);
    await once(silent, 'listening');
    const ports = `ports: { snmp: ${silent.address().port}, `;
    await writeFile(
      inventory,
      text
        .replace('ports: { ', ports)
        .replace(
          '        login:',
          '        snmp: { version: "2c", community: env:UPSFW_SIM_AUTH }\n        login:',
        ),
    );
    // Only a plan for the card uses the login where SNMP is configured.
    const folder = folders.at(-1) ?? '';
    const ran = await here('plan', '--component', 'card', '--images', folder, '--json');
    silent.close();
    const [unit] = Planned.parse(JSON.parse(ran.out)).units;
    expect(unit.problem?.code).toBe('device/login');
    expect(unit.problem?.message).toContain('No SNMP answer');
    expect(unit.verdict.status).toBe('unknown');
  });

  it('no free session', async () => {
    const here = await sshOnly(await loadPersona('smx1500-nmc3'));
    site?.fleet.device('closet').inject('ssh-session-limit');
    const unit = await audited(here);
    expect(unit.problem?.code).toBe('device/login-limit');
    expect(unit.verdict.status).toBe('unknown');
  });

  it('values of a wrong type', async () => {
    const wrong: readonly FakeObject[] = [
      ['1.3.6.1.2.1.1.1.0', 'number', 1],
      ['1.3.6.1.2.1.1.2.0', 'text', 'APC'],
      [`${P}.1.1.1.0`, 'number', 7],
    ];
    const { audit } = await lookedAt(wrong);
    expect(audit.verdict.status).toBe('unknown');
  });

  it('no object at all', async () => {
    const { audit } = await lookedAt([]);
    expect(audit).toMatchObject({ reachable: true, verdict: { status: 'unknown' } });
  });
});

describe('bad input', { timeout: LONG }, () => {
  it('texts of 10 kB, binary and control characters give one line each', async () => {
    const long = 'Smart-UPS '.repeat(1000);
    const binary = Buffer.from([0xff, 0xfe, 0x00, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x07]).toString('latin1');
    for (const objects of [
      [apc('27'), descr(long), model(long), firmware(long), serial(long)],
      [apc('27'), descr(`(MB:${'PF:'.repeat(3000)}`), model(binary), firmware(binary), serial(binary)],
      [id('0.0'), descr('('.repeat(10_000)), model('\u001b[2J')],
    ]) {
      const { audit, shown } = await lookedAt(objects);
      expect(audit.verdict.status).toMatch(/unknown|unsupported/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: no device text may reach the output raw
      expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
  });

  const oids = fc.constantFrom(
    null,
    '0.0',
    '1.3',
    '1.3.6.1.4.1.318',
    '1.3.6.1.4.1.318.1.3.27',
    '1.3.6.1.4.1.318.1.3.2.7',
    '1.3.6.1.4.1.318.1.3.4.6',
    '1.3.6.1.4.1.318.1.3.37',
    '1.3.6.1.4.1.318.1.3.33.1',
    '1.3.6.1.4.1.318.1.3.__proto__',
    '1.3.6.1.4.1.3808.1.1.1',
    '1.3.6.1.4.1.8072.3.2.10',
    '1.3.6.1.4.1.99999',
    '1.3.6.1.2.1.33',
  );
  const names = (...known: readonly string[]): fc.Arbitrary<string | null> =>
    fc.oneof(fc.constantFrom(null, ...known), anyText({ maxLength: 300 }));
  const reported = fc.record({
    objectId: oids,
    application: fc.oneof(
      fc.constantFrom('none' as const, null),
      names('sumx', 'su', 'sy', 'eu3p', 'rpdu2g', 'nb200', 'constructor', 'zz').map((name) => ({
        name: name ?? '',
      })),
    ),
    platform: fc.constantFrom(null, 'hw05', 'hw21'),
    cardModel: names('AP9631', 'AP9547', 'AP7900B', 'AP4423A'),
    model: names('Smart-UPS 1500', 'Easy UPS 3M', 'Symmetra LX', 'MGE Galaxy 3500', 'UNKNOWN', 'SMT1500'),
    sku: names('SMT1500', 'SRV1KI', 'SY16K'),
    firmware: names('UPS 09.4 (ID18)', '617.3.I', '4.1').map(readFirmware),
  });

  it('no combination of signs throws, and a stronger sign of another device always counts', () => {
    fc.assert(
      fc.property(reported, (one) => {
        const { product, signs, against } = identify(one);
        const weightOf = (all: typeof signs): number => all.reduce((sum, { weight }) => sum + weight, 0);
        expect(product.name.length).toBeGreaterThan(0);
        if (product.kind !== 'smart-ups') return;
        expect(signs.length).toBeGreaterThan(0);
        for (const { product: other } of against) {
          const theirs = against.filter((sign) => sign.product.family === other.family);
          expect(weightOf(signs)).toBeGreaterThan(weightOf(theirs));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('objects of a Smart-UPS below the tree of another maker make no Smart-UPS', () => {
    fc.assert(
      fc.property(reported, (one) => {
        const foreign = { ...one, objectId: '1.3.6.1.4.1.3808.1.1.1', platform: null, application: null };
        expect(identify(foreign).product.kind).not.toBe('smart-ups');
      }),
    );
  });
});
