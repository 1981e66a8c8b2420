import { describe, expect, it } from 'vitest';
import {
  type Clock,
  type Look,
  type LookContext,
  Problem,
  type UnitTarget,
  unknownUnit,
} from '../../src/core/index.ts';
import { type Drivers, type LookProgress, lookAll } from '../../src/run/index.ts';

/** Every sleep ends at once, so that each card counts as silent. */
const CLOCK: Clock = {
  now: () => new Date(0),
  monotonic: () => 0,
  sleep: (_, signal) =>
    new Promise((resolve) => {
      setImmediate(() => resolve());
      signal?.addEventListener('abort', () => resolve(), { once: true });
    }),
};
const CONTEXT: LookContext = { clock: CLOCK, signal: new AbortController().signal };

it('adds any number of listeners to one signal without a warning of Node.js', async () => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', onWarning);
  const paths = driversOf(async (target, { signal }) => {
    signal?.addEventListener('abort', () => undefined);
    return lookOf(target, true);
  });
  const targets = Array.from({ length: 24 }, (_, index) => targetOf(index));
  await lookAll(paths, targets, { clock: CLOCK, signal: new AbortController().signal });
  // Warnings are emitted on a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});

function targetOf(index: number, site = 's'): UnitTarget {
  return {
    site,
    name: `u${index}`,
    serial: null,
    network: {
      host: '192.0.2.1',
      ports: { snmp: 161, ssh: 22, ftp: 21, telnet: 23, http: 80, https: 443 },
      snmp: null,
      write: null,
      login: null,
      transfer: ['scp'],
      start: ['cli'],
      plaintext: false,
      legacySsh: false,
      ftp: { separateDataHost: false },
    },
    local: null,
    window: null,
    switchOutput: null,
    feeds: [],
    redundantWith: [],
  };
}

function lookOf(target: UnitTarget, reachable: boolean): Look {
  const unit = {
    ...unknownUnit({ site: target.site, name: target.name, host: null, port: null }),
    reachable,
  };
  const problem = reachable ? null : new Problem('link/silent', 'No answer.', { hint: 'None.' });
  return { unit, kind: null, description: null, problem };
}

/** Drivers with this look; they refuse all other calls. */
function driversOf(look: (target: UnitTarget, context: LookContext) => Promise<Look>): Drivers {
  const never = (): never => {
    throw new Error('only looks are expected');
  };
  const driver = { look, steps: never, query: never, execute: never, switchOutput: never };
  return { nmc: driver, local: driver };
}

function many(count: number, site?: string): readonly UnitTarget[] {
  return Array.from({ length: count }, (_, index) => targetOf(index, site));
}

/** Resolves after everything that needs no new events has run. */
async function eventLoopTurns(count = 2000): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('a look at many units', () => {
  it('asks every silent unit while it still waits for the first', async () => {
    let started = 0;
    let giveUp: () => void = () => undefined;
    const patience = new Promise<void>((resolve) => {
      giveUp = resolve;
    });
    const everyoneAsked = new Promise<void>((resolve) => {
      void lookAll(
        driversOf(async (target) => {
          started += 1;
          if (started === 1000) resolve();
          await patience;
          return lookOf(target, false);
        }),
        many(1000),
        CONTEXT,
      );
    });
    await everyoneAsked;
    giveUp();
    expect(started).toBe(1000);
  });

  it('reads at most 64 units of a site at once, and all that answer late', async () => {
    const reading = new Map<string, number>();
    let most = 0;
    const targets = [...many(300, 'one'), ...many(300, 'two')];
    const looks = await lookAll(
      driversOf(async (target, context) => {
        // Longer than a silent unit keeps its slot.
        await eventLoopTurns(5);
        await context.awaitTurn?.();
        const now = (reading.get(target.site) ?? 0) + 1;
        reading.set(target.site, now);
        most = Math.max(most, now);
        await eventLoopTurns(2);
        reading.set(target.site, now - 1);
        return lookOf(target, true);
      }),
      targets,
      CONTEXT,
    );
    expect(looks.map(({ unit }) => unit.name)).toEqual(targets.map(({ name }) => name));
    expect(looks.every(({ unit }) => unit.reachable)).toBe(true);
    expect(most).toBeLessThanOrEqual(64);
    expect(most).toBeGreaterThan(1);
  });

  it('keeps the slot of a unit at a port until it ends', async () => {
    let started = 0;
    let end: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      end = resolve;
    });
    const local = many(100).map((target): UnitTarget => ({ ...target, network: null, local: { usb: 'x' } }));
    const all = lookAll(
      driversOf(async (target) => {
        started += 1;
        await held;
        return lookOf(target, true);
      }),
      local,
      CONTEXT,
    );
    await eventLoopTurns();
    expect(started).toBe(64);
    end();
    expect((await all).length).toBe(100);
  });

  it('counts units as looked at, unreachable and silent, and ends with none silent', async () => {
    const seen: LookProgress[] = [];
    await lookAll(
      driversOf(async (target, context) => {
        await eventLoopTurns(5);
        const answers = Number(target.name.slice(1)) % 3 === 0;
        if (answers) await context.awaitTurn?.();
        return lookOf(target, answers);
      }),
      many(90),
      CONTEXT,
      (progress) => seen.push(progress),
    );
    expect(seen.at(-1)).toEqual({ total: 90, looked: 90, unreachable: 60, silent: 0 });
    expect(Math.max(...seen.map(({ silent }) => silent))).toBeGreaterThan(60);
    for (const { looked, silent, total } of seen) expect(looked + silent).toBeLessThanOrEqual(total);
  });
});
