import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type DecisionInput, judgeDescribed, loadRules, unusedOverrides } from '../../src/rules/index.ts';
import { NMC2, openSite, runHere, type Site } from '../support/sites/site.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-rules-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const Decision = z.looseObject({
  schema: z.literal('upsfw/decision@1'),
  input: z.looseObject({}),
  supported: z.union([z.boolean(), z.literal('unknown')]),
  target: z.string().nullable(),
  reasons: z.array(z.looseObject({ code: z.string(), source: z.string() })),
});

describe('rules decide', () => {
  it('answers one unit with a document of the schema', async () => {
    const words = ['rules', 'decide', '--sku', 'SMT1500', '--firmware', 'UPS 09.3 (ID18)', '--json'];
    const { exit, out } = await runHere([...words, '--as-of', '2020-04-02']);
    expect(exit).toBe(0);
    expect(Decision.parse(JSON.parse(out))).toMatchObject({
      supported: true,
      wizard: '4.2.0',
      image: 'SMT18UPS_09-4',
      target: '09.4',
      upToDate: false,
    });
  });

  it('prints target, route, reasons and advisories, each with its source', async () => {
    const words = ['rules', 'decide', '--firmware', 'UPS 09.3 (ID18)', '--transport', 'nmc'];
    const { out } = await runHere(words);
    for (const part of ['SMT', 'hop 1: SMT18UPS_09-6.enc', 'hop 2: SMT18UPS_15-1.enc', 'affected', 'source:'])
      expect(out).toContain(part);
  });

  it('answers each line with a line, in order, and continues after a line that cannot be read', async () => {
    const lines = [
      '{"model":"SMT1500","firmware":"UPS 09.3 / ID=18","transport":"usb"}',
      'not json',
      '{"model":"SUA1500","firmware":"652.13.I"}',
      '{"model":"SMT1500","firmware":"UPS 09.3","voltage":230}',
      `{"model":"${'x'.repeat(70_000)}"}`,
      '',
      '{"model":"SMX1000","firmware":"UPS 02.9 (ID11)"}',
    ];
    // Split at odd places, also inside a character of several bytes.
    const bytes = Buffer.from(lines.join('\n').replace('SUA1500"', 'SUA1500","sku":"SUA1500\u00e9"'));
    const chunks = Array.from({ length: Math.ceil(bytes.length / 997) }, (_, index) =>
      bytes.subarray(index * 997, index * 997 + 997),
    );
    const { exit, out, info } = await runHere(['rules', 'decide', '--jsonl'], {
      input: Readable.from(chunks),
    });
    expect(exit).toBe(2);
    expect(info).toContain('3 lines could not be read');
    const answers = out
      .trim()
      .split('\n')
      .map((line) => z.looseObject({}).parse(JSON.parse(line)));
    expect(answers).toHaveLength(6);
    expect(answers[0]).toMatchObject({ input: { transport: 'usb' }, supported: true, target: '15.1' });
    expect(answers[1]).toMatchObject({ input: null, line: 2, problem: { code: 'config/usage' } });
    expect(answers[2]).toMatchObject({ supported: false, target: null });
    expect(answers[3]).toMatchObject({ problem: { message: expect.stringContaining('voltage') } });
    expect(answers[4]).toMatchObject({
      line: 5,
      problem: { message: expect.stringContaining('longer than') },
    });
    expect(answers[5]).toMatchObject({ supported: false });
  });

  it('evaluates each of many similar units as if it were the only one', async () => {
    const units: readonly DecisionInput[] = [
      // Only the serial number differs: its date code counts here, and its number does not.
      { model: 'SMX1000', sku: 'SMX1000', firmware: null, serial: 'AS1036123456', transport: 'serial' },
      { model: 'SMX1000', sku: 'SMX1000', firmware: null, serial: 'AS1037123456', transport: 'serial' },
      { model: 'SMX1000', sku: 'SMX1000', firmware: null, serial: 'AS1037999999', transport: 'serial' },
      { model: 'SMX1000', sku: 'SMX1000', firmware: null, serial: 'FFFFFFFFFFFF', transport: 'serial' },
      {
        model: 'SMX1000',
        sku: 'SMX1000',
        firmware: 'UPS 09.1 (ID11)',
        serial: 'AS1037123456',
        transport: 'serial',
      },
      {
        model: 'SMX1000',
        sku: 'SMX1000',
        firmware: 'UPS 09.1 (ID11)',
        serial: 'AS1037123456',
        ratedVA: 1,
        transport: 'serial',
      },
      { model: 'SMX1000', sku: 'SMX1000', firmware: 'UPS 09.1 (ID11)', transport: 'usb' },
    ];
    const inputs = [...units, ...units];
    const file = join(folder, 'serials.yaml');
    await writeFile(
      file,
      [
        'version: 1',
        'rules:',
        '  - id: stolen',
        '    code: STOLEN',
        '    stage: support',
        '    statement: That one unit is missed.',
        '    source: our own list',
        '    published: 2026-11-01',
        '    confidence: proposed',
        '    when: [{ fact: unit.serial, equals: AS1037999999 }]',
        '    warn: true',
        '    because: serial number is {unit.serial}',
        '    remedy: Call the owner.',
      ].join('\n'),
    );
    for (const files of [[], [file]]) {
      const { out } = await runHere(
        ['rules', 'decide', '--jsonl', ...files.flatMap((one) => ['--rules', one])],
        {
          input: Readable.from([inputs.map((unit) => JSON.stringify(unit)).join('\n')]),
        },
      );
      const book = await loadRules({ files });
      const alone = inputs.map((unit) => JSON.stringify({ input: unit, ...judgeDescribed(book, unit) }));
      expect(out.trim().split('\n')).toEqual(alone);
      expect(out.match(/"STOLEN"/g)?.length ?? 0).toBe(files.length > 0 ? 2 : 0);
    }
  });

  it.each([
    ['no description', ['rules', 'decide'], 'No unit is described'],
    ['a repeated option', ['rules', 'decide', '--sku', 'SMT750', '--sku', 'SMT1500'], 'only once'],
    [
      'a day that does not exist',
      ['rules', 'decide', '--firmware', 'x', '--as-of', '2020-02-30'],
      '--as-of: must be a day, YYYY-MM-DD',
    ],
    ['an unknown transport', ['rules', 'decide', '--firmware', 'x', '--transport', 'ftp'], 'transport'],
    [
      'options together with standard input',
      ['rules', 'decide', '--jsonl', '--sku', 'SMT750'],
      'standard input',
    ],
    ['an unknown verb', ['rules', 'guess'], 'decide'],
  ])('refuses %s', async (_name, words, message) => {
    const { exit, info } = await runHere(words);
    expect(exit).toBe(2);
    expect(info).toContain(message);
  });
});

