import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFirmware, type Status } from '../../src/core/index.ts';
import {
  type AuditChanges,
  type AuditDocument,
  type AuditUnit,
  CHANGE_KINDS,
  type ChangeKind,
  type ComparedUnit,
  changeCount,
  compareAudits,
  renderAudit,
} from '../../src/report/index.ts';
import { unitAt } from '../support/values/units.ts';

interface UnitOptions {
  readonly name?: string | null;
  readonly site?: string | null;
  readonly host?: string;
  readonly serial?: string | null;
  readonly raw?: string | null;
  readonly status?: Status;
  /** Advisories that affect the unit; the others of `IDS` are fixed. Null: an audit of an older version. */
  readonly affected?: readonly string[] | null;
}

const IDS = ['CVE-2022-0715', 'CVE-2022-22805'];

function unit({
  name = 'a',
  site = 'berlin',
  host = '10.0.0.1',
  serial = 'AS1111111111',
  raw = 'UPS 15.0 (ID18)',
  status = 'current',
  affected = [],
}: UnitOptions): AuditUnit {
  const reachable = status !== 'unreachable';
  return {
    ...unitAt('15.0'),
    site,
    name,
    host,
    serial: reachable ? serial : null,
    firmware: readFirmware(reachable ? raw : null),
    reachable,
    advisories:
      affected === null
        ? null
        : IDS.map((id) => ({
            id,
            status: affected.includes(id) ? 'affected' : 'fixed',
            fixedIn: null,
            partlyIn: null,
            source: 's',
          })),
    services: null,
    findings: null,
    problem: null,
    verdict: { status, target: null, hops: [], transport: 'nmc', wizard: null, reasons: [] },
  };
}

const audit = (...options: readonly UnitOptions[]) => ({ units: options.map(unit) });

/** The lists that are not empty, each with the site and name of its units. */
function changed(changes: AuditChanges): Partial<Record<ChangeKind, readonly string[]>> {
  return Object.fromEntries(
    CHANGE_KINDS.filter((kind) => changes[kind].length > 0).map((kind) => [
      kind,
      changes[kind].map(({ site, name }) => `${site}/${name}`),
    ]),
  );
}

const A = { name: 'a', serial: 'AS1111111111', host: '10.0.0.1' };
const B = { name: 'b', serial: 'AS2222222222', host: '10.0.0.2' };
const OTHER = 'AS9999999999';

