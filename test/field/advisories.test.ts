import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  cardObjects,
  openRecordedSite,
  type RecordedCard,
  type RecordedSite,
  type RecordedUnits,
  recordedObjects,
} from '../support/sites/recorded-site.ts';
import { openSite, runHere, type Site } from '../support/sites/site.ts';
import { haveRecordings } from '../support/values/recordings.ts';

const AdvisoryShape = z.looseObject({
  id: z.string(),
  component: z.string(),
  status: z.string(),
  listed: z.boolean().nullable(),
  fixedIn: z.string().nullable(),
  partlyIn: z.string().nullable(),
  notice: z.string().nullable(),
  confidence: z.string(),
  detail: z.string().nullable(),
  source: z.string(),
});
const ReasonShape = z.looseObject({ code: z.string(), outcome: z.string(), because: z.string() });
const AuditShape = z.looseObject({
  units: z.array(
    z.looseObject({
      name: z.string(),
      advisories: z.array(AdvisoryShape),
      card: z
        .looseObject({
          uptimeSeconds: z.number().nullable().optional(),
          reasons: z.array(ReasonShape),
          newestSeen: z.looseObject({ app: z.string(), seen: z.string().nullable() }).nullable(),
        })
        .nullable(),
    }),
  ),
});

let recorded: RecordedSite | undefined;
let site: Site | undefined;
afterEach(async () => {
  await recorded?.close();
  await site?.close();
  recorded = undefined;
  site = undefined;
});

async function auditOf(units: RecordedUnits, words: readonly string[] = []) {
  recorded = await openRecordedSite(units);
  const { out } = await recorded.run(['audit', '--json', ...words]);
  return new Map(AuditShape.parse(JSON.parse(out)).units.map((unit) => [unit.name, unit]));
}

type Audited = NonNullable<ReturnType<Awaited<ReturnType<typeof auditOf>>['get']>>;

function statusOf(unit: Audited | undefined, id: string): string {
  const found = unit?.advisories.find((advisory) => advisory.id === id);
  if (found === undefined) return 'missing';
  return found.status === 'unknown' && found.listed === false ? 'not listed' : found.status;
}

const CASES = [
  'CVE-2020-11896',
  'CVE-2020-11901',
  'CVE-2021-22810',
  'CVE-2021-22815',
  'CVE-2018-7820',
] as const;
type Statuses = readonly [string, string, string, string, string];

function statusesOf(unit: Audited | undefined): readonly string[] {
  return CASES.map((id) => statusOf(unit, id));
}

describe.runIf(haveRecordings)('an audit of recorded cards', () => {
  const RECORDED: Readonly<Record<string, Statuses>> = {
    'apc_sua1500rmi2u.snmprec': ['affected', 'affected', 'not listed', 'not listed', 'not listed'],
    'apc_surt3000xl.snmprec': ['fixed', 'fixed', 'not listed', 'not listed', 'not listed'],
    'apc_smx750.snmprec': ['affected', 'affected', 'affected', 'affected', 'not listed'],
    'apc_smt750x-nmc2.snmprec': ['fixed', 'fixed', 'not listed', 'not listed', 'not listed'],
    'rickslab_srt3000-nmc3.snmprec': ['affected', 'affected', 'affected', 'affected', 'not listed'],
  };

  it('shows the advisories of NMC1, NMC2 and NMC3 by platform and AOS', async () => {
    const files = Object.keys(RECORDED);
    const units = await auditOf(Object.fromEntries(files.map((file) => [file, recordedObjects(file)])));
    for (const file of files) expect(statusesOf(units.get(file)), file).toEqual(RECORDED[file]);
    const nmc3 = units.get('rickslab_srt3000-nmc3.snmprec')?.card;
    expect(nmc3?.reasons).toMatchObject([{ code: 'CARD_FLASH_RISK', outcome: 'warn' }]);
    expect(nmc3?.uptimeSeconds).toBe(5_811_119);
    expect(nmc3?.newestSeen).toMatchObject({ app: '2.5.5.1', seen: '2025-06-13' });
  });

  it('names them in text and Markdown, and fails on them', async () => {
    recorded = await openRecordedSite({ a: recordedObjects('rickslab_srt3000-nmc3.snmprec') });
    const { out, exit } = await recorded.run(['audit', '--fail-on', 'vulnerable']);
    expect(exit).toBe(3);
    for (const part of [
      'card affected: SEVD-2020-174-01 (Ripple20: CVE-2020-11896',
      'fixed in AOS 1.4',
      'SEVD-2021-313-03 (CVE-2021-22810',
      '[CARD_FLASH_RISK]',
      'newest seen: su 2.5.5.1 (seen 2025-06-13',
      'SEVD-2020-174-01 (card, Ripple20): 1 affected',
    ])
      expect(out).toContain(part);
    const state = join(recorded.folder, 'state');
    const markdown = await runHere(['report', '--audit', '--format', 'md', '--state', state]);
    expect(markdown.exit).toBe(0);
    expect(markdown.out).toContain('card affected: SEVD-2020-174-01 (Ripple20: CVE-2020-11896');
    expect(markdown.out).toContain('SEVD-2020-174-01 (card, Ripple20): 1 affected');
  });
});

