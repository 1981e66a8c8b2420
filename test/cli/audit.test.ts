import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { Io } from '../../src/cli/io.ts';
import { systemClock } from '../../src/files/index.ts';
import { closedPort } from '../support/devices/services.ts';
import { NMC2, NMC3, openSite, type Ran, type Site } from '../support/sites/site.ts';

let site: Site;
afterEach(() => site.close());

/** A current unit that no known advisory affects. */
const CURRENT = { name: 'c', site: 'porto', persona: 'smx1500-current' } as const;

const Place = z.looseObject({ site: z.string(), name: z.string(), serial: z.string().nullable() });
const AuditShape = z.looseObject({
  generatedAt: z.string(),
  units: z.array(Place),
  changes: z
    .looseObject({
      since: z.string(),
      new: z.array(Place),
      gone: z.array(Place),
      moved: z.array(Place.extend({ before: Place, now: Place })),
      replaced: z.array(Place),
      unreachable: z.array(Place),
      upgraded: z.array(Place),
    })
    .nullable(),
});

function auditOf(ran: Ran): z.infer<typeof AuditShape> {
  return AuditShape.parse(JSON.parse(ran.out));
}

function audit(words: readonly string[] = [], overrides: Partial<Io> = {}): Promise<Ran> {
  return site.run(['audit', '-i', site.inventory, ...words], overrides);
}

function at(time: string): Partial<Io> {
  return { clock: { ...systemClock, now: () => new Date(time) } };
}

