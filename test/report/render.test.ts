import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Unit } from '../../src/core/index.ts';
import {
  type AuditDocument,
  type AuditUnit,
  type RunDocument,
  type RunOutcome,
  renderAudit,
  renderImages,
  renderPlan,
  renderRun,
} from '../../src/report/index.ts';
import { anyText } from '../support/values/text.ts';
import { PLAN_REST, plannedUnit, planOf, unitAt } from '../support/values/units.ts';

const STYLES = [
  { format: 'text', color: false },
  { format: 'markdown', color: false },
] as const;

function auditOf(unit: Unit, because = 'needs 09.4, has 09.3'): AuditDocument {
  const audited: AuditUnit = {
    ...unit,
    advisories: null,
    services: null,
    findings: null,
    problem: null,
    verdict: {
      status: 'blocked',
      target: { version: '15.0', microLinkId: 18, image: null },
      hops: [],
      transport: 'nmc',
      wizard: null,
      reasons: [
        { code: 'LOADER', rule: 'r', outcome: 'block', because, remedy: 'install 09.6 first', source: 's' },
      ],
    },
  };
  const counts = { current: 0, outdated: 0, blocked: 1, unsupported: 0, unknown: 0, unreachable: 0 };
  return {
    schema: 'upsfw/audit@1',
    generatedAt: '2026-01-01T00:00:00Z',
    units: [audited],
    sites: [{ site: 'berlin', counts }],
    counts,
    changes: null,
  };
}

function runOf(outcome: RunOutcome, simulated = false): RunDocument {
  return {
    ended: null,
    schema: 'upsfw/run@1',
    generatedAt: '2026-01-01T00:00:00Z',
    run: 'r1',
    state: 'done',
    paused: null,
    units: [
      {
        site: 'berlin',
        name: 'a',
        host: '127.0.0.1',
        serial: 'AS1',
        simulated,
        before: { raw: 'UPS 09.4 (ID18)', version: '09.4', microLinkId: 18 },
        after: outcome === 'upgraded' ? { raw: 'UPS 15.0 (ID18)', version: '15.0', microLinkId: 18 } : null,
        outcome,
        output: null,
        now: null,
        hops: [],
        advisories: [],
        problem:
          outcome === 'upgraded' ? null : { code: 'link/silent', message: 'it is silent', hint: 'go there' },
        reasons: [],
      },
    ],
    counts: {
      upgraded: 0,
      current: 0,
      refused: 0,
      failed: 0,
      unknown: 0,
      stopped: 0,
      pending: 0,
      [outcome]: 1,
    },
    problem: null,
    exitCode: 0,
  };
}

describe.each(STYLES)('reports as $format', (style) => {
  it('show a blocked update with target, reason and remedy', () => {
    const text = renderAudit(auditOf(unitAt('09.3')), style);
    for (const part of [
      'blocked',
      '15.0',
      'needs 09.4, has 09.3',
      'LOADER',
      'install 09.6 first',
      '1 unit: 1 blocked',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('SIMULATION');
  });

  it.each(['upgraded', 'current', 'refused', 'failed', 'unknown', 'stopped', 'pending'] as const)(
    'name %s in one word',
    (outcome) => {
      const text = renderRun(runOf(outcome), style);
      expect(text).toContain(outcome);
      if (outcome !== 'upgraded') expect(text).toContain('go there');
      expect(text.includes('Inspect it on site')).toBe(outcome === 'unknown');
      expect(text.includes('Never power it off')).toBe(outcome === 'unknown');
    },
  );

  it('mark simulated units, at the top and on their line', () => {
    for (const text of [
      renderAudit(auditOf(unitAt('09.3', { simulated: true })), style),
      renderRun(runOf('upgraded', true), style),
      renderPlan(
        {
          ...PLAN_REST,
          schema: 'upsfw/plan@1',
          generatedAt: 'x',
          ...planOf([plannedUnit('berlin/a', { unit: unitAt('09.4', { simulated: true }) })]),
          advisories: {},
          workOrders: [],
        },
        style,
      ),
    ]) {
      expect(text).toContain('SIMULATION');
      expect(text.replaceAll('\\', '')).toMatch(/a \[simulated\]/);
    }
  });

  it('never print text of a device raw', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 80 }), (hostile) => {
        const unit = unitAt('09.3', {
          model: hostile,
          name: hostile,
          firmware: { raw: hostile, version: null, microLinkId: null },
        });
        const text = renderAudit(auditOf(unit, hostile), style);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        expect(text.split('\n').length).toBe(renderAudit(auditOf(unitAt('09.3')), style).split('\n').length);
      }),
    );
  });
});