describe('an audit of cards', () => {
  const NMC1 = { platform: 'hw02', app: 'sumx', model: 'AP9619' } as const;
  const NMC2 = { platform: 'hw05', app: 'sumx', model: 'AP9631' } as const;
  const NMC3 = { platform: 'hw21', app: 'su', model: 'AP9641' } as const;
  const none = 'not listed';
  const cards: readonly (readonly [string, RecordedCard, Statuses])[] = [
    ['NMC1 at the last affected AOS', { ...NMC1, os: '3.9.2' }, ['affected', 'affected', none, none, none]],
    ['NMC1 between both', { ...NMC1, os: '3.9.3' }, [none, none, none, none, none]],
    ['NMC1 with the fix', { ...NMC1, os: '3.9.4' }, ['fixed', 'fixed', none, none, none]],
    [
      'NMC2 below the first fixes',
      { ...NMC2, os: '6.9.1' },
      ['affected', 'affected', 'affected', 'affected', none],
    ],
    [
      'NMC2 with 14 of 15 fixes',
      { ...NMC2, os: '6.9.2' },
      ['partly', 'affected', 'affected', 'affected', none],
    ],
    [
      'NMC2 at the last of them',
      { ...NMC2, os: '6.9.4' },
      ['partly', 'affected', 'affected', 'affected', none],
    ],
    [
      'NMC2 with all fixes of Ripple20',
      { ...NMC2, os: '6.9.6' },
      ['fixed', 'fixed', 'affected', 'affected', none],
    ],
    [
      'NMC2 at the end of the range',
      { ...NMC2, os: '6.9.8' },
      ['fixed', 'fixed', 'affected', 'affected', none],
    ],
    ['NMC2 above the range', { ...NMC2, os: '7.0.4' }, ['fixed', 'fixed', none, none, none]],
    [
      'NMC2 of the record of 2018',
      { ...NMC2, os: '6.5.6' },
      ['affected', 'affected', 'affected', 'affected', 'affected'],
    ],
    [
      'Japanese NMC2',
      { ...NMC2, model: 'AP9631J', os: '6.9.8' },
      ['fixed', 'fixed', 'affected', 'affected', none],
    ],
    [
      'built-in NMC2',
      { ...NMC2, model: 'AP9537SUM', os: '6.5.6' },
      ['affected', 'affected', 'unknown', 'unknown', 'affected'],
    ],
    [
      'NMC3 at the last affected AOS',
      { ...NMC3, os: '1.3.3.1' },
      ['affected', 'affected', 'affected', 'affected', none],
    ],
    ['NMC3 with the fix', { ...NMC3, os: '1.4.2.1' }, ['fixed', 'fixed', 'affected', 'affected', none]],
    ['NMC3 above the range', { ...NMC3, os: '1.5.0.1' }, ['fixed', 'fixed', none, none, none]],
    [
      'built-in NMC3',
      { ...NMC3, model: '0N-1557', os: '1.4.2.1' },
      ['fixed', 'fixed', 'unknown', 'unknown', none],
    ],
    [
      'built-in NMC3 above the range',
      { ...NMC3, model: '0N-1557', os: '3.0.0.12' },
      ['fixed', 'fixed', none, none, none],
    ],
    [
      'a platform that no source names',
      { ...NMC2, platform: 'hw06', os: '6.9.4' },
      [none, none, none, none, none],
    ],
    [
      'an unreadable version of AOS',
      { ...NMC2, os: 'x' },
      ['unknown', 'unknown', 'unknown', 'unknown', 'unknown'],
    ],
  ];

  it('gives each the status that the sources give, and no other', async () => {
    const units = await auditOf(
      Object.fromEntries(cards.map(([, card], index) => [`u${index}`, cardObjects(card, index)])),
    );
    for (const [index, [name, , expected]] of cards.entries())
      expect(statusesOf(units.get(`u${index}`)), name).toEqual(expected);
    const all = [...units.values()].flatMap(({ advisories }) => advisories);
    for (const advisory of all) {
      expect(advisory.source).not.toBe('');
      expect(['vendor', 'reported']).toContain(advisory.confidence);
      // No source names the first version with these fixes.
      if (advisory.notice === 'SEVD-2021-313-03')
        expect(advisory).toMatchObject({ fixedIn: null, partlyIn: null });
    }
    const above = units.get('u8')?.advisories.find(({ id }) => id === 'CVE-2021-22810');
    expect(above?.detail).toMatch(/7\.0\.4.*up to 6\.9\.8/);
    const builtIn = units.get('u11')?.advisories.find(({ id }) => id === 'CVE-2021-22810');
    expect(builtIn?.detail).toMatch(/AP9630, AP9631, AP9635 and not AP9537SUM/);
  }, 60_000);

  it('has no advisory of cards for a unit without a card', async () => {
    const objects = cardObjects({ ...NMC2, os: '6.9.6' }, 1).filter(([oid]) => oid !== '1.3.6.1.2.1.1.1.0');
    const units = await auditOf({ a: [...objects, ['1.3.6.1.2.1.1.1.0', 'text', 'Linux server 3.10.0']] });
    expect(units.get('a')?.advisories.map(({ component }) => component)).toEqual(['ups', 'ups', 'ups']);
    expect(units.get('a')?.card).toBeNull();
  });

  it('warns about an NMC3 card below AOS 2.3.1.1, and about one that was restarted just now', async () => {
    const units = await auditOf({
      below: cardObjects({ ...NMC3, os: '2.3.1.0' }, 1),
      first: cardObjects({ ...NMC3, os: '2.3.1.1' }, 2),
      young: cardObjects({ ...NMC3, os: '2.5.0.8', uptimeSeconds: 899 }, 3),
      old: cardObjects({ ...NMC3, os: '2.5.0.8', uptimeSeconds: 900 }, 4),
      nmc2: cardObjects({ ...NMC2, os: '6.9.6', uptimeSeconds: 60 }, 5),
    });
    const codes = (name: string): readonly string[] =>
      (units.get(name)?.card?.reasons ?? []).map(({ code, outcome }) => `${code} ${outcome}`);
    expect(codes('below')).toEqual(['CARD_FLASH_RISK warn']);
    expect(codes('first')).toEqual(['CARD_FORMAT_UNKNOWN pass']);
    expect(codes('young')).toEqual(['CARD_RESTARTED warn', 'CARD_FORMAT_UNKNOWN pass']);
    expect(codes('old')).toEqual(['CARD_FORMAT_UNKNOWN pass']);
    expect(codes('nmc2')).toEqual([]);
  });

  it('counts a card as vulnerable although its UPS is not', async () => {
    const current = { firmware: 'UPS 15.1 (ID18)' };
    recorded = await openRecordedSite({
      bad: cardObjects({ ...NMC2, ...current, os: '6.9.8' }, 1),
      good: cardObjects({ ...NMC2, ...current, os: '7.1.8' }, 2),
    });
    const failing = ['audit', '--fail-on', 'vulnerable'];
    expect((await recorded.run([...failing, '--unit', 'bad'])).exit).toBe(3);
    expect((await recorded.run([...failing, '--unit', 'good'])).exit).toBe(0);
    const { out } = await recorded.run(['audit']);
    expect(out).toMatch(/^\s*lab\s.*\s1$/m);
    expect(out).toContain('card not listed as affected: SEVD-2021-313-03');
    expect(out).toContain('SEVD-2021-313-03 (card): 1 affected');
    const metrics = (await recorded.run(['audit', '--format', 'prometheus'])).out;
    expect(metrics).toContain('upsfw_unit_vulnerable{site="lab",name="bad"} 6');
    expect(metrics).toContain('upsfw_unit_vulnerable{site="lab",name="good"} 0');
    expect(metrics).toContain(
      'upsfw_unit_advisory{site="lab",name="bad",id="CVE-2021-22810",status="affected",component="card"} 1',
    );
    for (const words of [['CVE-2021-22813'], ['sevd-2021-313-03']]) {
      const listed = await recorded.run(['audit', '--json', '--advisory', ...words]);
      expect(AuditShape.parse(JSON.parse(listed.out)).units.map(({ name }) => name)).toEqual(['bad']);
    }
    expect((await recorded.run(['audit', '--advisory', 'SEVD-1999-001-01'])).exit).toBe(2);
  });

  it('names a card as newly vulnerable, but not if it could not be read before', async () => {
    recorded = await openRecordedSite({ a: cardObjects({ ...NMC2, os: '6.9.8' }, 1) });
    const now = await recorded.run(['audit', '--json']);
    const Whole = z.looseObject({ units: z.array(z.looseObject({ advisories: z.array(AdvisoryShape) })) });
    const document = Whole.parse(JSON.parse(now.out));
    const before = join(recorded.folder, 'before.json');
    const changed = async (change: (unit: (typeof document.units)[number]) => object): Promise<string> => {
      await writeFile(before, JSON.stringify({ ...document, units: document.units.map(change) }));
      const ran = (await recorded?.run(['audit', '--compare', before, '--json']))?.out ?? '';
      return JSON.stringify(
        z.looseObject({ changes: z.looseObject({ newlyVulnerable: z.unknown() }) }).parse(JSON.parse(ran))
          .changes.newlyVulnerable,
      );
    };
    expect(await changed((unit) => unit)).toBe('[]');
    const ofUps = (unit: (typeof document.units)[number]) =>
      unit.advisories.filter(({ component }) => component === 'ups');
    expect(await changed((unit) => ({ ...unit, advisories: ofUps(unit) }))).toContain('CVE-2021-22810');
    expect(await changed((unit) => ({ ...unit, reachable: false, advisories: ofUps(unit) }))).toBe('[]');
  });
});