describe('rules explain', () => {
  it('shows a rule by its ID or its code, with conditions and source', async () => {
    for (const name of ['faq-42-wizard-420', 'GROUP_B_420_5_0_TO_7_0']) {
      const { exit, out } = await runHere(['rules', 'explain', name]);
      expect(exit).toBe(0);
      expect(out).toContain('line 42');
      expect(out).toContain('when unit.version atLeast 05.0');
    }
  });

  it('lists every rule, and reports an unknown one', async () => {
    const { out } = await runHere(['rules', 'explain', '--json']);
    const { rules } = z
      .looseObject({ rules: z.array(z.looseObject({ id: z.string() })) })
      .parse(JSON.parse(out));
    expect(rules.length).toBeGreaterThan(90);
    expect(await runHere(['rules', 'explain', 'nothing'])).toMatchObject({ exit: 2 });
  });
});

describe('rules check', () => {
  it('finds every mistake of every file, with line and column', async () => {
    const good = join(folder, 'good.yaml');
    const bad = join(folder, 'bad.yaml');
    const rule = (id: string, more: string) =>
      `  - { id: ${id}, code: OWN, stage: hop, statement: s, source: own, published: "2026-01-01", confidence: proposed, because: b, ${more} }\n`;
    await writeFile(good, `version: 1\nrules:\n${rule('own-one', 'block: true, remedy: r')}`);
    await writeFile(
      bad,
      `version: 1\nrules:\n${rule('own-two', 'block: true')}${rule('image-fits', 'warn: true, remedy: r')}${rule('own-three', 'note: true, colour: red')}`,
    );
    expect(await runHere(['rules', 'check', good])).toMatchObject({
      exit: 0,
      out: expect.stringContaining('1 rules, OK'),
    });
    const { exit, out } = await runHere(['rules', 'check', good, bad]);
    expect(exit).toBe(2);
    expect(out).toMatch(/bad\.yaml:3:\d+: rules\[0\]: needs a remedy/);
    expect(out).toMatch(/bad\.yaml:4:\d+: a rule "image-fits" already exists/);
    expect(out).toMatch(/bad\.yaml:5:\d+: .*unknown key "colour"/);
    expect(await runHere(['rules', 'check', good, good])).toMatchObject({ exit: 2 });
  });
});

