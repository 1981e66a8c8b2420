import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readPlanFile } from '../../src/cli/documents/plan-file.ts';
import { NMC2, NMC3, openSite, type Ran, runOf, type Site } from '../support/sites/site.ts';

const DocumentShape = z.looseObject({
  id: z.string(),
  digest: z.string(),
  protects: z.array(z.array(z.string())),
  units: z.array(
    z.looseObject({
      key: z.string(),
      verdict: z.looseObject({
        status: z.string(),
        reasons: z.array(z.looseObject({ code: z.string(), because: z.string() })),
      }),
    }),
  ),
});

const ErrorShape = z.looseObject({
  problem: z.looseObject({ code: z.string(), message: z.string(), hint: z.string() }),
});

function problemOf(ran: Ran): z.infer<typeof ErrorShape>['problem'] {
  return ErrorShape.parse(JSON.parse(ran.out)).problem;
}

let site: Site;
afterEach(() => site?.close());

const planFile = (): string => join(site.folder, 'plan.json');

async function makePlan(...words: readonly string[]): Promise<Ran> {
  return site.run(['plan', '-i', site.inventory, '--out', planFile(), ...words]);
}

function applyPlan(...words: readonly string[]): Promise<Ran> {
  return site.run(['upgrade', '--plan', planFile(), '--apply', '--yes', '--json', ...words]);
}

function starts(): number {
  return site.fleet.units.reduce(
    (sum, { device }) => sum + device.counters.starts + device.counters.uploads,
    0,
  );
}

async function editInventory(change: (text: string) => string): Promise<void> {
  const before = await readFile(site.inventory, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(site.inventory, after);
}

/** The path of every value of a JSON document that has no nested values. */
function leaves(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (Array.isArray(value)) {
    const found: readonly unknown[] = value;
    return found.length === 0 ? [path] : found.flatMap((one, index) => leaves(one, [...path, index]));
  }
  if (typeof value === 'object' && value !== null) {
    const found = Object.entries(value);
    return found.length === 0 ? [path] : found.flatMap(([key, one]) => leaves(one, [...path, key]));
  }
  return [path];
}

/** The same JSON document with another value at a path. */
function changed(value: unknown, [first, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (first === undefined) return by;
  if (Array.isArray(value)) {
    const found: readonly unknown[] = value;
    return found.map((one, index) => (index === first ? changed(one, rest, by) : one));
  }
  const fields = Object.entries(value ?? {});
  return Object.fromEntries(fields.map(([key, one]) => [key, key === first ? changed(one, rest, by) : one]));
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (at, key) => Object.entries(at ?? {}).find(([name]) => name === String(key))?.[1],
    value,
  );
}

describe('a plan file whose content was edited', () => {
  let text = '';
  let folder = '';
  beforeAll(async () => {
    // A blocked unit has reasons, remedies and a work order, and the approver sees all of them.
    const made = await openSite([NMC2, NMC3, { name: 'shut', site: 'porto', persona: 'smt1500c-closed' }]);
    const file = join(made.folder, 'plan.json');
    await made.run(['plan', '-i', made.inventory, '--out', file]);
    text = await readFile(file, 'utf8');
    folder = made.folder;
    await made.fleet.close();
  });

  it('is refused after a change of any single value', async () => {
    const document: unknown = JSON.parse(text);
    const file = join(folder, 'edited.json');
    const places = leaves(document);
    expect(places.length).toBeGreaterThan(200);
    const words = places.map((path) => path.join('.'));
    for (const part of [
      'remedy',
      'because',
      'firmware.raw',
      'workOrders.0',
      'advisories',
      'madeWith.inventory.file',
    ])
      expect(
        words.some((word) => word.includes(part)),
        part,
      ).toBe(true);
    await writeFile(file, text);
    expect((await readPlanFile(file)).plan.units).toHaveLength(3);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.jsonValue(), async (path, value) => {
        fc.pre(JSON.stringify(value) !== JSON.stringify(valueAt(document, path)));
        fc.pre(JSON.stringify(value) !== '-0' && !Object.is(value, -0));
        await writeFile(file, JSON.stringify(changed(document, path, value)));
        await expect(readPlanFile(file)).rejects.toMatchObject({ code: 'config/plan' });
      }),
      { numRuns: 300 },
    );
  });

  it('is refused with an added or a missing key, and accepted with another layout', async () => {
    const document: unknown = JSON.parse(text);
    const file = join(folder, 'edited.json');
    for (const [key] of Object.entries(document ?? {})) {
      const less = Object.fromEntries(Object.entries(document ?? {}).filter(([name]) => name !== key));
      await writeFile(file, JSON.stringify(less));
      await expect(readPlanFile(file), key).rejects.toMatchObject({ code: 'config/plan' });
    }
    await writeFile(file, JSON.stringify({ ...Object(document), note: 'approved by everybody' }));
    await expect(readPlanFile(file)).rejects.toMatchObject({ code: 'config/plan' });
    const turned = Object.fromEntries(Object.entries(document ?? {}).reverse());
    await writeFile(file, JSON.stringify(turned, null, 7));
    expect((await readPlanFile(file)).plan.units).toHaveLength(3);
    await rm(folder, { recursive: true });
  });

  it('is refused if it is not a file, empty, too deep or not a plan', async () => {
    site = await openSite([]);
    const file = planFile();
    await mkdir(file);
    await expect(readPlanFile(file)).rejects.toMatchObject({ code: 'config/plan' });
    await rm(file, { recursive: true });
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const content of ['', '{}', 'null', '[]', '"plan"', deep, text.replace('{', `{"note":${deep},`)]) {
      await writeFile(file, content);
      await expect(readPlanFile(file)).rejects.toMatchObject({ code: 'config/plan' });
    }
  });
});