describe('a simulated fleet', () => {
  it('is warned before every update through an NMC3 card below AOS 2.3.1.1', async () => {
    site = await openSite([{ name: 'a', site: 'oslo', persona: 'smt1500c-closed', installed: '04.1' }]);
    const { out } = await site.run(['plan', '-i', site.inventory, '--json']);
    expect(out).toContain('CARD_FLASH_RISK');
    const text = await site.run(['plan', '-i', site.inventory]);
    expect(text.out).toMatch(/2\.3\.1\.1/);
  });

  it('has the advisories of its cards', async () => {
    site = await openSite([
      { name: 'a', site: 'oslo', persona: 'sua1500-legacy' },
      { name: 'b', site: 'oslo', persona: 'smt1500-nmc2' },
      { name: 'c', site: 'oslo', persona: 'smx1500-nmc3' },
      { name: 'd', site: 'oslo', persona: 'srtl-embedded' },
    ]);
    const { out } = await site.run(['audit', '-i', site.inventory, '--json']);
    const units = new Map(AuditShape.parse(JSON.parse(out)).units.map((unit) => [unit.name, unit]));
    expect(statusesOf(units.get('a'))).toEqual([
      'affected',
      'affected',
      'not listed',
      'not listed',
      'not listed',
    ]);
    expect(statusesOf(units.get('b'))).toEqual(['fixed', 'fixed', 'affected', 'affected', 'not listed']);
    expect(statusesOf(units.get('c'))).toEqual(['fixed', 'fixed', 'not listed', 'not listed', 'not listed']);
    expect(statusesOf(units.get('d'))).toEqual(['fixed', 'fixed', 'not listed', 'not listed', 'not listed']);
  });
});

