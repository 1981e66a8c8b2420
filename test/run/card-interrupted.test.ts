import { afterEach, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../src/state/index.ts';
import { type CardSite, type Circumstances, Killed, openCardSite } from './card-site.ts';
import { only } from './route-site.ts';

let site: CardSite;
afterEach(() => site.close());

async function killedDuring(circumstances: Circumstances): Promise<void> {
  const running = site.carryOut(await site.begin(await site.plan()), circumstances);
  await expect(running).rejects.toBeInstanceOf(Killed);
  await site.card.settled();
}

const isStep = (event: NewEvent, hop: number, step: string, state: string): boolean =>
  event.event === 'step' && event.hop === hop && event.step === step && event.state === state;

const NMC3 = { platform: 'hw21', boot: '1.3.6.1', version: '1.4.2.1' } as const;

describe('killed before the line is written that says', () => {
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
  ] as const)('%s %s: resume finds the end, and the card gets one upload', async (word, state) => {
    site = await openCardSite({ card: NMC3 });
    await killedDuring({
      killedBefore: (event) => (state === null ? event.event === word : isStep(event, 0, word, state)),
    });
    const resumed = only(await site.resume());
    expect(resumed).toMatchObject({ outcome: 'upgraded', exit: 0, problem: null });
    expect(site.card.os).toBe('2.5.0.8');
    expect(site.card.touched).toBe(1);
  });
});

it('killed when the upload is written down and not made: resume makes none, says that it failed, and --retry makes it', async () => {
  site = await openCardSite({ card: NMC3 });
  // The line is on disk, and the process does not come to the upload.
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
    ['before the first is known to be verified', 0, 'verify', 'done'],
    ['right before the second upload', 1, 'start', 'committing'],
    ['right after the second upload', 1, 'start', 'done'],
  ] as const)('%s: goes on to the end with one upload for each', async (_name, hop, step, state) => {
    site = await openCardSite({ card: { boot: '1.0.9' } });
    await killedDuring({ killedBefore: (event) => isStep(event, hop, step, state) });
    const resumed = only(await site.resume());
    expect(resumed).toMatchObject({ outcome: 'upgraded', after: { serial: 'AS1234567890' } });
    expect(site.card.taken).toEqual(['apc_hw05_aos_696.bin', 'apc_hw05_sumx_696.bin']);
    expect(site.card.touched).toBe(2);
  });
});
