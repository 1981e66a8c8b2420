import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../../src/core/index.ts';
import {
  createSecretResolver,
  findPartners,
  type Inventory,
  readInventory,
  resolveTarget,
  type SecretSources,
} from '../../src/inventory/index.ts';

function read(text: string): Inventory {
  return readInventory(text, join(tmpdir(), 'inventory.yaml'), 'inventory.yaml');
}

function findings(text: string): string {
  try {
    read(text);
  } catch (thrown) {
    if (thrown instanceof Problem) return `${thrown.code}\n${thrown.message}`;
  }
  return 'none';
}

const GOOD = `
version: 1
images: ./images
defaults:
  snmp: { version: "2c", community: env:READ }
  write: { version: "2c", community: env:WRITE }
  login: { user: apc, password: env:PASSWORD }
  plaintext: false
  concurrency: 3
sites:
  - name: berlin
    transfer: [ftp]
    ports: { snmp: 1161 }
    units:
      - { name: a, host: 10.1.12.20, feeds: [rack-12], plaintext: true, ports: { ssh: 2022 } }
      - { name: b, host: ups-b.example.org, feeds: [rack-12], snmp: { version: "3", user: audit } }
  - name: oslo
    concurrency: 1
    units:
      - { name: a, host: "fd00::7", redundantWith: [berlin/b], login: null }
      - { name: closet-3, usb: any }
`;