describe('rules decide with a card', () => {
  const decide = (...words: readonly string[]) => runHere(['rules', 'decide', ...words]);
  const Decision = z.looseObject({ advisories: z.array(AdvisoryShape), reasons: z.array(ReasonShape) });

  it.each([
    ['6.9.4', 'AP9631', 'partly', 'affected'],
    ['v6.9.4', 'ap9630', 'partly', 'affected'],
    ['AOS v6.9.4', 'AP9635J', 'partly', 'affected'],
    ['apc_hw05_aos_694.bin', 'AP9631', 'partly', 'affected'],
    ['apc_hw05_aos_694.bin', null, 'partly', 'unknown'],
    ['apc_hw21_aos_1.3.3.1.bin', 'AP9641', 'affected', 'affected'],
    ['apc_hw21_aos_1-4-2-1', 'AP9641', 'fixed', 'affected'],
    ['v7.1.8', 'AP9631', 'fixed', 'unknown'],
    ['6.9.4', null, 'unknown', 'unknown'],
    ['6.9.4', 'a model of another maker', 'unknown', 'unknown'],
    ['3.9.2', 'AP9619', 'affected', 'unknown'],
  ])('reads --card-os %s with --card-model %s', async (os, model, ripple20, pages) => {
    const words = model === null ? [] : ['--card-model', model];
    const { out, exit } = await decide('--firmware', 'UPS 09.4 (ID18)', '--card-os', os, ...words, '--json');
    expect(exit).toBe(0);
    const { advisories } = Decision.parse(JSON.parse(out));
    const of = (id: string) => advisories.find((advisory) => advisory.id === id)?.status;
    expect([of('CVE-2020-11896'), of('CVE-2021-22810')]).toEqual([ripple20, pages]);
  });

  it.each(['6.9', '6.9.x', 'v7', '1.4', 'AOS v6.9', '6,9,4'])(
    'refuses the incomplete version %s',
    async (os) => {
      const { exit, info } = await decide('--card-os', os, '--card-model', 'AP9631');
      expect(exit).toBe(2);
      expect(info).toContain('apc_hw05_aos_718.bin');
    },
  );

  it.each([
    ['AP9617', 'block'],
    ['AP9619', 'block'],
    ['AP9631', 'pass'],
    ['AP9641', 'pass'],
    ['AP7900', 'unknown'],
  ])('says whether %s can carry an update', async (model, outcome) => {
    const unit = ['--firmware', 'UPS 09.4 (ID18)', '--transport', 'nmc', '--card-model', model];
    const { reasons } = Decision.parse(JSON.parse((await decide(...unit, '--json')).out));
    expect(reasons.find(({ code }) => code === 'CARD_UNSUITABLE')).toMatchObject({ outcome });
    const { reasons: wired } = Decision.parse(
      JSON.parse((await decide('--firmware', 'UPS 09.4 (ID18)', '--card-model', model, '--json')).out),
    );
    expect(wired.map(({ code }) => code)).not.toContain('CARD_UNSUITABLE');
  });

  it('evaluates a card alone, and says why in text', async () => {
    const { out, exit } = await decide('--card-os', 'v7.1.8', '--card-model', 'AP9631');
    expect(exit).toBe(0);
    expect(out).toContain('CVE-2021-22810 (card, SEVD-2021-313-03): not listed as affected');
    expect(out).toMatch(/up to 6\.9\.8/);
    expect(out).toContain('CVE-2020-11901 (card, SEVD-2020-174-01): fixed');
  });

  it('warns about the flash of an NMC3 card that is to carry the update', async () => {
    const unit = [
      '--firmware',
      'UPS 04.1 (ID1015)',
      '--card-os',
      '1.3.3.1',
      '--card-model',
      'AP9640',
      '--json',
    ];
    const through = Decision.parse(JSON.parse((await decide(...unit, '--transport', 'nmc')).out));
    expect(through.reasons.map(({ code }) => code)).toContain('CARD_FLASH_RISK');
    const cable = Decision.parse(JSON.parse((await decide(...unit)).out));
    expect(cable.reasons.map(({ code }) => code)).not.toContain('CARD_FLASH_RISK');
  });

  it.each([
    ['--card-os', '7'],
    ['--card-os', '9'.repeat(10_000)],
    ['--card-os', '1.'.repeat(5000)],
    ['--card-os', 'newest'],
    ['--card-os', '7.1.8; rm -rf /'],
    ['--card-os', 'apc_hw05_sumx_718.bin'],
    ['--card-os', 'apc_hw05_aos_71.bin'],
    ['--card-os', '-1.2.3'],
  ])('refuses %s %.20s and names the accepted forms', async (option, value) => {
    const { exit, info } = await decide('--firmware', 'UPS 09.4 (ID18)', `${option}=${value}`);
    expect(exit).toBe(2);
    expect(info).toContain('--card-os');
    expect(info).toMatch(/v7\.1\.8.*apc_hw05_aos_718\.bin/);
    expect(info.length).toBeLessThan(1000);
  });

  it('refuses a long model, and a file for another card', async () => {
    expect((await decide('--card-os', '7.1.8', '--card-model', 'x'.repeat(10_000))).exit).toBe(2);
    const other = await decide('--card-os', 'apc_hw21_aos_2.5.0.8.bin', '--card-model', 'AP9631');
    expect(other.exit).toBe(2);
    expect(other.info).toMatch(/hw21.*hw05/);
    const alone = await decide('--card-model', 'AP9631');
    expect(alone).toMatchObject({ exit: 2, info: expect.stringContaining('--card-os') });
  });

  it('reads cardOs and cardModel of each line, and refuses lines with wrong values', async () => {
    const lines = [
      '{"firmware":"UPS 09.4 (ID18)","cardOs":"6.4.0","cardModel":"AP9631"}',
      '{"firmware":"UPS 09.4 (ID18)","cardOs":"v7.1.8","cardModel":"AP9631"}',
      '{"firmware":"UPS 09.4 (ID18)","cardOs":718}',
      '{"firmware":"UPS 09.4 (ID18)","cardOs":["6.4.0"]}',
      '{"firmware":"UPS 09.4 (ID18)","cardOs":"latest"}',
      '{"firmware":"UPS 09.4 (ID18)","cardModel":{}}',
      '{"firmware":"UPS 09.4 (ID18)","cardOs":"apc_hw21_aos_2.5.0.8.bin","cardModel":"AP9631"}',
      '{"firmware":"UPS 09.4 (ID18)","cardOs":null,"cardModel":null}',
      '{"firmware":"UPS 09.4 (ID18)"}',
    ];
    const { out, exit } = await runHere(['rules', 'decide', '--jsonl'], {
      input: Readable.from(lines.join('\n')),
    });
    expect(exit).toBe(2);
    const Line = z.looseObject({
      advisories: z.array(AdvisoryShape).optional(),
      problem: z.looseObject({ message: z.string() }).optional(),
    });
    const answers = out
      .trim()
      .split('\n')
      .map((line) => Line.parse(JSON.parse(line)));
    const ripple20 = answers.map(({ advisories, problem }) =>
      problem === undefined
        ? (advisories?.find(({ id }) => id === 'CVE-2020-11896')?.status ?? 'no card')
        : problem.message.slice(0, 6),
    );
    expect(ripple20).toEqual([
      'affected',
      'fixed',
      'Line 3',
      'Line 4',
      'Line 5',
      'Line 6',
      'Line 7',
      'no card',
      'no card',
    ]);
  });
});

