import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Persona, PersonaSchema } from '../../src/sim/index.ts';
import { openSite, type Ran, type Site } from '../support/sites/site.ts';

/** Invisible characters, and characters that turn, hide or erase visible text. */
const HOSTILE =
  'x\u061c\u200e\u202e\u2066\u0086\u009b2J\u001b[2J\u001b]0;t\u0007\u200b\ufeff\u00ad\u{e0041}\u2028y';
/** The same text as an SNMP agent can send it: one byte per character. */
const BYTES = 'x\u0086\u009b2J\u001b[2J\u001b]0;t\u0007\u00ady';
const NEVER =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]/u;

async function hostilePersona(): Promise<Persona> {
  const file = new URL('../../src/sim/personas/smt1500-nmc2.yaml', import.meta.url);
  const persona = PersonaSchema.parse(parse(await readFile(file, 'utf8')));
  return {
    ...persona,
    ups: { ...persona.ups, model: `Smart-UPS 1500${BYTES}`, sku: `SMT1500${BYTES}`, manufactured: BYTES },
    card: { ...persona.card, model: `AP9631${BYTES}`, hardwareRevision: BYTES },
  };
}

let site: Site;
beforeAll(async () => {
  site = await openSite([{ name: 'a', site: 'berlin', persona: await hostilePersona(), feeds: ['rack-1'] }]);
  const text = await readFile(site.inventory, 'utf8');
  await writeFile(site.inventory, text.replace('rack-1', JSON.stringify(HOSTILE)));
  await writeFile(join(site.folder, 'images', `${HOSTILE.replaceAll('/', '')}.enc`), 'no image');
  await writeFile(join(site.folder, 'images', 'apc_hw05_aos_\u202e722.bin'), 'no firmware');
});
afterAll(() => site.close());

function seen(ran: Ran): Ran {
  for (const text of [ran.out, ran.info]) {
    const found = NEVER.exec(text);
    if (found !== null) {
      const around = text.slice(Math.max(0, found.index - 60), found.index + 60);
      expect.fail(`U+${text.codePointAt(found.index)?.toString(16)} in ${JSON.stringify(around)}`);
    }
  }
  return ran;
}

/** Runs a command, and searches its output for these characters. */
async function run(words: readonly string[], input?: string): Promise<Ran> {
  return seen(await site.run(words, input === undefined ? {} : { input: Readable.from([input]) }));
}