const CASES: readonly (readonly [
  what: string,
  before: readonly UnitOptions[],
  now: readonly UnitOptions[],
  changes: Partial<Record<ChangeKind, readonly string[]>>,
])[] = [
  ['no change', [A, B], [B, A], {}],
  ['an added unit', [A], [A, B], { new: ['berlin/b'] }],
  ['a removed unit', [A, B], [A], { gone: ['berlin/b'] }],
  ['another name', [A], [{ ...A, name: 'z' }], { moved: ['berlin/z'] }],
  ['another site', [A], [{ ...A, site: 'oslo' }], { moved: ['oslo/a'] }],
  ['another host', [A], [{ ...A, host: '10.9.9.9' }], { moved: ['berlin/a'] }],
  ['a serial number in lowercase', [A], [{ ...A, serial: 'as1111111111 ' }], {}],
  [
    'two units that exchanged places',
    [A, B],
    [
      { ...A, serial: B.serial },
      { ...B, serial: A.serial },
    ],
    { moved: ['berlin/a', 'berlin/b'] },
  ],
  ['another unit at the same place', [A], [{ ...A, serial: OTHER }], { replaced: ['berlin/a'] }],
  [
    'another unit with the same name at another address',
    [A],
    [{ ...A, serial: OTHER, host: '10.9.9.9' }],
    { new: ['berlin/a'], gone: ['berlin/a'] },
  ],
  [
    'another unit at the same place, which is not compared with the earlier unit',
    [A],
    [{ ...A, serial: OTHER, raw: 'UPS 09.4 (ID18)', status: 'outdated', affected: IDS }],
    { replaced: ['berlin/a'] },
  ],
  [
    'a moved unit with another unit in its place',
    [A],
    [
      { ...A, serial: OTHER },
      { ...B, serial: A.serial },
    ],
    { new: ['berlin/a'], moved: ['berlin/b'] },
  ],
  ['a unit that fell silent', [A], [{ ...A, status: 'unreachable' }], { unreachable: ['berlin/a'] }],
  ['a unit that answers again', [{ ...A, status: 'unreachable' }], [A], { back: ['berlin/a'] }],
  ['a unit that is still silent', [{ ...A, status: 'unreachable' }], [{ ...A, status: 'unreachable' }], {}],
  [
    'a silent place whose unit is at another place now',
    [A],
    [
      { ...A, status: 'unreachable' },
      { ...B, serial: A.serial },
    ],
    { moved: ['berlin/b'], unreachable: ['berlin/a'] },
  ],
  [
    'invalid serial numbers',
    [
      { ...A, serial: 'FFFFFFFFFFFF' },
      { ...B, serial: 'FFFFFFFFFFFF' },
    ],
    [
      { ...B, serial: 'FFFFFFFFFFFF' },
      { ...A, serial: 'FFFFFFFFFFFF' },
    ],
    {},
  ],
  [
    'a serial number of two units',
    [A, { ...B, serial: A.serial }],
    [{ ...B, serial: A.serial }, { ...A }],
    {},
  ],
  [
    'newer firmware',
    [{ ...A, raw: 'UPS 09.4 (ID18)', status: 'outdated', affected: IDS }],
    [A],
    { upgraded: ['berlin/a'] },
  ],
  [
    'older firmware',
    [A],
    [{ ...A, raw: 'UPS 09.4 (ID18)', status: 'outdated', affected: IDS }],
    { downgraded: ['berlin/a'] },
  ],
  ['another firmware line', [A], [{ ...A, raw: 'UPS 02.0 (ID1060)' }], { firmwareChanged: ['berlin/a'] }],
  [
    'firmware versions without an order',
    [{ ...A, raw: '652.13.I' }],
    [{ ...A, raw: '652.14.I' }],
    { firmwareChanged: ['berlin/a'] },
  ],
  [
    'unreadable firmware strings',
    [{ ...A, raw: 'x' }],
    [{ ...A, raw: 'y' }],
    { firmwareChanged: ['berlin/a'] },
  ],
  ['firmware that was not read', [{ ...A, raw: null, status: 'unknown' }], [A], {}],
  ['the same firmware in two formats', [{ ...A, raw: 'UPS 15.0 / ID=18' }], [A], {}],
  ['the same firmware without its Micro-Link ID', [{ ...A, raw: 'UPS 15.0' }], [A], {}],
  [
    'a newer image in the catalogue',
    [A, B],
    [
      { ...A, status: 'outdated' },
      { ...B, status: 'blocked' },
    ],
    { newlyOutdated: ['berlin/a', 'berlin/b'] },
  ],
  ['a unit that was outdated before', [{ ...A, status: 'outdated' }], [{ ...A, status: 'blocked' }], {}],
  ['a new advisory', [A], [{ ...A, affected: IDS }], { newlyVulnerable: ['berlin/a'] }],
  [
    'advisories that an older audit does not contain',
    [{ ...A, affected: null }],
    [{ ...A, affected: IDS }],
    {},
  ],
  ['a removed advisory', [{ ...A, affected: IDS }], [{ ...A, affected: [] }], {}],
];

describe('what changed between two audits', () => {
  it.each(CASES)('reports for %s', (_what, before, now, changes) => {
    expect(changed(compareAudits(audit(...before), audit(...now)))).toEqual(changes);
  });

  it('has both sides of each change, and the IDs of advisories', () => {
    const changes = compareAudits(
      audit({ ...A, affected: ['CVE-2022-22805'] }),
      audit({ ...A, name: 'z', affected: IDS }),
    );
    const side = { site: 'berlin', host: '10.0.0.1', serial: A.serial, status: 'current' };
    expect(changes.moved).toEqual([
      {
        site: 'berlin',
        name: 'z',
        serial: A.serial,
        before: { ...side, name: 'a', firmware: readFirmware('UPS 15.0 (ID18)') },
        now: { ...side, name: 'z', firmware: readFirmware('UPS 15.0 (ID18)') },
      },
    ]);
    expect(changes.newlyVulnerable[0]?.advisories).toEqual(['CVE-2022-0715']);
    expect(compareAudits(audit(A), audit()).gone[0]).toMatchObject({
      name: 'a',
      serial: A.serial,
      before: { host: A.host },
      now: null,
    });
  });

  it('counts no unit as gone that was not chosen', () => {
    const before = audit(A, { ...B, site: 'oslo' });
    expect(changed(compareAudits(before, audit(), { sites: ['oslo'], units: [] }))).toEqual({
      gone: ['oslo/b'],
    });
    expect(changed(compareAudits(before, audit(A), { sites: [], units: ['a'] }))).toEqual({});
  });
});