describe('explain', () => {
  it('says what an advisory is about, by its number or that of its notice', async () => {
    const { out, exit } = await runHere(['explain', 'cve-2020-11901', 'SEVD-2021-313-03', 'CVE-2022-0715']);
    expect(exit).toBe(0);
    expect(out).toContain('CVE-2020-11901 (advisory): Card: ');
    expect(out).toContain('SEVD-2021-313-03 (advisory): Card: ');
    expect(out).toContain('CVE-2022-0715 (advisory): UPS: ');
    expect(out).toContain('upsfw audit --advisory CVE-2020-11901');
  });
});

describe('the newest releases', () => {
  const Decision = z.looseObject({
    target: z.string(),
    image: z.string(),
    upToDate: z.boolean(),
    hops: z.array(z.looseObject({ to: z.string(), image: z.string() })),
    line: z.looseObject({
      minCardApp: z.unknown(),
      minWizard: z.string().nullable(),
      notes: z.array(z.string()),
    }),
  });
  const decide = async (firmware: string, ...words: readonly string[]) =>
    Decision.parse(
      JSON.parse((await runHere(['rules', 'decide', '--firmware', firmware, ...words, '--json'])).out),
    );

  it.each([
    ['UPS 15.0 (ID18)', '15.1', 'SMT18UPS_15-1', ['SMT18UPS_15-1.enc']],
    // 15.1 lacks the boot loader, as 15.0 does.
    ['UPS 09.3 (ID18)', '15.1', 'SMT18UPS_15-1', ['SMT18UPS_09-6.enc', 'SMT18UPS_15-1.enc']],
    ['UPS 06.8 (ID1034)', '06.9', 'SRTL1034UPS_06-9', ['SRTL1034UPS_06-9.enc']],
    ['UPS 04.8 (ID1062)', '04.9', 'SRTL1062UPS_04-9', ['SRTL1062UPS_04-9.enc']],
    ['UPS 04.8 (ID1063)', '04.9', 'SRTL1063UPS_04-9', ['SRTL1063UPS_04-9.enc']],
  ])('lead from %s to %s', async (firmware, target, image, route) => {
    const decision = await decide(firmware);
    expect(decision).toMatchObject({ target, image, upToDate: false });
    expect(decision.hops.map((hop) => hop.image)).toEqual(route);
  });

  it.each(['UPS 15.1 (ID18)', 'UPS 06.9 (ID1034)', 'UPS 04.9 (ID1062)', 'UPS 04.9 (ID1063)'])(
    '%s is up to date',
    async (firmware) => {
      expect(await decide(firmware)).toMatchObject({ upToDate: true, hops: [] });
    },
  );

  it('name the card application, the wizard and the duration that their notes give', async () => {
    expect((await decide('UPS 15.0 (ID18)')).line.minCardApp).toEqual([{ app: 'sumx', version: '6.2.1' }]);
    const { line } = await decide('UPS 06.8 (ID1034)');
    expect(line).toMatchObject({ minCardApp: [{ app: 'su', version: '3.0.0.12' }], minWizard: '4.3.8' });
    expect(line.notes.join()).toContain('AOS 3.0.1.1');
    const old = await runHere(['rules', 'decide', '--firmware', 'UPS 04.1 (ID1034)']);
    expect(old.out).toContain('longer than 25 minutes');
  });
});