describe('--override', () => {
  let site: Site | undefined;
  afterEach(() => site?.close());

  it.each([
    ['a rule without a reason', 'no-alarm', 'RULE="reason"'],
    ['a reason that is too short', 'no-alarm=x', 'RULE="reason"'],
    ['an unknown rule', 'no-such-rule=we know better', 'no rule "no-such-rule"'],
    ['a final rule', 'image-fits=we know better', 'final'],
    [
      'a code, with the name of its rule',
      'CARD_PATH=we know better',
      'CARD_PATH: card-gate. Use the rule: --override card-gate=',
    ],
    ['a code in lowercase', 'loader_too_old=we know better', 'is a reason code, not a rule'],
    ['the code of a final rule', 'IMAGE_FITS=we know better', 'cannot be overridden (final: image-fits)'],
    ['a code without a rule', 'IMAGE_MISSING=we know better', 'cannot be overridden (no rule has this code)'],
  ])('refuses %s before it contacts any device', async (_name, word, message) => {
    site = await openSite([NMC2]);
    const { exit, info } = await site.run(['plan', '-i', site.inventory, '--override', word]);
    expect(exit).toBe(2);
    expect(info).toContain(message);
    expect(site.fleet.units[0]?.device.counters.starts).toBe(0);
  });

  const frozen = (id: string): string =>
    `  - { id: ${id}, code: ${id.toUpperCase()}, stage: hop, statement: s, source: own, published: "2026-01-01", confidence: proposed, block: true, because: ${id} until Monday, remedy: wait }\n`;

  it('is shown beside each reason that it can lift, and beside no other', async () => {
    site = await openSite([NMC2]);
    const own = join(folder, 'two.yaml');
    const final = frozen('locked').replace('block: true', 'block: true, final: true');
    await writeFile(own, `version: 1\nrules:\n${frozen('frozen')}${final}`);
    const words = ['-i', site.inventory, '--rules', own];
    for (const command of ['plan', 'upgrade']) {
      const { out } = await site.run([command, ...words]);
      expect(out).toContain('frozen until Monday [FROZEN]; can be overridden: rule frozen\n');
      expect(out).toContain('locked until Monday [LOCKED]\n');
    }
  });

  it('reports if it had no effect', async () => {
    site = await openSite([NMC2]);
    const own = join(folder, 'more.yaml');
    await writeFile(own, `version: 1\nrules:\n${frozen('frozen')}${frozen('closed')}`);
    const plan = (...words: readonly string[]) => site?.run(['plan', '-i', site.inventory, ...words]);
    const held = await plan('--rules', own, '--override', 'frozen=the freeze ended early');
    expect(held?.exit).toBe(3);
    expect(held?.info).toContain(
      '--override frozen had no effect on berlin/a (CLOSED): other rules refuse the update.\n',
    );
    const idle = await plan('--override', 'card-gate-now=allowed at the panel');
    expect(idle?.exit).toBe(0);
    expect(idle?.info).toContain(
      '--override card-gate-now had no effect on berlin/a: the rule refuses nothing there.\n',
    );
    const both = ['--override', 'frozen=the freeze ended early', '--override', 'closed=it is open again'];
    expect((await plan('--rules', own, ...both))?.info).not.toContain('no effect');
  });

  it('names the rule that gives the reason code of an unused override', async () => {
    const book = await loadRules({ override: new Map([['card-gate-now', 'allowed at the panel']]) });
    const reason = { outcome: 'unknown', because: 'b', remedy: null, source: 's' } as const;
    const units = [{ key: 'berlin/a', reasons: [{ ...reason, code: 'CARD_PATH', rule: 'card-gate' }] }];
    expect(unusedOverrides(book, units)).toEqual([
      '--override card-gate-now had no effect on berlin/a: the rule refuses nothing there. There CARD_PATH comes from the rule card-gate.',
    ]);
    expect(unusedOverrides(book, [])).toEqual([]);
  });

  it('overrides one rule for one run, and the journal has the reason', async () => {
    site = await openSite([NMC2]);
    const own = join(folder, 'frozen.yaml');
    await writeFile(
      own,
      'version: 1\nrules:\n  - { id: frozen, code: FROZEN, stage: hop, statement: s, source: own, published: "2026-01-01", confidence: proposed, block: true, because: frozen until Monday, remedy: wait }\n',
    );
    const words = ['-i', site.inventory, '--rules', own];
    const refused = await site.run(['plan', ...words]);
    expect(refused.exit).toBe(3);
    expect(refused.out).toContain('frozen until Monday [FROZEN]');
    const allowed = await site.run([
      'upgrade',
      ...words,
      '--override',
      'frozen=the freeze ended early',
      '--apply',
      '--yes',
      '--json',
    ]);
    expect(allowed.exit, allowed.info).toBe(0);
    expect(site.fleet.units[0]?.device.counters.starts).toBe(1);
    const { run } = z.looseObject({ run: z.string() }).parse(JSON.parse(allowed.out));
    const journal = await readFile(join(site.state, 'runs', run, 'journal.jsonl'), 'utf8');
    expect(journal.split('\n')[0]).toContain('the freeze ended early');
  });
});

