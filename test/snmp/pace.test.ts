import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/index.ts';
import { probeFor } from '../../src/snmp/client/probe.ts';
import { listAddresses, PACE, readRanges } from '../../src/snmp/index.ts';
import type { SweepOptions, SweepResult } from '../../src/snmp/sweep/options.ts';
import { Pace } from '../../src/snmp/sweep/pace.ts';
import { sweep } from '../../src/snmp/sweep/sweep.ts';
import { Yardstick } from '../../src/snmp/sweep/yardstick.ts';
import { type ModelNetwork, modelNetwork } from '../support/peers/model-network.ts';
import { LONG } from '../support/values/timeouts.ts';

interface ModelRun {
  readonly found: readonly string[];
  readonly result: SweepResult;
  /** Seconds of the model. */
  readonly seconds: number;
  /** Questions per second: the highest, and the last. */
  readonly highest: number;
  readonly last: number;
  /** Times of all questions, by address. */
  readonly asked: ReadonlyMap<string, readonly number[]>;
}

/** Sweeps a model network with the defaults of `discover`. */
async function run(
  range: string,
  network: ModelNetwork,
  options: Partial<SweepOptions> = {},
): Promise<ModelRun> {
  const { asked, clock, createSocket } = modelNetwork(network);
  const found: string[] = [];
  let highest = 0;
  let last = 0;
  const begin = clock.monotonic();
  const access = { version: '2c', community: new Secret('public') } as const;
  const result = await sweep({
    addresses: listAddresses(readRanges([range]).spans, []),
    port: 161,
    probes: [{ ...probeFor(access), last: true }],
    rate: 'auto',
    waitMs: 1500,
    retries: 1,
    clock,
    signal: new AbortController().signal,
    onAnswer: (address) => found.push(address),
    onSent: (_sent, rate) => {
      last = rate ?? 0;
      highest = Math.max(highest, last);
    },
    createSocket,
    ...options,
  });
  return { found, result, seconds: (clock.monotonic() - begin) / 1000, highest, last, asked };
}

const THOUSAND = '10.1.0.0-10.1.3.255';
const MANY = '10.1.0.0-10.1.63.255';
const WIDE = '10.1.0.0-10.1.255.255';

/** Every nth address, spread over the networks. */
const every =
  (nth: number) =>
  (address: string): boolean => {
    const [, , c = 0, d = 0] = address.split('.').map(Number);
    return (c * 256 + d) % nth === nth - 1;
  };

function liveOf({ asked }: ModelRun, isLive: (address: string) => boolean): readonly string[] {
  return [...asked.keys()].filter(isLive).sort();
}

/** Milliseconds between two questions to the same address. */
function shortestGap({ asked }: ModelRun): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (const times of asked.values())
    for (const [index, time] of times.entries())
      if (index > 0) shortest = Math.min(shortest, time - (times[index - 1] ?? 0));
  return shortest;
}

