import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NMC2, openSite, type Site } from '../support/sites/site.ts';

let site: Site;
/** The unit in oslo has its own credentials; the units in berlin use the defaults. */
let inventory: string;

beforeAll(async () => {
  site = await openSite([NMC2, { ...NMC2, name: 'a2' }, { ...NMC2, name: 'b', site: 'oslo' }]);
  inventory = join(site.folder, 'own.yaml');
  const text = await readFile(site.inventory, 'utf8');
  const snmp = '{ version: "2c", community: env:OSLO_READ }';
  const login = '{ user: apc, password: file:oslo-password }';
  await writeFile(
    inventory,
    text.replace(
      /^( *)- name: b$/m,
      `$1- name: b\n$1  snmp: ${snmp}\n$1  write: ${snmp}\n$1  login: ${login}`,
    ),
  );
});
afterAll(() => site.close());

const Audit = z.looseObject({
  units: z.array(
    z.looseObject({
      name: z.string(),
      reachable: z.boolean(),
      verdict: z.looseObject({ status: z.string(), hops: z.array(z.unknown()) }),
      problem: z.looseObject({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
    }),
  ),
});

const kept = (): Promise<readonly string[]> => readdir(site.state).catch(() => []);

describe('a missing secret', () => {
  it('leaves its units unread, and units of other sites are audited', async () => {
    const ran = await site.run(['audit', '--json', '-i', inventory]);
    expect(ran.exit).toBe(2);
    const { units } = Audit.parse(JSON.parse(ran.out));
    expect(units.map(({ name, reachable }) => [name, reachable])).toEqual([
      ['a', true],
      ['a2', true],
      ['b', false],
    ]);
    expect(units[2]).toMatchObject({
      verdict: { status: 'unknown', hops: [] },
      problem: {
        code: 'config/secret',
        message: expect.stringContaining('env:OSLO_READ is not set'),
        hint: expect.stringContaining('OSLO_READ'),
      },
    });
    expect(ran.info).toContain('Secret env:OSLO_READ is not set: needed by oslo/b.');
    expect(await kept()).not.toContain('audits');
  });

  it('is in the report, and gives exit code 2 with any --fail-on', async () => {
    const ran = await site.run(['audit', '--fail-on', 'none', '-i', inventory]);
    expect(ran.exit).toBe(2);
    expect(ran.out).toContain('[config/secret]');
    expect(ran.out).toMatch(/^3 units: /m);
  });

  it('causes no change in a comparison', async () => {
    const environment = { ...site.environment, OSLO_READ: site.environment.UPSFW_SIM_READ };
    const before = await site.run(['audit', '--json', '-i', inventory], { environment });
    const file = join(site.folder, 'before.json');
    await writeFile(file, before.out);
    const ran = await site.run(['audit', '--json', '--compare', file, '-i', inventory]);
    const Changes = z.looseObject({ changes: z.record(z.string(), z.unknown()) });
    const { since: _since, ...changes } = Changes.parse(JSON.parse(ran.out)).changes;
    expect(Object.values(changes).filter((list) => Array.isArray(list) && list.length > 0)).toEqual([]);
  });

  it('is named with all the others and their units, if nothing can be read without them', async () => {
    const ran = await site.run(['audit', '--json', '-i', inventory], { environment: {} });
    expect(ran.exit).toBe(2);
    expect(JSON.parse(ran.out)).toMatchObject({
      schema: 'upsfw/error@1',
      problem: { code: 'config/secret' },
    });
    expect(ran.info).toContain('2 secrets are missing:');
    expect(ran.info).toContain('env:UPSFW_SIM_READ is not set: needed by berlin/a and berlin/a2.');
    expect(ran.info).toContain('env:OSLO_READ is not set: needed by oslo/b.');
  });

  it('keeps its unit in the plan, with the reason and without a hop', async () => {
    const ran = await site.run(['plan', '--json', '-i', inventory]);
    expect(ran.exit).toBe(2);
    const Planned = z.looseObject({
      units: z.array(
        z.looseObject({
          key: z.string(),
          hops: z.array(z.unknown()),
          problem: z.looseObject({ code: z.string() }).nullable(),
        }),
      ),
    });
    const { units } = Planned.parse(JSON.parse(ran.out));
    expect(units.map(({ key, hops, problem }) => [key, hops.length > 0, problem?.code ?? null])).toEqual([
      ['berlin/a', true, null],
      ['berlin/a2', true, null],
      ['oslo/b', false, 'config/secret'],
    ]);
  });

  it('stops an upgrade before anything is sent or written, and is named with all the others', async () => {
    const environment = { ...site.environment, UPSFW_SIM_WRITE: undefined };
    const ran = await site.run(['upgrade', '--apply', '--yes', '-i', inventory], { environment });
    expect(ran.exit).toBe(2);
    expect(ran.info).toContain('3 secrets are missing:');
    expect(ran.info).toContain('env:UPSFW_SIM_WRITE is not set: needed by berlin/a and berlin/a2.');
    expect(ran.info).toContain('env:OSLO_READ is not set: needed by oslo/b.');
    expect(ran.info).toContain(
      'file:oslo-password cannot be read: there is no such file or folder (ENOENT): needed by oslo/b.',
    );
    expect(await kept()).not.toContain('runs');
    for (const name of ['a', 'a2', 'b']) expect(site.fleet.device(name).counters.starts).toBe(0);
  });

  it('is requested once, for any number of units', async () => {
    const questions: string[] = [];
    const text = await readFile(inventory, 'utf8');
    await writeFile(inventory, text.replaceAll('env:UPSFW_SIM_READ', '"prompt:Read\u202e community"'));
    const ran = await site.run(['audit', '--json', '-i', inventory], {
      environment: { ...site.environment, OSLO_READ: site.environment.UPSFW_SIM_READ },
      ask: async (question) => {
        questions.push(question);
        return site.environment.UPSFW_SIM_READ ?? '';
      },
    });
    expect(questions).toEqual(['Read  community for 2 units (berlin/a, berlin/a2): ']);
    expect(Audit.parse(JSON.parse(ran.out)).units.every(({ reachable }) => reachable)).toBe(true);
  });

  it('is requested once for each kind and user, and the question names the units', async () => {
    const questions: string[] = [];
    const file = join(site.folder, 'asking.yaml');
    const text = await readFile(site.inventory, 'utf8');
    await writeFile(file, text.replaceAll(/env:[A-Z_]+/g, 'prompt'), { mode: 0o600 });
    const ran = await site.run(['upgrade', '--apply', '--yes', '--json', '-i', file], {
      ask: async (question) => {
        questions.push(question);
        const kind = /^SNMP community for writing/.test(question)
          ? 'UPSFW_SIM_WRITE'
          : question.startsWith('SNMP community')
            ? 'UPSFW_SIM_READ'
            : 'UPSFW_SIM_PASSWORD';
        return site.environment[kind] ?? '';
      },
    });
    expect(questions).toEqual([
      'SNMP community for 3 units (berlin/a, berlin/a2, ...): ',
      'SNMP community for writing for 3 units (berlin/a, berlin/a2, ...): ',
      'Password of apc for 3 units (berlin/a, berlin/a2, ...): ',
    ]);
    expect(ran.exit, ran.info).toBe(0);
  });
});

describe('a load that a single unit feeds', () => {
  it('is reported once by each command that uses its unit, with the similar name', async () => {
    const text = await readFile(site.inventory, 'utf8');
    const file = join(site.folder, 'feeds.yaml');
    await writeFile(
      file,
      text
        .replace(/^( *)- name: a$/m, '$1- name: a\n$1  feeds: [rack1]')
        .replace(/^( *)- name: a2$/m, '$1- name: a2\n$1  feeds: [rack-1]'),
    );
    for (const words of [['audit'], ['plan', '--json']]) {
      const ran = await site.run([...words, '-i', file]);
      expect(ran.info.split('Only berlin/a feeds "rack1", and berlin/a2 feeds "rack-1".')).toHaveLength(2);
      expect(ran.out).not.toContain('Only berlin/a');
    }
  });
});
