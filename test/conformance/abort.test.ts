import { afterEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { checkRun, toldBy } from './invariants.ts';
import { type ConformanceSite, type Model, openConformance, type Way, waysOf } from './site.ts';

let site: ConformanceSite;
afterEach(() => site?.close());

/** The personas that rules and devices let be upgraded as they are. */
const MODELS: readonly Model[] = [
  { persona: 'smx1500-current', installed: '09.8' },
  { persona: 'smt1500-nmc2' },
  { persona: 'smx1500-nmc3' },
  { persona: 'srt10k-ap9641' },
  { persona: 'srtl-embedded' },
];

interface Case {
  readonly title: string;
  readonly model: Model;
  readonly method: Way;
}

const CASES: readonly Case[] = (
  await Promise.all(
    MODELS.map(async (model) =>
      (
        await waysOf(model)
      ).map((method) => ({
        title: `${model.persona}, ${method.transfer} and ${method.start}`,
        model,
        method,
      })),
    ),
  )
).flat();

/** An operator who interrupts twice as soon as something is seen. */
function operator(): { readonly io: Partial<Io>; readonly interruptTwice: () => void } {
  let handler: (kind: 'interrupt') => void = () => undefined;
  return {
    io: {
      onInterrupt: (given) => {
        handler = given;
        return () => undefined;
      },
    },
    interruptTwice: () => {
      handler('interrupt');
      handler('interrupt');
    },
  };
}

/** The unit is as it was, says so, and a resume takes it to its end. */
async function expectStopped(running: ReturnType<ConformanceSite['hear']>): Promise<void> {
  const heard = await running;
  const [watched] = site.units;
  expect(await checkRun(site, heard, { interrupted: true })).toEqual([]);
  expect(toldBy(heard).units.map(({ outcome }) => outcome)).toEqual(['stopped']);
  expect(watched?.device.counters).toMatchObject({ starts: 0, outputSwitches: 0 });
  const { version, serial, outputOn } = watched?.before ?? {};
  expect(watched?.device).toMatchObject({ version, serial, outputOn, phase: 'idle' });
  expect(heard.exit).toBe(130);

  const resumed = await site.hear(['resume', '--yes', '--json']);
  expect(await checkRun(site, resumed)).toEqual([]);
  expect(['upgraded', 'stopped']).toContain(toldBy(resumed).units[0]?.outcome);
  expect(watched?.device.counters.startsAccepted).toBe(1);
}

describe('two interrupts before the start', () => {
  it.each(CASES)('$title: while the image is on its way, nothing is started', async ({ model, method }) => {
    site = await openConformance(model, [null], { method, speed: 600 });
    const { io, interruptTwice } = operator();
    let interrupted = false;
    const info = (line: string): void => {
      if (interrupted || !line.includes('"sending ')) return;
      interrupted = true;
      interruptTwice();
    };
    const words = ['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'];
    await expectStopped(site.hear(words, { ...io, info: info }));
    expect(interrupted).toBe(true);
  });

  it.each(CASES)('$title: when the image is on the card, nothing is started', async ({ model, method }) => {
    site = await openConformance(model, [null], { method, speed: 600 });
    const { io, interruptTwice } = operator();
    const running = site.hear(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'], io);
    await site.units[0]?.device.until(({ counters }) => counters.uploads > 0);
    interruptTwice();
    await expectStopped(running);
  });
});