const AuditAdvisories = z.looseObject({
  units: z.array(
    z.looseObject({ advisories: z.array(z.looseObject({ id: z.string(), component: z.string() })) }),
  ),
});

describe('audit --advisory', () => {
  let site: Site | undefined;
  afterEach(() => site?.close());

  it('shows the affected units, and ends with 3 if there are any', async () => {
    site = await openSite([NMC2]);
    const concerned = await site.run([
      'audit',
      '-i',
      site.inventory,
      '--advisory',
      'CVE-2022-0715',
      '--json',
    ]);
    expect(concerned.exit).toBe(3);
    const own = AuditAdvisories.parse(JSON.parse(concerned.out)).units.flatMap(({ advisories }) =>
      advisories.filter(({ component }) => component === 'ups'),
    );
    expect(own).toMatchObject([
      { id: 'CVE-2022-0715', status: 'affected', fixedIn: null, partlyIn: '15.0' },
      {},
      {},
    ]);
    const free = await site.run(['audit', '-i', site.inventory, '--advisory', 'CVE-2022-22805', '--json']);
    expect(free).toMatchObject({ exit: 0 });
    expect(JSON.parse(free.out)).toMatchObject({ units: [], counts: { outdated: 0 } });
    expect(await site.run(['audit', '-i', site.inventory, '--advisory', 'CVE-1999-0001'])).toMatchObject({
      exit: 2,
    });
    const past = await site.run(['audit', '-i', site.inventory, '--as-of', '2020-04-02', '--json']);
    expect(AuditAdvisories.parse(JSON.parse(past.out)).units).toEqual([
      expect.objectContaining({ advisories: [expect.objectContaining({ id: 'CVE-2018-7820' })] }),
    ]);
  });
});