describe('a sweep with the default rate', { timeout: LONG }, () => {
  it.each([
    ['all silent', () => false],
    ['5 % live', every(20)],
    ['all live', () => true],
  ] as const)('takes less than five seconds for 1,024 addresses: %s', async (_, isLive) => {
    const ran = await run(THOUSAND, { isLive });
    expect(ran.asked.size).toBe(1024);
    expect(ran.found.toSorted()).toEqual(liveOf(ran, isLive));
    expect(ran.seconds).toBeLessThan(5);
    expect(ran.highest).toBeLessThanOrEqual(ran.found.length === 0 ? PACE.blind : PACE.ceiling);
  });

  it('takes less than 90 seconds for a /16 without any unit, and stays below the blind ceiling', async () => {
    const ran = await run(WIDE, { isLive: () => false });
    expect(ran.seconds).toBeLessThan(75);
    expect(ran.highest).toBeLessThanOrEqual(PACE.blind);
    // Two questions to each address, and not one more.
    expect([...ran.asked.values()].every(({ length }) => length === 2)).toBe(true);
  });

  it.each([
    ['one unit', (address: string) => address === '10.1.7.7', 75, PACE.ceiling],
    ['65 units', every(1000), 60, PACE.ceiling],
    ['5 % live', every(20), 60, PACE.ceiling],
  ] as const)('takes less than 90 seconds for a /16: %s', async (_, isLive, seconds, rate) => {
    const ran = await run(WIDE, { isLive });
    expect(ran.found.toSorted()).toEqual(liveOf(ran, isLive));
    expect(ran.result.lost).toBeNull();
    expect(ran.seconds).toBeLessThan(seconds);
    expect(ran.highest).toBeLessThanOrEqual(rate);
    expect(ran.highest).toBeGreaterThan(PACE.blind);
    // Known units are asked again, at most once a second and ten in all.
    expect(shortestGap(ran)).toBeGreaterThanOrEqual(1000);
    const silent = ran.asked.size - ran.found.length;
    const questions = [...ran.asked.values()].reduce((sum, { length }) => sum + length, 0);
    expect(questions - 2 * silent - ran.found.length).toBeLessThanOrEqual(10 * ran.seconds + 1);
  });

  it.each([200, 300, 700, 1200, 1800, 3000])(
    'finds every unit behind a link that loses packets above %d a second, and ends slower',
    async (capacity) => {
      for (const [range, nth] of [
        [THOUSAND, 20],
        [MANY, 200],
      ] as const) {
        const isLive = every(nth);
        const ran = await run(range, { isLive, capacity });
        expect(ran.found.toSorted()).toEqual(liveOf(ran, isLive));
        // A short sweep ends before it could be faster than the wider links.
        if (range === MANY) expect(ran.last).toBeLessThan(1.3 * capacity);
        expect(shortestGap(ran)).toBeGreaterThanOrEqual(1000);
      }
    },
  );

  it('notices a queue that grows without a loss', async () => {
    const isLive = every(200);
    const ran = await run(MANY, { isLive, capacity: 700, queue: 2000 });
    expect(ran.found.toSorted()).toEqual(liveOf(ran, isLive));
    expect(ran.last).toBeLessThan(900);
  });

  it('does not become slower than before for units that answer only once', async () => {
    const isLive = every(200);
    const ran = await run(MANY, { isLive, answers: 1 });
    expect(ran.found.toSorted()).toEqual(liveOf(ran, isLive));
    expect(ran.last).toBeGreaterThanOrEqual(PACE.start);
  });

  it('becomes slower where the system has no room, and asks each address in the end', async () => {
    const isLive = every(20);
    const ran = await run(THOUSAND, { isLive, room: 30 });
    expect(ran.found.toSorted()).toEqual(liveOf(ran, isLive));
    expect(ran.asked.size).toBe(1024);
    expect(ran.result.unsent).toEqual(new Map());
    expect(ran.last).toBeLessThan(400);
  });

  it('ends, and lists what was not sent, where the system never has room', async () => {
    const ran = await run(THOUSAND, { isLive: () => true, room: 0 });
    expect(ran.found).toEqual([]);
    expect([...ran.result.unsent]).toEqual([['ENOBUFS', { count: 1024, example: expect.any(String) }]]);
    expect(ran.seconds).toBeLessThan(60);
  });

  it('says that devices may be missing where a fixed rate loses many', async () => {
    const isLive = every(20);
    const ran = await run(THOUSAND, { isLive, capacity: 300 }, { rate: 1000 });
    expect(ran.found.length).toBeLessThan(liveOf(ran, isLive).length);
    expect(ran.result.lost).toMatchObject({ answered: ran.found.length, rate: 1000 });
    expect(ran.highest).toBe(1000);
    // No adaptation: nobody is asked more often than the operator said.
    expect(Math.max(...[...ran.asked.values()].map(({ length }) => length))).toBe(2);
  });

  it('takes slow devices for slow, and not for lost packets', async () => {
    const isLive = every(20);
    const ran = await run(THOUSAND, { isLive, delayMs: 2200 });
    expect(ran.found.toSorted()).toEqual(liveOf(ran, isLive));
    expect(ran.result.lost).toBeNull();
    expect(Math.max(...[...ran.asked.values()].map(({ length }) => length))).toBe(2);
  });

  it('stops at any moment with what it has', async () => {
    for (const stopAt of [1000, 1001, 1300, 2400, 2600, 4000, 5200]) {
      const stop = new AbortController();
      const isLive = every(20);
      const ran = await run(
        THOUSAND,
        {
          isLive,
          onQuestion: (_address, now) => {
            if (now >= stopAt) stop.abort();
          },
        },
        { signal: stop.signal },
      );
      expect(ran.result.asked).toBe(ran.asked.size);
      expect(ran.found.every((address) => isLive(address) && ran.asked.has(address))).toBe(true);
      expect(new Set(ran.found).size).toBe(ran.found.length);
    }
  });
});