describe('a fresh plan', () => {
  it('has the same ID in the same situation, also with another load and battery; its digest covers its own content', async () => {
    site = await openSite([NMC2, NMC3]);
    const first = DocumentShape.parse(JSON.parse((await makePlan('--json')).out));
    site.fleet.device('a').batteryPercent = 77;
    const second = DocumentShape.parse(JSON.parse((await makePlan('--json')).out));
    expect(second.id).toBe(first.id);
    expect(second.digest).not.toBe(first.digest);
    expect((await makePlan()).out).toContain(`Plan ${first.id} of`);
  });

  it('lists the units that are never updated together, and states if there are none', async () => {
    site = await openSite([{ ...NMC2, feeds: ['rack-1'] }, { ...NMC2, name: 'z', feeds: ['rack-1'] }, NMC3]);
    const made = await makePlan('--json');
    expect(DocumentShape.parse(JSON.parse(made.out)).protects).toEqual([['berlin/a', 'berlin/z']]);
    expect((await makePlan()).out).toMatch(/Never updated together.*\n.*berlin\/a \+ berlin\/z/);
    const lonely = await makePlan('--site', 'oslo');
    expect(lonely.out).toContain('No units of this plan share a load');
  });
});

describe('upgrade --plan shows', () => {
  it('time and digest of the plan, and the time of the new evaluation', async () => {
    site = await openSite([NMC2]);
    const [title = ''] = (await makePlan()).out.split('\n');
    expect(title).toMatch(/^Plan \w+ of .*, digest [0-9a-f]{16}$/);
    const words = ['upgrade', '--plan', planFile()];
    const shown = (await site.run(words)).out;
    expect(shown.split('\n')[0]).toBe(title);
    expect(shown).toMatch(/^This is the plan of .*plan\.json\. The units were checked again at /m);
    expect((await site.run([...words, '--apply', '--yes'])).info).toContain(title);
  });
});

