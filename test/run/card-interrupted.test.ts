import { afterEach, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../src/state/index.ts';
import { type CardSite, openCardSite, type RunOptions } from '../support/sites/card-site.ts';
import { Killed } from '../support/sites/journal.ts';
import { only } from '../support/sites/route-site.ts';

let site: CardSite;
afterEach(() => site.close());

async function killedDuring(options: RunOptions): Promise<void> {
  const running = site.executeRun(await site.begin(await site.plan()), options);
  await expect(running).rejects.toBeInstanceOf(Killed);
  await site.card.settled();
}

const isStep = (event: NewEvent, hop: number, step: string, state: string): boolean =>
  event.event === 'step' && event.hop === hop && event.step === step && event.state === state;

const NMC3 = { platform: 'hw21', boot: '1.3.6.1', version: '1.4.2.1' } as const;

describe('killed before this journal line is written', () => {
  it.each([
    ['unit', null],
    ['backup', 'begun'],
    ['backup', 'done'],
    ['start', 'committing'],
    ['start', 'done'],
    ['settle', 'begun'],
    ['settle', 'done'],
    ['verify', 'begun'],
    ['verify', 'done'],
    ['end', null],
    ['closed', null],
  ] as const)('%s %s: resume finds the result, and the card gets one upload', async (name, state) => {
    site = await openCardSite({ card: NMC3 });
    await killedDuring({
      killedBefore: (event) => (state === null ? event.event === name : isStep(event, 0, name, state)),
    });
    const resumed = only(await site.resume());
    expect(resumed).toMatchObject({ outcome: 'upgraded', exit: 0, problem: null });
    expect(site.card.os).toBe('2.5.0.8');
    expect(site.card.touched).toBe(1);
  });
});

it('killed between the line of the upload and the upload: resume reports a failure, and --retry uploads', async () => {
  site = await openCardSite({ card: NMC3 });
  // The line is on disk, and the process dies before the upload.
  let isGone = false;
  await killedDuring({
    onLine: (event) => {
      if (event.event !== 'step' || event.state !== 'committing') return;
      isGone = true;
      throw new Killed();
    },
    killedBefore: () => isGone,
  });
  const resumed = only(await site.resume());
  expect(resumed).toMatchObject({ outcome: 'failed', exit: 4, problem: { code: 'device/update-failed' } });
  expect(site.card.touched).toBe(0);
  expect(only(await site.resume({}, true))).toMatchObject({ outcome: 'upgraded', attempt: 2 });
  expect(site.card.touched).toBe(1);
});

describe('killed between operating system and application', () => {
  it.each([
    ['before the first file is verified', 0, 'verify', 'done'],
    ['right before the second upload', 1, 'start', 'committing'],
    ['right after the second upload', 1, 'start', 'done'],
  ] as const)(
    '%s: resume completes the card with one upload for each file',
    async (_name, hop, step, state) => {
      site = await openCardSite({ card: { boot: '1.0.9' } });
      await killedDuring({ killedBefore: (event) => isStep(event, hop, step, state) });
      const resumed = only(await site.resume());
      expect(resumed).toMatchObject({ outcome: 'upgraded', after: { serial: 'AS1234567890' } });
      expect(site.card.taken).toEqual(['apc_hw05_aos_696.bin', 'apc_hw05_sumx_696.bin']);
      expect(site.card.touched).toBe(2);
    },
  );
});