async function edit(change: (text: string) => string): Promise<void> {
  const text = await readFile(site.inventory, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  await writeFile(site.inventory, changed);
}

/** An inventory without units. */
function without(text: string, name: string): string {
  const shape = z.looseObject({
    sites: z.array(z.looseObject({ units: z.array(z.looseObject({ name: z.string() })) })),
  });
  const inventory = shape.parse(parse(text));
  const sites = inventory.sites.map((one) => ({
    ...one,
    units: one.units.filter((unit) => unit.name !== name),
  }));
  return stringify({ ...inventory, sites });
}

function kept(): Promise<readonly string[]> {
  return readdir(join(site.state, 'audits'));
}

describe('audit --fail-on', () => {
  it('fails only on the named conditions', async () => {
    site = await openSite([NMC2, CURRENT]);
    const cases: readonly (readonly [words: readonly string[], exit: number])[] = [
      [[], 3],
      [['--fail-on', 'outdated'], 3],
      [['--fail-on', 'vulnerable'], 3],
      [['--fail-on', 'blocked, unknown,unreachable'], 0],
      [['--fail-on', 'unsupported', '--fail-on', 'outdated'], 3],
      [['--fail-on', 'none'], 0],
      [['--fail-on', 'outdated', '--unit', 'c'], 0],
      [['--unit', 'c'], 0],
      [['--advisory', 'CVE-2022-0715'], 3],
      [['--advisory', 'CVE-2022-0715', '--fail-on', 'none'], 0],
    ];
    for (const [words, exit] of cases) expect((await audit(words)).exit, words.join(' ')).toBe(exit);
  });

  it('fails on silent units and on service findings, if they are named', async () => {
    site = await openSite([CURRENT]);
    const closed = await closedPort();
    await edit((text) =>
      text.replaceAll(
        /^( *)ports:$/gm,
        `$&\n$1  telnet: ${closed}\n$1  http: ${closed}\n$1  https: ${closed}`,
      ),
    );
    expect((await audit(['--services', '--fail-on', 'services'])).exit).toBe(3);
    expect((await audit(['--services', '--fail-on', 'unreachable'])).exit).toBe(0);
    await edit((text) => text.replace(/snmp: \d+$/m, `snmp: ${closed}`));
    expect((await audit(['--fail-on', 'unreachable'])).exit).toBe(3);
    expect((await audit(['--fail-on', 'outdated,unknown'])).exit).toBe(0);
  });

  it.each([
    [['--fail-on', 'outdatet'], /"outdatet".*\n.*outdated, blocked, .*changed, or none/],
    [['--fail-on', 'outdated,'], /""/],
    [['--fail-on', 'none,outdated'], /both none and outdated/],
    [['--fail-on', 'changed'], /--compare or --since/],
    [['--fail-on', 'services'], /--services/],
    [['--compare', 'LAST', '--since', '2026-01-01'], /--compare and --since/],
    [['--compare', 'LAST', '--advisory', 'CVE-2022-0715'], /--advisory/],
    [['--compare', 'LAST'], /no audit/],
    [['--since', '2026-01-01'], /no audit/],
    [['--since', '2026-13-01'], /since/],
    [['--compare', 'no-such.json'], /there is no such file/],
    [['--json', '--format', 'prometheus'], /--json and --format/],
    [['--summary', '--details'], /--summary and --details/],
    [['--out', 'no-such-folder/x.prom'], /cannot be written/],
  ] as const)('refuses %s before it contacts any unit', async (words, text) => {
    site = await openSite([NMC2]);
    const ran = await audit(words);
    expect(ran.exit).toBe(2);
    expect(ran.info).toMatch(text);
    expect(site.fleet.device('a').counters.snmpReads).toBe(0);
  });
});

describe('audit --compare', () => {
  it('names the moved unit, the new one, the missing one and the upgraded one', async () => {
    site = await openSite([NMC2, NMC3, CURRENT, { ...CURRENT, name: 'd' }]);
    const whole = await readFile(site.inventory, 'utf8');
    await edit(() => without(whole, 'd'));
    const first = await audit(['--json']);
    expect(auditOf(first).changes).toBeNull();

    const nothing = await audit(['--compare', 'LAST', '--fail-on', 'changed']);
    expect(nothing.exit).toBe(0);
    expect(nothing.out).toContain('no changes');

    await site.run(['upgrade', '--apply', '--yes', '-i', site.inventory, '--unit', 'a']);
    await edit(() => without(whole, 'c').replace('name: b\n', 'name: renamed\n'));
    const changed = await audit(['--compare', 'LAST', '--fail-on', 'changed', '--json']);
    expect(changed.exit).toBe(3);
    const { changes } = auditOf(changed);
    expect(changes?.upgraded).toMatchObject([{ name: 'a' }]);
    expect(changes?.moved).toMatchObject([{ before: { name: 'b' }, now: { name: 'renamed' } }]);
    expect(changes).toMatchObject({ new: [{ name: 'd' }], gone: [{ name: 'c' }] });
    expect(changes).toMatchObject({ replaced: [], unreachable: [] });

    // The first printed audit stays usable for a comparison, with any later stored audit.
    const file = join(site.folder, 'first.json');
    await writeFile(file, first.out);
    const since = auditOf(await audit(['--compare', file, '--json'])).changes;
    expect(since?.since).toBe(auditOf(first).generatedAt);
    expect(since?.moved).toMatchObject([{ name: 'renamed' }]);
    const text = await audit(['--compare', file]);
    expect(text.out).toMatch(/oslo\/renamed +moved +serial \S+, was oslo\/b at \S+, is oslo\/renamed at/);
    expect(text.out).toMatch(/berlin\/a +upgraded +UPS 09\.4 \(ID18\) -> UPS 15\.1 \(ID18\)/);
    expect((await site.run(['report', '--audit'])).out).toBe(text.out);
    expect((await site.run(['report', '--audit', '--format', 'md'])).out).toMatch(
      /^- oslo\/renamed - \*\*moved\*\*/m,
    );
  });

  it('compares only the chosen units, and stores no audit of a part of the fleet', async () => {
    site = await openSite([NMC2, NMC3]);
    await audit();
    expect(await kept()).toHaveLength(1);
    for (const words of [
      ['--site', 'oslo'],
      ['--unit', 'b'],
      ['--site', 'oslo', '--unit', 'b'],
    ]) {
      const { changes, units } = auditOf(await audit([...words, '--compare', 'LAST', '--json']));
      expect(units).toHaveLength(1);
      expect(changes).toMatchObject({ new: [], gone: [], moved: [], unreachable: [] });
    }
    expect(await kept()).toHaveLength(1);
    const { changes } = auditOf(await audit(['--compare', 'LAST', '--json']));
    expect(changes).toMatchObject({ new: [], gone: [] });
  });

  it('finds the audit of a day, and reports if none is that old', async () => {
    site = await openSite([NMC2]);
    const times = [
      '2026-03-01T10:00:00.000Z',
      '2026-03-02T23:59:59.999Z',
      '2026-03-03T00:00:00.000Z',
      '2026-03-03T00:00:00.000Z',
    ];
    for (const time of times) await audit([], at(time));
    // Two audits of the same moment stay two audits.
    expect(await kept()).toHaveLength(4);
    const since = async (day: string) => {
      const ran = await audit(['--since', day, '--json', '--unit', 'a']);
      return [auditOf(ran).changes?.since, ran.info.includes('Comparing with the oldest')];
    };
    expect(await since('2026-03-02')).toEqual([times[1], false]);
    expect(await since('2026-03-01')).toEqual([times[0], false]);
    expect(await since('2026-06-01')).toEqual([times[3], false]);
    expect(await since('2026-02-28')).toEqual([times[0], true]);
  });

  it('treats the second audit of one moment as the later one, and reads audits of an older version', async () => {
    site = await openSite([NMC2]);
    const now = at('2026-03-03T00:00:00.000Z');
    await audit([], now);
    await edit((text) => text.replace('name: a\n', 'name: later\n'));
    await audit([], now);
    expect((await site.run(['report', '--audit'])).out).toContain('later');

    const [first = ''] = await kept();
    const file = join(site.state, 'audits', first);
    const Whole = z.looseObject({ changes: z.null() });
    const { changes: _none, ...older } = Whole.parse(JSON.parse(await readFile(file, 'utf8')));
    await writeFile(join(site.state, 'audits', '20260304T000000000Z.json'), JSON.stringify(older));
    expect((await site.run(['report', '--audit'])).exit).toBe(0);
    expect((await audit(['--compare', 'LAST'])).out).toContain('Since 2026-03-03');
  });
});

describe('audit --out', () => {
  it('writes complete metrics at once, readable for others, and prints nothing', async () => {
    site = await openSite([NMC2]);
    const folder = join(site.folder, 'textfile');
    await mkdir(folder);
    const file = join(folder, 'upsfw.prom');
    const before = process.umask(0o077);
    try {
      for (let time = 0; time < 2; time += 1) {
        const ran = await audit(['--format', 'prometheus', '--out', file, '--fail-on', 'none']);
        expect(ran).toMatchObject({ exit: 0, out: '' });
      }
    } finally {
      process.umask(before);
    }
    expect(await readdir(folder)).toEqual(['upsfw.prom']);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^upsfw_unit_outdated\{site="berlin",name="a"\} 1$/m);
    expect(text).toMatch(/^upsfw_unit_info\{.*simulated="true"\} 1$/m);
    expect(text).toMatch(/^upsfw_audit_duration_seconds \d+(\.\d+)?$/m);
    for (const secret of Object.values(site.fleet.environment)) expect(text).not.toContain(secret);
  });

  it('writes JSON that a later audit accepts, through a link, readable only for its owner', async () => {
    site = await openSite([NMC2]);
    const file = join(site.folder, 'audit.json');
    const link = join(site.folder, 'latest.json');
    await writeFile(file, 'old');
    await symlink(file, link);
    expect(await audit(['--json', '--out', link])).toMatchObject({ exit: 3, out: '' });
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await audit(['--compare', link])).out).toContain('no changes');
  });

  it('replaces only files', async () => {
    site = await openSite([NMC2]);
    for (const path of [site.folder, '/dev/null']) {
      const ran = await audit(['--out', path]);
      expect(ran.exit).toBe(2);
      expect(ran.info).toContain('not a regular file');
    }
  });
});

describe('audit --summary', () => {
  it('shows sites and causes, and units only with --details', async () => {
    site = await openSite([NMC2, NMC3]);
    const whole = await audit(['--details']);
    const short = await audit(['--summary']);
    expect(whole.out).toMatch(/^ {2}a \[simulated\]/m);
    expect(short.out).not.toMatch(/^ {2}a \[simulated\]/m);
    for (const { out } of [whole, short]) {
      expect(out).toMatch(/^ {2}total +2 +- +2 +- +- +- +- +2$/m);
      expect(out).toMatch(/^ {2}upsfw plan +2 units +can be upgraded$/m);
    }
    expect((await site.run(['report', '--audit', '--summary'])).out).toBe(short.out);
    expect((await site.run(['report', '--audit', '--summary', '--format', 'md'])).out).toContain(
      '| total | 2 | - | 2 |',
    );
    expect((await site.run(['report', '--summary'])).exit).toBe(2);
  });
});
