import { describe, expect, it } from 'vitest';
import type { CardFile, Reason, StoredImage, Unit } from '../../src/core/index.ts';
import { readImage } from '../../src/images/index.ts';
import { judgeCard, judgeStart, judgeUps, loadRules } from '../../src/rules/index.ts';
import { buildImage } from '../../src/sim/index.ts';
import { unitAt } from '../support/values/units.ts';

const IMAGE: StoredImage = {
  ...readImage(buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 500 }), 'x.enc'),
  path: '/images/x.enc',
};

function ofCode(code: string, reasons: readonly Reason[]): readonly Reason[] {
  return reasons.filter((reason) => reason.code === code);
}

describe('an image with an unknown SHA-256', () => {
  const evaluated = async (options: Parameters<typeof loadRules>[0]) => {
    const book = await loadRules(options);
    const plan = judgeUps(book, { unit: unitAt('09.4'), images: [IMAGE], transport: 'nmc' });
    const start = judgeStart(book, { unit: unitAt('09.4'), image: IMAGE, transport: 'nmc' });
    return { status: plan.status, plan: plan.reasons, start, hash: book.hash };
  };

  it('gives a warning, or a refusal of plan and start if the inventory says so', async () => {
    const warned = await evaluated({});
    expect(warned.status).toBe('outdated');
    expect(ofCode('HASH_UNKNOWN', warned.plan)).toMatchObject([{ outcome: 'warn' }]);
    const refused = await evaluated({ unknownImages: 'refuse' });
    expect(refused.status).toBe('blocked');
    for (const reasons of [refused.plan, refused.start]) {
      expect(ofCode('HASH_UNKNOWN', reasons)).toMatchObject([
        {
          outcome: 'block',
          because: expect.stringContaining(IMAGE.sha256),
          remedy: expect.stringContaining('trust'),
        },
      ]);
    }
  });

  it('gives no reason if it is trusted', async () => {
    for (const unknownImages of ['refuse', 'warn'] as const) {
      const trusted = await evaluated({ unknownImages, trust: [IMAGE.sha256] });
      expect(trusted.status).toBe('outdated');
      expect(ofCode('HASH_UNKNOWN', [...trusted.plan, ...trusted.start])).toEqual([]);
    }
    const other = await evaluated({ unknownImages: 'refuse', trust: ['0'.repeat(64)] });
    expect(other.status).toBe('blocked');
  });

  it('changes the hash of the rule book when it is trusted', async () => {
    const hashes = await Promise.all([
      evaluated({}),
      evaluated({ unknownImages: 'refuse' }),
      evaluated({ trust: [IMAGE.sha256] }),
    ]);
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(3);
  });

  it('the setting also applies to card files', async () => {
    const file: CardFile = {
      file: 'apc_hw05_sumx_720.bin',
      path: '/images/apc_hw05_sumx_720.bin',
      sizeBytes: 1000,
      sha256: 'c'.repeat(64),
      platform: 'hw05',
      part: 'card-app',
      app: 'sumx',
      version: '7.2.0',
      problems: [],
    };
    const os: CardFile = {
      ...file,
      file: 'apc_hw05_aos_720.bin',
      path: '/images/apc_hw05_aos_720.bin',
      part: 'card-os',
      app: null,
      sha256: 'd'.repeat(64),
    };
    const reasonsWith = async (options: Parameters<typeof loadRules>[0]) =>
      judgeCard(await loadRules(options), { unit: unitAt('09.4'), files: [file, os] }).reasons;
    expect(ofCode('HASH_UNKNOWN', await reasonsWith({}))).toEqual([]);
    const refused = ofCode('HASH_UNKNOWN', await reasonsWith({ unknownImages: 'refuse' }));
    expect(refused.length).toBeGreaterThan(0);
    for (const { outcome } of refused) expect(outcome).toBe('block');
    const trust = [file.sha256, os.sha256];
    expect(ofCode('HASH_UNKNOWN', await reasonsWith({ unknownImages: 'refuse', trust }))).toEqual([]);
  });
});

describe('a unit that reports no condition', () => {
  const nothing: Unit['condition'] = {
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
  const refusals = (reasons: readonly Reason[]): readonly Reason[] =>
    reasons.filter(({ outcome }) => outcome === 'block' || outcome === 'unknown');

  it('is refused by one reason instead of one per value', async () => {
    const book = await loadRules();
    for (const linkUp of [null, false]) {
      const unit = unitAt('09.4', { condition: { ...nothing, linkUp } });
      const verdict = judgeUps(book, { unit, images: [IMAGE], transport: 'nmc' });
      expect(verdict.status).toBe('blocked');
      const start = judgeStart(book, { unit, image: IMAGE, transport: 'nmc' });
      for (const reasons of [verdict.reasons, start]) {
        expect(refusals(reasons).map(({ code }) => code)).toEqual(['CARD_LINK', 'CONDITION_UNKNOWN']);
        for (const { because } of reasons) expect(because).not.toMatch(/not known %/);
      }
    }
  });

  it('is evaluated value by value if it reports any value', async () => {
    const book = await loadRules();
    const unit = unitAt('09.4', { condition: { ...nothing, linkUp: true, onLine: true } });
    const start = judgeStart(book, { unit, image: IMAGE, transport: 'nmc' });
    const codes = refusals(start).map(({ code }) => code);
    expect(codes).toContain('BATTERY_LOW');
    expect(codes).not.toContain('CONDITION_UNKNOWN');
  });

  it('is still refused if one of the rules is overridden', async () => {
    const override = new Map([['on-mains', 'seen with my own eyes']]);
    const book = await loadRules({ override });
    const unit = unitAt('09.4', { condition: { ...nothing, linkUp: true } });
    const codes = refusals(judgeStart(book, { unit, image: IMAGE, transport: 'nmc' })).map(
      ({ code }) => code,
    );
    expect(codes).toEqual(['CONDITION_UNKNOWN']);
  });
});
