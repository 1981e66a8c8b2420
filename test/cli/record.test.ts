import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { closedPort } from '../support/devices/services.ts';
import { BOTH_METHODS, NMC3, openSite, runHere, type Site } from '../support/sites/site.ts';

let site: Site | null;
let out: string;
beforeEach(async () => {
  site = null;
  out = join(await mkdtemp(join(tmpdir(), 'upsfw-test-')), 'recording');
});
afterEach(async () => {
  await site?.close();
  await rm(join(out, '..'), { recursive: true, force: true });
});

/** The fields of a persona; `answers` may hold any command. */
const PersonaShape = z.strictObject({
  generation: z.enum(['nmc1', 'nmc2', 'nmc3']),
  card: z.record(z.string(), z.string()),
  ups: z.looseObject({ model: z.string(), version: z.string(), microLinkId: z.int().nullable() }),
  sysObjectId: z.string(),
  snmp: z.enum(['v1', 'v2c', 'v3']),
  ssh: z.enum(['none', 'old', 'modern']),
  ftp: z.boolean(),
  updateObject: z.boolean(),
  upsfwupdate: z.boolean(),
  inventory: z.strictObject({
    transfer: z.array(z.string()),
    start: z.array(z.string()),
    plaintext: z.boolean(),
    legacySsh: z.boolean(),
  }),
  answers: z.record(z.string(), z.array(z.string())),
});

describe('record', () => {
  it.each([
    [
      NMC3,
      { generation: 'nmc3', ssh: 'modern', ftp: false, snmp: 'v3', updateObject: false, upsfwupdate: true },
    ],
    [BOTH_METHODS, { generation: 'nmc2', ssh: 'old', ftp: true, updateObject: true, upsfwupdate: true }],
  ])('makes a persona and a report of %o, and writes nothing to the card', async (unit, wanted) => {
    site = await openSite([unit]);
    const { device } = site.fleet.units[0] ?? {};
    const ran = await site.run(['record', '-i', site.inventory, '--unit', unit.name, '--out', out]);
    expect(ran.exit, ran.info).toBe(0);
    expect(device?.counters).toMatchObject({ starts: 0, snmpWrites: 0, uploads: 0, answers: 0 });
    const persona = await readFile(join(out, 'persona.yaml'), 'utf8');
    const report = await readFile(join(out, 'report.md'), 'utf8');
    const read = PersonaShape.parse(parse(persona));
    expect(read).toMatchObject({ ...wanted, ups: { version: device?.version, microLinkId: 20 } });
    expect(read.answers['?']).toContain('System Commands:');
    expect(report).toContain('This is a simulated unit');
    expect(report).toContain('`upsfwupdate ?` in `/`');
    expect(report).toMatch(/upsAdvControlFirmwareUpdate.*\| (?:it reads 1|the card does not have it) \|/);
    const own = [device?.serial ?? '', device?.cardSerial ?? '', site.fleet.units[0]?.address ?? ''];
    for (const one of [...own, ...Object.values(site.fleet.environment)]) {
      expect(one).not.toBe('');
      expect(persona + report).not.toContain(one);
    }
  });

  it('of a card with a wrong password keeps the SNMP answers, and names what is missing', async () => {
    site = await openSite([NMC3]);
    const environment = { ...site.environment, UPSFW_SIM_PASSWORD: 'another password' };
    const words = ['record', '-i', site.inventory, '--unit', 'b', '--out', out, '--json'];
    const ran = await site.run(words, { environment });
    expect(ran.exit).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({
      schema: 'upsfw/record@1',
      persona: 'persona.yaml',
      simulated: true,
      missing: [{ what: 'the command line', problem: { code: 'device/login' } }],
    });
    const persona = await readFile(join(out, 'persona.yaml'), 'utf8');
    expect(persona).toMatch(/^# Not seen, assumed: .*upsfwupdate/m);
    expect(await readFile(join(out, 'report.md'), 'utf8')).toContain('`device/login`');
    expect(persona + ran.info).not.toContain('another password');
  });

  it('overwrites no existing file', async () => {
    site = await openSite([NMC3]);
    const words = ['record', '-i', site.inventory, '--unit', 'oslo/b', '--out', out];
    expect((await site.run(words)).exit).toBe(0);
    const before = await readFile(join(out, 'report.md'), 'utf8');
    const again = await site.run(words);
    expect(again.exit).toBe(2);
    expect(again.info).toContain('already exists');
    expect(await readFile(join(out, 'report.md'), 'utf8')).toBe(before);
    expect((await readdir(out)).sort()).toEqual(['persona.yaml', 'report.md']);
  });

  it('of a dead card keeps a report with the cause and no persona, and ends with 4', async () => {
    const closed = await closedPort();
    const ports = ['snmp', 'ssh', 'ftp', 'telnet', 'http', 'https']
      .map((name) => `${name}: ${closed}`)
      .join(', ');
    const inventory = join(out, '..', 'inventory.yaml');
    const unit = `{ name: dead, host: 127.0.0.1, ports: { ${ports} }, login: { user: apc, password: "env:SECRET" } }`;
    await writeFile(inventory, `version: 1\nsites:\n  - name: berlin\n    units:\n      - ${unit}\n`);
    const words = [
      'record',
      '-i',
      inventory,
      '--unit',
      'dead',
      '--out',
      out,
      '--state',
      join(out, '..', 'state'),
    ];
    const ran = await runHere(words, { environment: { SECRET: 'very-secret' } });
    expect(ran.exit).toBe(4);
    expect(ran.info).toContain('The card answered too little for a persona');
    expect(await readdir(out)).toEqual(['report.md']);
    const report = await readFile(join(out, 'report.md'), 'utf8');
    expect(report).toContain('`link/refused`');
    expect(report).not.toContain('127.0.0.1');
  });

  it('that is stopped keeps no file', async () => {
    site = await openSite([NMC3]);
    const words = ['record', '-i', site.inventory, '--unit', 'b', '--out', out, '--json'];
    const ran = await site.run(words, {
      onInterrupt: (handler) => {
        handler('interrupt');
        return () => undefined;
      },
    });
    expect(ran.exit).toBe(130);
    expect(JSON.parse(ran.out)).toMatchObject({ problem: { code: 'refused/stopped' }, exitCode: 130 });
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });

  it.each([
    [['record'], 'Give the address of one card'],
    [['record', '192.0.2.1', '--unit', 'b'], 'Give the address of one card'],
    [['record', '192.0.2.1'], 'No credential is given'],
    [['record', '192.0.2.1', '--user', 'apc', '--password', 'plain'], 'must be a reference'],
    [['record', '192.0.2.1', '--user', 'apc'], 'needs a terminal to ask on'],
    [['record', '192.0.2.1', '--community', 'env:UPSFW_NOT_SET'], 'is not set'],
    [['record', '--unit', 'b', '--user', 'apc'], 'cannot be used with --unit'],
  ])('refuses %o before it queries anything', async (words, message) => {
    const ran = await runHere([...words, '--state', out]);
    expect(ran.exit).toBe(2);
    expect(ran.info).toContain(message);
  });
});
