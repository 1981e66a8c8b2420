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
import { plannedUnit, planOf, unitAt } from '../run/values.ts';

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
      path: 'nmc',
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
    schema: 'upsfw/run@1',
    generatedAt: '2026-01-01T00:00:00Z',
    run: 'r1',
    state: 'done',
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
    expect(text).not.toContain('REHEARSAL');
  });

  it.each(['upgraded', 'current', 'refused', 'failed', 'unknown', 'stopped', 'pending'] as const)(
    'say %s in a word',
    (outcome) => {
      const text = renderRun(runOf(outcome), style);
      expect(text).toContain(outcome);
      if (outcome !== 'upgraded') expect(text).toContain('go there');
      expect(text.includes('go and look')).toBe(outcome === 'unknown');
      expect(text.includes('Never power it off')).toBe(outcome === 'unknown');
    },
  );

  it('mark what is simulated, at the top and on its line', () => {
    for (const text of [
      renderAudit(auditOf(unitAt('09.3', { simulated: true })), style),
      renderRun(runOf('upgraded', true), style),
      renderPlan(
        {
          schema: 'upsfw/plan@1',
          generatedAt: 'x',
          ...planOf([plannedUnit('berlin/a', { unit: unitAt('09.4', { simulated: true }) })]),
          advisories: {},
        },
        style,
      ),
    ]) {
      expect(text).toContain('REHEARSAL');
      expect(text.replaceAll('\\', '')).toMatch(/a \[simulated\]/);
    }
  });

  it('never print text of a device raw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (hostile) => {
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

describe('Markdown', () => {
  it('takes no marks from a device', () => {
    const text = renderAudit(auditOf(unitAt('09.3', { model: '<img src=x> `code` **bold** [a](b) |' })), {
      format: 'markdown',
      color: false,
    });
    for (const mark of ['<img', '`code`', '**bold**', '[a]'])
      expect(text.replaceAll(/\\(.)/g, '')).not.toContain(mark);
  });
});

describe('images', () => {
  it('show what is wrong with a file', () => {
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
      { schema: 'upsfw/images@1', generatedAt: 'x', images: [{ ...image, problems }], cardFiles: [] },
      { format: 'text', color: false },
    );
    for (const part of ['damaged', 'three bytes', 'image/size', 'not in the catalogue'])
      expect(text).toContain(part);
  });
});
