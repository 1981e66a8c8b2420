import { describe, expect, it } from 'vitest';
import { type Image, isAllowed, type Reason } from '../../src/core/index.ts';
import { readImage } from '../../src/images/index.ts';
import { judgeRecovery, loadRules, type RecoveryInput } from '../../src/rules/index.ts';
import { buildImage, type ImageRecipe } from '../../src/sim/index.ts';

const BANNER = ['APC(R)2009 Download Manager', 'Version 07.20', '4.5G Smart-UPS Tower'];

function image(recipe: Partial<ImageRecipe> = {}): Image {
  const whole = { microLinkId: 17, version: '07.1', parts: ['UBL 07.3'], payloadBytes: 4_000, ...recipe };
  return readImage(buildImage(whole), 'a.enc');
}

async function evaluated(input: Partial<RecoveryInput> = {}, override?: string): Promise<readonly Reason[]> {
  const book = await loadRules({
    ...(override === undefined ? {} : { override: new Map([[override, 'it ran that before']]) }),
  });
  return judgeRecovery(book, { image: image(), expectId: 17, banner: BANNER, isNamed: true, ...input });
}

const outcomes = (reasons: readonly Reason[]): Readonly<Record<string, string>> =>
  Object.fromEntries(reasons.map(({ code, outcome }) => [code, outcome]));

describe('an image for a unit in its boot loader', () => {
  it('is allowed if it is intact and for the ID that the operator names', async () => {
    const reasons = await evaluated();
    expect(isAllowed(reasons)).toBe(true);
    expect(outcomes(reasons)).toMatchObject({
      RECOVERY_ID: 'pass',
      RECOVERY_INTACT: 'pass',
      HASH_UNKNOWN: 'warn',
    });
    expect(Object.keys(outcomes(reasons))).not.toContain('RECOVERY_BANNER');
  });

  it('is refused for another ID by a final rule', async () => {
    const reasons = await evaluated({ expectId: 18 });
    expect(reasons.find(({ code }) => code === 'RECOVERY_ID')).toMatchObject({
      outcome: 'block',
      because: 'the image is for ID 17, the operator named ID 18 for the unit',
    });
    await expect(evaluated({ expectId: 18 }, 'recovery-id')).rejects.toMatchObject({
      code: 'config/override',
    });
  });

  it('is refused if it is damaged', async () => {
    const bytes = buildImage({ microLinkId: 17, version: '07.1', payloadBytes: 4_000 });
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    const reasons = await evaluated({ image: readImage(bytes, 'a.enc') });
    expect(outcomes(reasons).RECOVERY_INTACT).toBe('block');
  });

  it('is refused if it may need a newer boot loader, unless the operator overrides the rule', async () => {
    const input = { image: image({ microLinkId: 18, version: '15.0', parts: [] }), expectId: 18 };
    const [reason] = (await evaluated(input)).filter(({ code }) => code === 'RECOVERY_LOADER');
    expect(reason).toMatchObject({ outcome: 'unknown', remedy: expect.stringContaining('09.6') });
    expect(isAllowed(await evaluated(input, 'recovery-loader'))).toBe(true);
    // The image that contains the boot loader needs no other one.
    const withLoader = {
      image: image({ microLinkId: 18, version: '09.6', parts: ['UBL 08.6'] }),
      expectId: 18,
    };
    expect(outcomes(await evaluated(withLoader)).RECOVERY_LOADER).toBeUndefined();
  });

  it.each([
    [20, undefined],
    [17, undefined],
    [1005, 'warn'],
  ])('for ID %d gives a warning if no recovery was reported', async (microLinkId, outcome) => {
    const reasons = await evaluated({ image: image({ microLinkId }), expectId: microLinkId });
    expect(outcomes(reasons).RECOVERY_LINE_NOT_SEEN).toBe(outcome);
  });

  it('is compared with the banner, if the banner was reported', async () => {
    const other = { image: image({ microLinkId: 20 }), expectId: 20 };
    expect(outcomes(await evaluated(other)).RECOVERY_BANNER).toBe('warn');
    for (const banner of [['Loader 1.0'], []]) {
      const reasons = await evaluated({ banner, isNamed: false });
      expect(outcomes(reasons).RECOVERY_BANNER_UNKNOWN).toBe('warn');
    }
  });
});