/** This many units at two sites; every second one is blocked, every tenth one silent. */
function largeAudit(many: number): AuditDocument {
  const [blocked] = auditOf(unitAt('09.3')).units;
  if (blocked === undefined) throw new Error('no unit');
  const units = Array.from({ length: many }, (_, index): AuditUnit => {
    const unit = { ...blocked, site: index % 2 === 0 ? 'berlin' : 'oslo', name: `rack-${index}` };
    if (index % 10 === 1) {
      const problem = { code: 'link/silent', message: 'no answer', hint: 'go there' } as const;
      return { ...unit, problem, verdict: { ...unit.verdict, status: 'unreachable', reasons: [] } };
    }
    if (index % 2 === 0) return unit;
    const status = index % 10 === 3 ? 'outdated' : 'current';
    return { ...unit, verdict: { ...unit.verdict, status, reasons: [] } };
  });
  return { ...auditOf(unitAt('09.3')), units };
}

describe('a large audit', () => {
  const TEXT = { format: 'text', color: false } as const;
  const MARKDOWN = { format: 'markdown', color: false } as const;

  it('lists units up to 40, or with --details', () => {
    const listed = (text: string): number => text.match(/^ {2}rack-\d+ /gm)?.length ?? 0;
    expect(listed(renderAudit(largeAudit(40), TEXT))).toBe(20);
    expect(listed(renderAudit(largeAudit(41), TEXT))).toBe(0);
    expect(listed(renderAudit(largeAudit(41), TEXT, 'units'))).toBe(21);
    expect(listed(renderAudit(largeAudit(4), TEXT, 'none'))).toBe(0);
  });

  it('ends with the sites, and then the remedies by cause, the most frequent first', () => {
    const text = renderAudit(largeAudit(100), TEXT);
    const lines = text.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, '|'));
    const start = lines.findIndex((line) => line.startsWith('site|'));
    expect(lines.slice(start, start + 10)).toEqual([
      'site|units|current|outdated|blocked|unsupported|unknown|unreachable|vulnerable',
      'berlin|50|-|-|50|-|-|-|-',
      'oslo|50|30|10|-|-|-|10|-',
      'total|100|30|10|50|-|-|10|-',
      '',
      'What to do',
      'LOADER|50 units|berlin/rack-0, berlin/rack-2, berlin/rack-4 and 47 more',
      'remedy: install 09.6 first',
      'link/silent|10 units|oslo/rack-1, oslo/rack-11, oslo/rack-21 and 7 more',
      'remedy: go there',
    ]);
    expect(lines[start + 10]).toBe('upsfw plan|10 units|can be upgraded');
  });

  it('counts a unit once for a cause of two rules, and states that the remedies differ', () => {
    const document = auditOf(unitAt('09.3'));
    const [unit] = document.units;
    const [reason] = unit?.verdict.reasons ?? [];
    if (unit === undefined || reason === undefined) throw new Error('no reason');
    const reasons = [reason, { ...reason, rule: 'other', remedy: 'install 09.8 first' }];
    const text = renderAudit(
      { ...document, units: [{ ...unit, verdict: { ...unit.verdict, reasons } }] },
      TEXT,
    );
    expect(text).toMatch(/^ {2}LOADER +1 unit +berlin\/a$/m);
    expect(text).toContain('remedy: install 09.6 first (differs between units');
  });

  it('has a table in Markdown that no markup in a name can break', () => {
    const document = largeAudit(3);
    const text = renderAudit(
      { ...document, units: document.units.map((one) => ({ ...one, site: 'a|b' })) },
      MARKDOWN,
    );
    expect(text).toContain('\n\n| site | units | current |');
    expect(text).toContain('| --- | ---: |');
    expect(text).toContain('| a\\|b | 3 | - |');
  });

  it('aligns columns by characters', () => {
    const document = largeAudit(3);
    const units = document.units.map((one, index) => ({
      ...one,
      site: index === 0 ? '\u{1d400}rhus' : 'Århus-2',
    }));
    const rows = renderAudit({ ...document, units }, TEXT)
      .split('\n')
      .filter((line) => / {2}\d+ {2}/.test(line));
    expect(rows).toHaveLength(3);
    expect(new Set(rows.map((row) => [...row].length)).size).toBe(1);
  });
});

describe('Markdown', () => {
  it('escapes markup in text of a device', () => {
    const text = renderAudit(auditOf(unitAt('09.3', { model: '<img src=x> `code` **bold** [a](b) |' })), {
      format: 'markdown',
      color: false,
    });
    for (const mark of ['<img', '`code`', '**bold**', '[a]'])
      expect(text.replaceAll(/\\(.)/g, '')).not.toContain(mark);
  });
});

describe('images', () => {
  it('show the problem of a file', () => {
    const image = {
      file: 'x.enc',
      sizeBytes: 3,
      sha256: 'a'.repeat(64),
      microLinkId: null,
      microLinkIdAfter: null,
      version: null,
      signed: false,
      parts: [],
      known: false,
      identicalTo: [],
      warnings: [],
    };
    const problems = [{ code: 'image/size', message: 'three bytes' }] as const;
    const text = renderImages(
      {
        expected: null,
        schema: 'upsfw/images@1',
        generatedAt: 'x',
        images: [{ ...image, problems }],
        cardFiles: [],
      },
      { format: 'text', color: false },
    );
    for (const part of ['damaged', 'three bytes', 'image/size', 'not in the catalogue'])
      expect(text).toContain(part);
  });
});