const anyUnit: fc.Arbitrary<ComparedUnit> = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', null),
    site: fc.constantFrom('berlin', 'oslo', null),
    host: fc.constantFrom('10.0.0.1', '10.0.0.2'),
    serial: fc.constantFrom('AS1111111111', 'AS2222222222', 'AS3333333333', 'FFFFFFFFFFFF', null),
    raw: fc.constantFrom('UPS 15.0 (ID18)', 'UPS 09.4 (ID18)', 'UPS 02.0 (ID1060)', '652.13.I', 'x', null),
    status: fc.constantFrom<Status>('current', 'outdated', 'blocked', 'unknown', 'unreachable'),
    affected: fc.option(fc.subarray(IDS)),
  })
  .map(unit);

/** An audit has no two units with the same site and name. */
const anyAudit = fc
  .uniqueArray(anyUnit, { maxLength: 7, selector: ({ site, name }) => `${site}/${name}` })
  .map((units) => ({ units }));

describe('any two audits', () => {
  it('have no changes if they are equal', () => {
    fc.assert(
      fc.property(fc.array(anyUnit, { maxLength: 7 }), (units) => {
        const copy: typeof units = structuredClone(units);
        expect(changeCount(compareAudits({ units }, { units: copy }))).toBe(0);
      }),
    );
  });

  it('have reversed changes in the reverse order', () => {
    const TURNED = [
      ['new', 'gone'],
      ['gone', 'new'],
      ['upgraded', 'downgraded'],
      ['unreachable', 'back'],
      ['back', 'unreachable'],
      ['moved', 'moved'],
      ['replaced', 'replaced'],
      ['firmwareChanged', 'firmwareChanged'],
    ] as const;
    fc.assert(
      fc.property(anyAudit, anyAudit, (one, other) => {
        const there = compareAudits(one, other);
        const back = compareAudits(other, one);
        const sides = (changes: AuditChanges[ChangeKind], turned: boolean): readonly string[] =>
          changes.map(({ before, now }) => JSON.stringify(turned ? [now, before] : [before, now])).sort();
        for (const [kind, turned] of TURNED) {
          expect(sides(there[kind], false), kind).toEqual(sides(back[turned], true));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('account for every unit: one that only the later audit has is new', () => {
    fc.assert(
      fc.property(anyAudit, anyAudit, (one, other) => {
        const { new: found, gone } = compareAudits(one, other);
        const there = new Set(one.units.map(({ site, name }) => `${site}/${name}`));
        const serials = new Set(one.units.map(({ serial }) => serial));
        for (const unitNow of other.units) {
          const known = there.has(`${unitNow.site}/${unitNow.name}`) || serials.has(unitNow.serial);
          const isNew = found.some(({ site, name }) => site === unitNow.site && name === unitNow.name);
          if (!known) expect(isNew).toBe(true);
        }
        expect(gone.length).toBeLessThanOrEqual(one.units.length);
        for (const change of gone) expect(change.now).toBeNull();
      }),
    );
  });
});

describe('changes in a report', () => {
  const counts = { current: 0, outdated: 0, blocked: 0, unsupported: 0, unknown: 0, unreachable: 0 };
  function documentOf(before: readonly UnitOptions[], now: readonly UnitOptions[]): AuditDocument {
    return {
      schema: 'upsfw/audit@1',
      generatedAt: '2026-02-01T00:00:00Z',
      ...audit(...now),
      sites: [],
      counts,
      changes: { since: '2026-01-01T00:00:00Z', ...compareAudits(audit(...before), audit(...now)) },
    };
  }
  const TEXT = { format: 'text', color: false } as const;

  it('state that there are none', () => {
    const text = renderAudit(documentOf([A], [A]), TEXT);
    expect(text).toMatch(/^Since 2026-01-01T00:00:00Z\nno changes$/m);
    expect(renderAudit({ ...documentOf([A], [A]), changes: null }, TEXT)).not.toContain('Since');
  });

  it('name twenty of a kind, and count the others', () => {
    const many = Array.from({ length: 23 }, (_, index) => ({
      name: `n${index}`,
      serial: `AS00000000${index + 10}`,
    }));
    const text = renderAudit(documentOf([A], [{ ...A, affected: IDS }, ...many]), TEXT);
    expect(text.match(/^ {2}berlin\/n\d+ +new /gm)).toHaveLength(20);
    expect(text).toContain('and 3 more new (--json lists all)');
    expect(text).toMatch(/berlin\/a +vulnerable +UPS 15\.0 \(ID18\), CVE-2022-0715, CVE-2022-22805/);
    expect(text.indexOf('Since 2026')).toBeLessThan(text.indexOf('vulnerable\n'));
  });
});
