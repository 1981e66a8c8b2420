import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Status, Unit } from '../../src/core/index.ts';
import {
  type Advisory,
  type AuditDocument,
  type AuditUnit,
  renderPrometheus,
} from '../../src/report/index.ts';
import { anyText } from '../support/values/text.ts';
import { unitAt } from '../support/values/units.ts';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*/;

/** Reads the text exposition format strictly: throws on anything that the format does not allow. */
function readExposition(text: string): readonly Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const samples: Sample[] = [];
  const families = new Set<string>();
  const series = new Set<string>();
  let current: string | null = null;
  let typed = false;
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (comment?.[1] === 'HELP') {
      current = comment[2] ?? '';
      if (families.has(current)) throw new Error(`${current} stands in two places`);
      families.add(current);
      typed = false;
      continue;
    }
    if (comment?.[1] === 'TYPE') {
      if (comment[2] !== current || comment[3] !== 'gauge' || typed) throw new Error(`odd type: ${line}`);
      typed = true;
      continue;
    }
    const sample = readSample(line);
    if (sample.name !== current || !typed) throw new Error(`${sample.name} stands outside of its family`);
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    if (series.has(key)) throw new Error(`two samples of ${key}`);
    series.add(key);
    samples.push(sample);
  }
  return samples;
}

function readSample(line: string): Sample {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) throw new Error(`no name: ${line}`);
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    for (;;) {
      const found = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|\})/.exec(rest);
      const [whole = '', label = '', value = '', end] = found ?? [];
      if (found === null || Object.hasOwn(labels, label)) throw new Error(`odd label: ${rest}`);
      labels[label] = value.replace(/\\(.)/g, (_, mark: string) => (mark === 'n' ? '\n' : mark));
      rest = rest.slice(whole.length);
      if (end === '}') break;
    }
  }
  if (!/^ -?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/.test(rest)) throw new Error(`odd value: ${line}`);
  return { name, labels, value: Number(rest) };
}

function audited(unit: Partial<Unit>, status: Status = 'current', advisories: AuditUnit['advisories'] = []) {
  return {
    ...unitAt('15.0', unit),
    advisories,
    services: null,
    findings: null,
    problem: null,
    verdict: { status, target: null, hops: [], transport: null, wizard: null, reasons: [] },
  } satisfies AuditUnit;
}

function advisory(id: string, status: Advisory['status']): Advisory {
  return { id, status, fixedIn: null, partlyIn: null, source: 's' };
}

function metricsOf(units: readonly AuditUnit[], seconds: number | null = 1.25): readonly Sample[] {
  const counts = { current: 0, outdated: 0, blocked: 0, unsupported: 0, unknown: 0, unreachable: 0 };
  const document: AuditDocument = {
    schema: 'upsfw/audit@1',
    generatedAt: '2026-01-01T00:00:00.500Z',
    units,
    sites: [],
    counts,
    changes: null,
  };
  return readExposition(renderPrometheus(document, seconds));
}

function values(samples: readonly Sample[], name: string): readonly number[] {
  return samples.filter((sample) => sample.name === name).map(({ value }) => value);
}

const UNKNOWN = {
  onLine: null,
  outputOn: null,
  batteryPercent: null,
  runtimeSeconds: null,
  loadPercent: null,
  calibrating: null,
  selfTest: null,
  alarms: null,
  notices: null,
  linkUp: null,
};

