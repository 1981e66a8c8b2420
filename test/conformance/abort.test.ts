import { afterEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import {
  type ConformanceSite,
  type Methods,
  type Model,
  methodsOf,
  openConformance,
} from '../support/sites/conformance-site.ts';
import { checkRun, reportOf } from '../support/sites/invariants.ts';
import { LONG } from '../support/values/timeouts.ts';

let site: ConformanceSite;
afterEach(() => site?.close());

/** Personas that can be upgraded without overrides. */
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
  readonly method: Methods;
}

const CASES: readonly Case[] = (
  await Promise.all(
    MODELS.map(async (model) =>
      (
        await methodsOf(model)
      ).map((method) => ({
        title: `${model.persona}, ${method.transfer} and ${method.start}`,
        model,
        method,
      })),
    ),
  )
).flat();

/** An operator who interrupts twice at a given moment. */
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

/** The unit is unchanged, the report says so, and a resume finishes the upgrade. */
async function expectStopped(running: ReturnType<ConformanceSite['runLogged']>): Promise<void> {
  const ran = await running;
  const [watched] = site.units;
  expect(await checkRun(site, ran, { interrupted: true })).toEqual([]);
  expect(reportOf(ran).units.map(({ outcome }) => outcome)).toEqual(['stopped']);
  expect(watched?.device.counters).toMatchObject({ starts: 0, outputSwitches: 0 });
  const { version, serial, outputOn } = watched?.before ?? {};
  expect(watched?.device).toMatchObject({ version, serial, outputOn, phase: 'idle' });
  expect(ran.exit).toBe(130);

  const resumed = await site.runLogged(['resume', '--yes', '--json']);
  expect(await checkRun(site, resumed)).toEqual([]);
  expect(['upgraded', 'stopped']).toContain(reportOf(resumed).units[0]?.outcome);
  expect(watched?.device.counters.startsAccepted).toBe(1);
}

describe('two interrupts before the start', { timeout: LONG }, () => {
  it.each(CASES)('$title: during the upload, nothing is started', async ({ model, method }) => {
    site = await openConformance(model, [null], { method, speed: 600 });
    const { io, interruptTwice } = operator();
    let interrupted = false;
    const onInfo = (line: string): void => {
      if (interrupted || !line.includes('"sending ')) return;
      interrupted = true;
      interruptTwice();
    };
    const args = ['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'];
    await expectStopped(site.runLogged(args, { ...io, info: onInfo }));
    expect(interrupted).toBe(true);
  });

  it.each(CASES)('$title: after the upload, nothing is started', async ({ model, method }) => {
    site = await openConformance(model, [null], { method, speed: 600 });
    const { io, interruptTwice } = operator();
    const running = site.runLogged(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'], io);
    await site.units[0]?.device.until(({ counters }) => counters.uploads > 0);
    interruptTwice();
    await expectStopped(running);
  });
});