describe('upgrade --plan after a change elsewhere', () => {
  it('names exactly the units that changed, each with the old and the new value', async () => {
    site = await openSite([NMC2, { ...NMC2, name: 'lab-1' }, NMC3]);
    await makePlan();
    site.fleet.device('lab-1').version = '15.1';
    const ran = await applyPlan();
    const { code, message } = problemOf(ran);
    expect({ code, exit: ran.exit }).toEqual({ code: 'refused/stale-plan', exit: 3 });
    expect(message).toMatch(/berlin\/lab-1: .*firmware was UPS 09\.4 \(ID18\), is UPS 15\.1 \(ID18\)/);
    expect(message).toMatch(/route was UPS 09\.4 .*, is none/);
    for (const other of ['berlin/a', 'oslo/b', 'serial number', 'card was', 'rules'])
      expect(message).not.toContain(other);
    expect(starts()).toBe(0);
  });

  it('names the card, the image or the output if it changed', async () => {
    site = await openSite([NMC2, NMC3]);
    await makePlan();
    const { card } = site.fleet.device('a');
    card.osVersion = 'v7.0.4';
    card.appVersion = 'v7.0.4';
    await site.fleet.writeImages(join(site.folder, 'images'), {
      'SMT20UPS_15-0.enc': { microLinkId: 20, version: '15.0', parts: ['UBL 07.5'], payloadBytes: 9000 },
    });
    const { message } = problemOf(await applyPlan());
    expect(message).toMatch(/berlin\/a: card was .*OS v6\.9\.6.*, is .*OS v7\.0\.4/);
    expect(message).toMatch(/oslo\/b: images was sha256 [0-9a-f]{64}, is sha256 [0-9a-f]{64}$/m);
    expect(message).not.toContain('firmware');
    expect(starts()).toBe(0);
  });

  it('executes the rest if a unit does not answer, reports that unit, and evaluates no condition of it', async () => {
    site = await openSite([NMC2, { ...NMC2, name: 'lost' }]);
    await makePlan();
    site.fleet.device('lost').card.up = false;
    const ran = await applyPlan();
    const [a, lost] = runOf(ran).units;
    expect(a).toMatchObject({ outcome: 'upgraded' });
    expect(lost).toMatchObject({ outcome: 'failed', problem: { code: expect.stringMatching(/^link\//) } });
    expect(JSON.stringify(lost)).not.toMatch(/not known %|BATTERY_LOW|ON_MAINS/);
    expect(ran.exit).toBe(4);
    expect(site.fleet.device('lost').counters.starts).toBe(0);
  });

  it('does not upgrade a unit that is blocked in the plan, although it could be upgraded now', async () => {
    site = await openSite([NMC2, { ...NMC2, name: 'later' }]);
    const later = site.fleet.device('later');
    later.onBattery = true;
    await makePlan();
    later.onBattery = false;
    const ran = await applyPlan();
    expect(runOf(ran).units.map(({ outcome }) => outcome)).toEqual(['upgraded', 'refused']);
    expect(JSON.stringify(runOf(ran).units[1])).toContain('NOT_APPROVED');
    expect(later.counters).toMatchObject({ starts: 0, uploads: 0 });
    expect(ran.exit).toBe(3);
  });
});

describe('the inputs of a plan', () => {
  it('are used again, from any folder and without naming them', async () => {
    site = await openSite([NMC2]);
    await makePlan();
    // Another folder, with another inventory under the default name.
    const ran = await applyPlan();
    expect(runOf(ran).units[0]?.outcome).toBe('upgraded');
  });

  it('are compared: another inventory, images folder, rule file or overridden rule is refused by name', async () => {
    site = await openSite([NMC2]);
    await makePlan();
    const other = join(site.folder, 'other.yaml');
    await cp(site.inventory, other);
    const images = join(site.folder, 'other-images');
    await cp(join(site.folder, 'images'), images, { recursive: true });
    const rules = join(site.folder, 'rules.yaml');
    await writeFile(rules, 'version: 1\nrules: []\n');
    for (const [words, thing] of [
      [['-i', other], other],
      [['--images', images], images],
      [['--rules', rules], rules],
      [['--override', 'battery-charged=tested it'], 'battery-charged'],
    ] as const) {
      const ran = await applyPlan(...words);
      expect(ran.exit, words[0]).toBe(2);
      expect(problemOf(ran).code).toBe('config/plan');
      expect(problemOf(ran).message).toContain(thing);
      if (words[0] === '-i') expect(problemOf(ran).message).toContain(site.inventory);
    }
    expect(starts()).toBe(0);
    // The same file under another name counts as the same file.
    const link = join(site.folder, 'link.yaml');
    await symlink(site.inventory, link);
    const same = await applyPlan('-i', link, '--images', join(site.folder, 'images'));
    expect(runOf(same).units[0]?.outcome).toBe('upgraded');
  });

  it('are compared: a changed entry of a planned unit or its partner is refused, other changes are reported', async () => {
    const pair = [
      { ...NMC2, feeds: ['rack-1'] },
      { ...NMC2, name: 'z', feeds: ['rack-1'] },
    ];
    site = await openSite([...pair, NMC3]);
    await makePlan('--site', 'berlin');
    const before = await readFile(site.inventory, 'utf8');
    await editInventory((text) => text.replace('- name: berlin', '- name: berlin\n    concurrency: 4'));
    const refused = await applyPlan();
    expect({ code: problemOf(refused).code, exit: refused.exit }).toEqual({ code: 'config/plan', exit: 2 });
    expect(problemOf(refused).message).toMatch(/berlin\/a and berlin\/z/);
    expect(starts()).toBe(0);

    await writeFile(site.inventory, before);
    await editInventory((text) => text.replace('- name: oslo', '- name: oslo\n    concurrency: 4'));
    const ran = await applyPlan();
    expect(ran.info).toContain('changed since the plan was made');
    expect(runOf(ran).units.map(({ outcome }) => outcome)).toEqual(['upgraded', 'upgraded']);
  });

  it('are refused if the plan has the knowledge of another day', async () => {
    site = await openSite([NMC2]);
    const made = await site.run(['plan', '-i', site.inventory, '--as-of', '2024-04-01', '--json']);
    await writeFile(planFile(), made.out);
    const ran = await applyPlan();
    expect(problemOf(ran)).toMatchObject({
      code: 'config/plan',
      message: expect.stringContaining('2024-04-01'),
    });
  });
});