describe('metrics of an audit', () => {
  it('have the identity and condition of a unit, in base units', () => {
    const samples = metricsOf([audited({ condition: { ...unitAt('15.0').condition, batteryPercent: 29 } })]);
    const place = { site: 'berlin', name: 'a' };
    expect(samples).toEqual(
      expect.arrayContaining([
        {
          name: 'upsfw_unit_info',
          labels: {
            ...place,
            serial: 'AS1234567890',
            model: 'Smart-UPS 1500',
            sku: '',
            microlink_id: '18',
            version: '15.0',
            card_model: 'AP9631',
            card_app: 'sumx',
            card_app_version: 'v6.9.6',
          },
          value: 1,
        },
        { name: 'upsfw_unit_battery_charge_ratio', labels: place, value: 0.29 },
        { name: 'upsfw_unit_battery_runtime_seconds', labels: place, value: 3600 },
        { name: 'upsfw_unit_load_ratio', labels: place, value: 0.2 },
        { name: 'upsfw_unit_on_line', labels: place, value: 1 },
        { name: 'upsfw_unit_output_on', labels: place, value: 1 },
        { name: 'upsfw_audit_timestamp_seconds', labels: {}, value: Date.UTC(2026, 0, 1) / 1000 + 0.5 },
        { name: 'upsfw_audit_duration_seconds', labels: {}, value: 1.25 },
      ]),
    );
  });

  it.each([
    ['current', [0]],
    ['outdated', [1]],
    ['blocked', [1]],
    ['unsupported', []],
    ['unknown', []],
    ['unreachable', []],
  ] as const)('of a unit that is %s', (status, outdated) => {
    const samples = metricsOf([audited({ reachable: status !== 'unreachable' }, status)]);
    expect(values(samples, 'upsfw_unit_outdated')).toEqual(outdated);
    const states = samples.filter(({ name }) => name === 'upsfw_unit_status');
    expect(states).toHaveLength(6);
    expect(states.filter(({ value }) => value === 1).map(({ labels }) => labels.status)).toEqual([status]);
    expect(values(samples, 'upsfw_unit_reachable')).toEqual([status === 'unreachable' ? 0 : 1]);
  });

  it('omit unknown values, and values of a card that does not see its UPS', () => {
    const condition = unitAt('15.0').condition;
    for (const stale of [UNKNOWN, { ...condition, linkUp: false }]) {
      const samples = metricsOf([audited({ condition: stale })], null);
      const names = new Set(samples.map(({ name }) => name));
      expect([...names].sort()).toEqual([
        'upsfw_audit_timestamp_seconds',
        'upsfw_unit_info',
        'upsfw_unit_outdated',
        'upsfw_unit_reachable',
        'upsfw_unit_status',
        'upsfw_unit_vulnerable',
      ]);
    }
    const off = metricsOf([audited({ condition: { ...condition, onLine: false, loadPercent: 0 } })]);
    expect(values(off, 'upsfw_unit_on_line')).toEqual([0]);
    expect(values(off, 'upsfw_unit_load_ratio')).toEqual([0]);
  });

  it('count advisories, and name the open ones', () => {
    const one = advisory('CVE-1', 'affected');
    const cases = [
      [null, []],
      [[], [0]],
      [[advisory('CVE-1', 'unknown'), advisory('CVE-2', 'unknown')], []],
      [[advisory('CVE-1', 'unknown'), advisory('CVE-2', 'fixed')], [0]],
      [[one, advisory('CVE-2', 'partly'), advisory('CVE-3', 'affected')], [2]],
    ] as const;
    for (const [advisories, expected] of cases) {
      expect(values(metricsOf([audited({}, 'current', advisories)]), 'upsfw_unit_vulnerable')).toEqual(
        expected,
      );
    }
    const open = metricsOf([
      audited({}, 'current', [one, advisory('CVE-2', 'partly'), advisory('CVE-3', 'fixed')]),
    ]);
    expect(
      open
        .filter(({ name }) => name === 'upsfw_unit_advisory')
        .map(({ labels }) => [labels.id, labels.status]),
    ).toEqual([
      ['CVE-1', 'affected'],
      ['CVE-2', 'partly'],
    ]);
  });

  it('mark only simulated units', () => {
    const labels = metricsOf([audited({ simulated: true }), audited({ name: 'b' })])
      .filter(({ name }) => name === 'upsfw_unit_info')
      .map((sample) => sample.labels.simulated);
    expect(labels).toEqual(['true', undefined]);
  });

  it('escape quotes and backslashes, and let no line end in a label', () => {
    const [sample] = metricsOf([
      audited({ model: 'a "b" \\n c\\', name: 'line\nbreak', site: '"}\n# HELP' }),
    ]);
    expect(sample?.labels).toMatchObject({ model: 'a "b" \\n c\\', name: 'line break', site: '"} # HELP' });
  });

  it('can be parsed with any text, and keep quotes and backslashes', () => {
    const word = fc.oneof(anyText({ maxLength: 12 }), fc.constantFrom('"', '\\', '\\"', '\n', 'x'));
    const anyUnit = fc
      .record({ name: word, site: word, model: word, serial: word, card: fc.constant(null) })
      .map((unit) => audited(unit));
    fc.assert(
      fc.property(fc.array(anyUnit, { maxLength: 5 }), (units) => {
        for (const { labels } of metricsOf(units)) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
          for (const text of Object.values(labels)) expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '"', '\\', 'n'), maxLength: 12 }), (model) => {
        expect(metricsOf([audited({ model })])[0]?.labels.model).toBe(model);
      }),
    );
  });
});