describe('inventory', () => {
  it('takes the unit over its site over the defaults', async () => {
    const inventory = read(GOOD);
    const sources: SecretSources = {
      environment: { READ: 'r', WRITE: 'w', PASSWORD: 'p' },
      folder: tmpdir(),
      ask: null,
    };
    const [a, b, osloA, closet] = await Promise.all(
      inventory.units.map((unit) => resolveTarget(unit, createSecretResolver(sources), 'write')),
    );
    expect(a?.network).toMatchObject({
      plaintext: true,
      transfer: ['ftp'],
      start: ['snmp', 'cli'],
      ports: { snmp: 1161, ssh: 2022, ftp: 21 },
    });
    expect(b?.network).toMatchObject({ plaintext: false, snmp: { version: '3', user: 'audit', auth: null } });
    expect(osloA?.network).toMatchObject({ login: null, transfer: ['scp', 'ftp'], ports: { snmp: 161 } });
    expect(closet).toMatchObject({ network: null, local: { usb: 'any' } });
    expect(inventory.sites).toEqual([
      { name: 'berlin', concurrency: 3 },
      { name: 'oslo', concurrency: 1 },
    ]);
    expect(JSON.stringify([a, b])).not.toContain('"w"');
  });

  it('allows one alias for all units of a large fleet, and no alias bomb', () => {
    const units = Array.from(
      { length: 3000 },
      (_, n) => `      - { name: u${n}, host: 192.0.2.1, ports: { snmp: ${n + 1} }, snmp: *all }\n`,
    );
    const head = "version: 1\ndefaults:\n  snmp: &all { version: '2c', community: env:READ }\n";
    expect(read(`${head}sites:\n  - name: large\n    units:\n${units.join('')}`).units).toHaveLength(3000);
    const levels = Array.from(
      { length: 9 },
      (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(', ')}]\n`,
    );
    expect(findings(`a0: &a0 x\n${levels.join('')}`)).toContain('Excessive alias count');
  });

  it('needs no write credential and no login for reading', async () => {
    const [unit] = read(GOOD).units;
    if (unit === undefined) throw new Error('no unit');
    const secrets = createSecretResolver({ environment: { READ: 'r' }, folder: tmpdir(), ask: null });
    const target = await resolveTarget(unit, secrets, 'read');
    expect(target.network).toMatchObject({ write: null, login: null });
    await expect(resolveTarget(unit, secrets, 'write')).rejects.toMatchObject({
      code: 'config/secret',
      message: /env:/,
    });
  });

  it('finds partners by load within a site, and by name', () => {
    const partners = findPartners(read(GOOD));
    expect(partners.get('berlin/a')).toEqual(['berlin/b']);
    expect(partners.get('berlin/b')).toEqual(['berlin/a', 'oslo/a']);
    expect(partners.get('oslo/a')).toEqual(['berlin/b']);
    expect(partners.get('oslo/closet-3')).toEqual([]);
  });

  it('reports every finding at once, with line and column', () => {
    const text = findings(`version: 1
defaults:
  snpm: { version: "2c", community: env:READ }
sites:
  - name: berlin
    units:
      - { name: 0123, host: 10.0.0.1 }
      - name: b
        host: 10.0.0.2
        snmp: { version: 3, user: x }
        window: { days: [sat], from: "2:00", to: "05:00", timezone: Berlin }
`);
    expect(text).toContain('config/inventory');
    expect(text).toContain('inventory.yaml:3:3: defaults: unknown key "snpm"');
    expect(text).toContain('inventory.yaml:7:17: sites[0].units[0].name');
    expect(text).toContain('put it in quotes: "0123"');
    expect(text).toMatch(/inventory\.yaml:10:\d+: sites\[0\]\.units\[1\]\.snmp.*put it in quotes: "3"/);
    expect(text).toContain('must be a time of day');
    expect(text).toContain('is not a time zone name');
  });

  it('reports contradictions together with schema errors', () => {
    const text = findings(`version: 1
defaults: { login: { user: apc, password: env:P, passwrd: x } }
sites:
  - name: berlin
    units:
      - { name: a, host: 10.0.0.1, redundantWith: [zz] }
      - { name: a, host: 10.0.0.1 }
      - 5
  - 7
`);
    expect(text).toContain('inventory.yaml:2:50: defaults.login: unknown key "passwrd"');
    expect(text).toContain('inventory.yaml:6:52: there is no unit "berlin/zz"');
    expect(text).toContain('inventory.yaml:7:17: the name "berlin/a" is already used by berlin/a');
    expect(text).toContain('inventory.yaml:8:9: sites[0].units[2]');
    expect(text).toContain('inventory.yaml:9:5: sites[1]');
    expect(text).not.toContain('neither snmp nor login');
  });

  it.each([
    ['a secret in the file itself', GOOD.replace('env:PASSWORD', 'swordfish'), /must be a reference/],
    ['an unknown partner', GOOD.replace('berlin/b', 'berlin/c'), /there is no unit "berlin\/c"/],
    [
      'an address twice',
      GOOD.replace('ups-b.example.org', '10.1.12.20'),
      /10\.1\.12\.20 port 1161 is already used by berlin\/a/,
    ],
    [
      'a name twice',
      GOOD.replace('name: b,', 'name: a,'),
      /the name "berlin\/a" is already used by berlin\/a/,
    ],
    [
      'a port twice',
      GOOD.replace('- { name: b,', '- { name: d, usb: any }\n      - { name: b,'),
      /the port usb: any is already used by/,
    ],
    ['a unit without an address', GOOD.replace(', usb: any', ''), /no host, serialPort or usb/],
    ['two addresses', GOOD.replace('usb: any', 'usb: any, serialPort: /dev/ttyUSB0'), /more than one of/],
    [
      'an auth without its key',
      GOOD.replace('user: audit', 'user: audit, auth: sha'),
      /auth and authKey go together/,
    ],
    ['a port out of range', GOOD.replace('1161', '70000'), /ports\.snmp/],
    ['broken YAML', 'version: 1\n  sites: [', /inventory\.yaml:2:/],
    ['no credential', GOOD.replace(/ {2}snmp: .*\n/, ''), /neither snmp nor login/],
  ])('refuses %s', (_name, text, expected) => {
    expect(findings(text)).toMatch(expected);
  });

  it('never repeats a secret from the file', () => {
    expect(findings(GOOD.replace('env:PASSWORD', 'swordfish'))).not.toContain('swordfish');
  });
});

describe('secrets', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upsfw-secrets-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const resolver = (overrides: Partial<SecretSources> = {}) =>
    createSecretResolver({ environment: {}, folder, ask: null, ...overrides });

  it('come from a file that only the owner can read', async () => {
    const file = join(folder, 'password');
    await writeFile(file, 'swordfish\n', { mode: 0o600 });
    expect((await resolver().resolve('file:password', 'x')).reveal()).toBe('swordfish');
    if (process.platform === 'win32') return;
    await chmod(file, 0o644);
    await expect(resolver().resolve('file:password', 'x')).rejects.toMatchObject({
      code: 'config/secret',
      hint: /chmod 600/,
    });
  });

  it('come from a command without a shell, whose output is in no error', async () => {
    const node = process.execPath;
    const good = await resolver().resolve({ cmd: [node, '-e', 'console.log("sword" + "$HOME")'] }, 'x');
    expect(good.reveal()).toBe('sword$HOME');
    const failing = resolver().resolve(
      { cmd: [node, '-e', 'console.log("swordfish"); process.exit(1)'] },
      'x',
    );
    const problem = await failing.catch((thrown: unknown) => thrown);
    expect(problem).toMatchObject({ code: 'config/secret' });
    expect(JSON.stringify(problem) + String(problem instanceof Error ? problem.cause : '')).not.toContain(
      'swordfish',
    );
  });

  it('are asked for once on a terminal, and refused without one', async () => {
    let prompts = 0;
    const secrets = resolver({
      ask: async () => {
        prompts += 1;
        return 'typed';
      },
    });
    await secrets.resolve('prompt', 'Password');
    expect((await secrets.resolve('prompt', 'Password')).reveal()).toBe('typed');
    expect(prompts).toBe(1);
    await expect(resolver().resolve('prompt', 'Password')).rejects.toMatchObject({ code: 'config/secret' });
  });

  it('of another kind or with another label are asked for separately', async () => {
    const questions: string[] = [];
    const secrets = resolver({
      ask: async (question) => {
        questions.push(question);
        return `typed ${questions.length}`;
      },
    });
    const promptFor = async (reference: string, what: string): Promise<string> =>
      (await secrets.resolve(reference, what, 'berlin/a')).reveal();
    // A community that is sent in the clear must never be a password.
    expect(await promptFor('prompt', 'SNMP community')).toBe('typed 1');
    expect(await promptFor('prompt', 'Password of apc')).toBe('typed 2');
    expect(await promptFor('prompt:Oslo', 'Password of apc')).toBe('typed 3');
    expect(await promptFor('prompt:Oslo', 'Password of apc')).toBe('typed 3');
    expect(questions).toEqual(['SNMP community for berlin/a: ', 'Password of apc for berlin/a: ', 'Oslo: ']);
  });

  it('that are empty are missing', async () => {
    await expect(resolver({ environment: { A: '' } }).resolve('env:A', 'x')).rejects.toMatchObject({
      message: /is empty/,
    });
  });
});