describe('text from a device', () => {
  it.each([
    ['audit'],
    ['audit', '--services'],
    ['audit', '--json'],
    ['audit', '--format', 'prometheus'],
    ['audit', '--log-level', 'debug'],
    ['plan'],
    ['plan', '--format', 'md'],
    ['plan', '--json', '--unit', 'a', '--switch-output', 'off'],
    ['plan', '--unit', 'a', '--switch-output', 'off'],
  ])('is sanitized in %s %s %s', async (...words) => {
    const ran = await run([...words, '-i', site.inventory]);
    expect(ran.out).toContain('Smart-UPS 1500');
  });

  it('is sanitized in stored files, and when a run, an audit or a plan is read back', async () => {
    const inventory = ['-i', site.inventory];
    const plan = join(site.folder, 'plan.json');
    await run(['plan', '--out', plan, ...inventory]);
    const upgraded = await run([
      'upgrade',
      '--plan',
      plan,
      '--apply',
      '--yes',
      '--log-level',
      'debug',
      ...inventory,
    ]);
    expect(upgraded.exit, upgraded.info).toBe(0);
    for (const words of [
      ['status'],
      ['status', '--live'],
      ['report'],
      ['report', '--format', 'md'],
      ['report', '--json'],
    ]) {
      await run(words);
    }
    await run(['report', '--audit']);
    await run(['report', '--audit', '--format', 'json']);
    const stored = [plan, ...(await filesBelow(site.state))];
    expect(stored.some((file) => file.endsWith('transcript.jsonl'))).toBe(true);
    for (const file of stored.filter((one) => /\.jsonl?$/.test(one) && !one.includes('images.json'))) {
      expect(NEVER.test(await readFile(file, 'utf8')), file).toBe(false);
    }
  }, 60_000);
});

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('text from files', () => {
  it('is sanitized in findings about keys, names, hosts and secrets of an inventory', async () => {
    const odd = JSON.stringify(HOSTILE);
    const file = join(site.folder, 'odd.yaml');
    const unit = `{ name: ${odd}, host: ${odd}, ${odd}: 1, snmp: { version: "2c", community: ${odd} }, redundantWith: [${odd}], serial: ${odd} }`;
    for (const text of [
      `version: 1\n${odd}: 1\nsites: [{ name: ${odd}, units: [${unit}, ${unit}] }]\n`,
      `version: 1\nsites: [${HOSTILE}\n`,
      `version: 1\nversion: 1\n? ${odd}\n: ${odd}: ${odd}\n`,
    ]) {
      await writeFile(file, text);
      for (const json of [[], ['--json']]) expect((await run(['audit', '-i', file, ...json])).exit).toBe(2);
      expect((await run(['rules', 'check', file])).exit).toBe(2);
      expect((await run(['discover', '127.0.0.1', '--credentials', file])).exit).toBe(2);
    }
  });

  it('is sanitized in every imported list', async () => {
    const row = {
      name: HOSTILE,
      hostname: HOSTILE,
      sysName: HOSTILE,
      serial: HOSTILE,
      location: HOSTILE,
      os: 'apc',
      hardware: HOSTILE,
    };
    const netbox = {
      ...row,
      site: { name: HOSTILE },
      primary_ip: { address: HOSTILE },
      role: { name: `${HOSTILE} pdu` },
      status: { value: HOSTILE },
    };
    const good = { ...netbox, primary_ip: { address: '10.0.0.1/24' }, role: null };
    const lists: readonly (readonly [string, string])[] = [
      ['netbox', JSON.stringify([netbox, good, { ...good, name: `${HOSTILE}2` }])],
      [
        'librenms',
        JSON.stringify([row, { ...row, os: HOSTILE }, { ...row, ip: '10.0.0.1', hostname: '10.0.0.2' }]),
      ],
      [
        'ansible',
        JSON.stringify({
          [HOSTILE]: { hosts: [HOSTILE, '10.0.0.1'], vars: { a: 1 } },
          b: { hosts: ['10.0.0.1'] },
        }),
      ],
      ['csv', `host,name,"${HOSTILE}",serial\n10.0.0.1,"${HOSTILE}",x,"${HOSTILE}"\n"${HOSTILE}",a,b,c\n`],
      [
        'nut',
        `[${HOSTILE.replaceAll('\u2028', '')}]\ndriver = snmp-ups\nport = 10.0.0.1\n[b]\ndriver = "${HOSTILE}"\n`,
      ],
      ['netbox', `{"${HOSTILE}": [`],
    ];
    for (const [format, text] of lists) {
      for (const json of [[], ['--json']]) await run(['import', format, '-', ...json], text);
    }
    await run(['import', 'ansible', '-', '--group', HOSTILE], lists[2]?.[1]);
  });

  it('is sanitized in answers of NetBox', async () => {
    const server = createServer((request, response) => {
      if (request.url?.includes('page') === true) response.writeHead(200).end(HOSTILE);
      else response.writeHead(200).end(JSON.stringify({ next: `http://other${HOSTILE}/`, results: [] }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      for (const path of ['', 'api/dcim/devices/?page=2']) {
        const url = `http://127.0.0.1:${port}/${path}`;
        expect((await run(['import', 'netbox', url, '--plaintext'])).exit).toBe(2);
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('is sanitized in images and their names', async () => {
    const images = join(site.folder, 'images');
    for (const words of [
      ['images', images],
      ['images', images, '--json'],
      ['images', join(images, HOSTILE)],
    ]) {
      await run(words);
    }
  });

  it('is sanitized in an edited plan and an edited audit', async () => {
    const folder = join(site.folder, 'changed');
    await mkdir(folder, { recursive: true });
    const made = await site.run(['audit', '--json', '-i', site.inventory]);
    const file = join(folder, `audit${HOSTILE.replaceAll('/', '')}.json`);
    await writeFile(file, made.out.replaceAll('"berlin"', JSON.stringify(HOSTILE)));
    await run(['audit', '--compare', file, '-i', site.inventory]);
    await run(['audit', '--compare', file, '--json', '-i', site.inventory]);
    await writeFile(file, HOSTILE);
    expect((await run(['audit', '--compare', file, '-i', site.inventory])).exit).toBe(2);
    expect((await run(['upgrade', '--plan', file, '-i', site.inventory])).exit).toBe(2);
  });
});

describe('text from the command line and the environment', () => {
  it.each([
    [['audit', '--unit', HOSTILE]],
    [['audit', '--site', HOSTILE]],
    [['audit', '-i', HOSTILE]],
    [['audit', '--rules', HOSTILE]],
    [['audit', '--images', HOSTILE]],
    [['audit', `--${HOSTILE}`]],
    [['audit', '--advisory', HOSTILE]],
    [['audit', '--out', `/${HOSTILE}/x`]],
    [['plan', '--override', `${HOSTILE}=reason enough`]],
    [['plan', '--override', `no-such-rule=${HOSTILE}`]],
    [['upgrade', '--plan', HOSTILE]],
    [['resume', HOSTILE]],
    [['report', HOSTILE]],
    [['discover', HOSTILE, '--community', 'env:UPSFW_SIM_READ']],
    [['record', HOSTILE]],
    [['import', 'csv', HOSTILE]],
    [['import', 'netbox', `https://${HOSTILE}/`]],
    [['import', 'csv', '-', '--site', HOSTILE]],
    [['rules', 'explain', HOSTILE]],
    [['rules', 'decide', '--model', HOSTILE, '--firmware', HOSTILE]],
    [['rules', 'decide', '--model', HOSTILE, '--firmware', HOSTILE, '--json']],
    [['local', 'inspect', HOSTILE]],
    [[HOSTILE]],
  ])('is sanitized in the messages about %j', async (words) => {
    const own = words[0] === 'audit' || words[0] === 'plan' || words[0] === 'upgrade';
    await run(own && !words.includes('-i') ? [...words, '-i', site.inventory] : words);
  });

  it('is sanitized in decisions on many lines', async () => {
    const line = JSON.stringify({ model: HOSTILE, firmware: HOSTILE, [HOSTILE]: 1 });
    const ran = await run(
      ['rules', 'decide', '--jsonl'],
      `${line}\n${JSON.stringify({ model: HOSTILE })}\n${HOSTILE}\n`,
    );
    const [, second = ''] = ran.out.split('\n');
    expect(JSON.parse(second)).toMatchObject({ input: { model: HOSTILE } });
  });

  it('is sanitized in the name of the state folder', async () => {
    const environment = { ...site.environment, XDG_STATE_HOME: `/proc/${HOSTILE}` };
    seen(await site.run(['status'], { environment }));
  });
});