/** Sends at the pace for some seconds; `pass` decides for each question whether the network takes it. */
function drive(pace: Pace, begin: number, seconds: number, units: number, pass: () => boolean): number {
  const yardstick = new Yardstick(pace, 1500);
  for (let place = 0; place < units; place += 1) yardstick.add(place, 0, 20, begin);
  const answers: { readonly place: number; readonly at: number }[] = [];
  let now = begin;
  for (; now < begin + seconds * 1000; now += 5) {
    for (const { place, at } of answers) if (at > now - 5 && at <= now) yardstick.answered(place, now);
    yardstick.look(now);
    while (pace.take(now)) {
      pass();
      const again = yardstick.next(now);
      if (again === null) continue;
      pace.spend();
      if (pass()) answers.push({ place: again.place, at: now + 20 });
    }
  }
  return now;
}

describe('the pace', { timeout: LONG }, () => {
  it('stays within its bounds for any events', () => {
    const event = fc.constantFrom('answered', 'proof', 'open', 'silent', 'refused', 'lost', 'take', 'pause');
    fc.assert(
      fc.property(fc.array(event, { maxLength: 400 }), fc.integer({ min: 1, max: 500 }), (events, step) => {
        const pace = new Pace(null);
        let now = 0;
        for (const one of events) {
          const before = pace.rate;
          now += step;
          if (one === 'answered') pace.answered();
          if (one === 'proof' || one === 'open') pace.missed(one === 'proof');
          if (one === 'silent') pace.missedBySilent();
          if (one === 'refused') pace.refused();
          if (one === 'lost') pace.lostAt(before);
          if (one === 'pause') pace.pause();
          if (one === 'take') while (pace.take(now));
          expect(pace.rate).toBeGreaterThanOrEqual(PACE.floor);
          expect(pace.rate).toBeLessThanOrEqual(PACE.ceiling);
          // Only answers and questions make it faster, in small steps.
          if (one !== 'answered' && one !== 'take') expect(pace.rate).toBeLessThanOrEqual(before);
          expect(pace.rate).toBeLessThanOrEqual(before * 1.4 + 0.001);
        }
      }),
    );
  });

  it('sends no more than its rate in any second, for any pauses of the machine', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 5000 }),
        (pauses, rate) => {
          const pace = new Pace(rate);
          const sent: number[] = [];
          let now = 0;
          for (const pause of pauses) {
            now += pause;
            while (pace.take(now)) sent.push(now);
          }
          expect(pace.rate).toBe(rate);
          let first = 0;
          for (const [index, time] of sent.entries()) {
            while ((sent[first] ?? 0) <= time - 1000) first += 1;
            expect(index - first + 1).toBeLessThanOrEqual(rate * 1.025 + 2);
          }
        },
      ),
    );
  });

  it('finds the capacity of a lossy link, and keeps near it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 150, max: 3000 }),
        fc.integer({ min: 10, max: 100 }),
        fc.integer({ min: 1, max: 2 ** 31 }),
        (capacity, units, seed) => {
          const pace = new Pace(null);
          let random = seed;
          const pass = (): boolean => {
            random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
            return random / 2 ** 32 < capacity / pace.rate;
          };
          const now = drive(pace, 0, 60, units, pass);
          let sum = 0;
          let at = now;
          for (let part = 0; part < 30; part += 1) {
            at = drive(pace, at, 2, units, pass);
            sum += pace.rate;
          }
          expect(sum / 30).toBeLessThan(1.5 * capacity);
          expect(sum / 30).toBeGreaterThan(0.25 * capacity);
        },
      ),
      { numRuns: 25, seed: 7 },
    );
  });
});
