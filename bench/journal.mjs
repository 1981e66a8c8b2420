// Time of a run's own work: 1,000 units whose driver answers at once, with the real executor and the real journal on disk.
// node bench/journal.mjs [--units N] [--rounds N]
import '../scripts/sources.mjs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { HOP_STEPS, unknownUnit, planId } = await import('../src/core/index.ts');
const { systemClock } = await import('../src/files/index.ts');
const { createEarlierStarts, execute, FLEET_POLICY } = await import('../src/run/index.ts');
const { createJournal, createLocks } = await import('../src/state/index.ts');

const { values } = parseArgs({
  options: { units: { type: 'string', default: '1000' }, rounds: { type: 'string', default: '3' } },
});
const count = Number(values.units);
const image = { file: 'x.enc', sha256: 'a'.repeat(64), sizeBytes: 1280 };

function unitAt(index, version) {
  const base = unknownUnit({ site: 'a', name: `u${index}`, host: '127.0.0.1', port: 161 });
  const condition = { ...base.condition, onLine: true, outputOn: true, alarms: [], linkUp: true };
  const serial = `AS${String(index).padStart(10, '0')}`;
  return {
    ...base,
    serial,
    firmware: { raw: version, version, microLinkId: 18 },
    condition,
    reachable: true,
  };
}

function planned(index) {
  const hop = {
    component: 'ups',
    twoStep: false,
    from: { version: '09.4', microLinkId: 18 },
    to: { version: '15.0', microLinkId: 18 },
    image,
    transport: 'nmc',
    steps: HOP_STEPS.ups,
  };
  const verdict = { status: 'outdated', target: null, transport: 'nmc', wizard: null, reasons: [] };
  return {
    key: `a/u${index}`,
    unit: unitAt(index, '09.4'),
    verdict,
    hops: [hop],
    switchOutput: null,
    problem: null,
  };
}

/** Answers as a unit that takes every step at once. */
function driver() {
  const done = new Set();
  const indexOf = (target) => Number(target.name.slice(1));
  const look = async (target) => ({
    unit: unitAt(indexOf(target), done.has(target.name) ? '15.0' : '09.4'),
    kind: 'smart-ups',
    description: null,
    problem: null,
    activity: 'idle',
  });
  return {
    look,
    steps: () => ({ possible: true, steps: HOP_STEPS.ups.map((step) => ({ step, limitSeconds: 60 })) }),
    query: async () => ({ state: 'todo', problem: null }),
    async execute(step, context) {
      if (step === 'start') {
        await context.commit('cli');
        done.add(context.target.name);
      }
      const unit = step === 'verify' ? { unit: (await look(context.target)).unit } : {};
      return { state: 'done', method: step === 'transfer' ? 'ftp' : 'cli', problem: null, ...unit };
    },
    switchOutput: async () => ({ state: 'done', method: null, problem: null }),
  };
}

const times = [];
for (let round = 0; round < Number(values.rounds); round += 1) {
  const state = await mkdtemp(join(tmpdir(), 'upsfw-bench-'));
  const units = Array.from({ length: count }, (_, index) => planned(index));
  const plan = { id: planId('bench', units), component: 'ups', rules: 'bench', units };
  const journal = await createJournal(state, 'r', systemClock);
  await journal.append({ event: 'run', run: 'r', inventory: 'i', images: 'm', rules: [], plan });
  const targets = new Map(
    units.map(({ key, unit }) => [
      key,
      {
        site: 'a',
        name: unit.name,
        serial: null,
        network: {},
        local: null,
        window: null,
        switchOutput: null,
        feeds: [],
        redundantWith: [],
      },
    ]),
  );
  const nmc = driver();
  const begin = performance.now();
  const record = await execute({
    policy: FLEET_POLICY,
    journal,
    inventory: { units: [], sites: [{ name: 'a', concurrency: 20 }] },
    targets,
    drivers: { nmc, local: nmc },
    locks: createLocks(state),
    earlier: createEarlierStarts(state, 'r'),
    clock: systemClock,
    simulationSpeed: 1,
    evaluateRules: () => [],
    image: async () => ({
      ...image,
      path: '',
      microLinkId: 18,
      microLinkIdAfter: 18,
      version: '15.0',
      signed: false,
      parts: [],
      problems: [],
    }),
    artifacts: { keep: async () => undefined, transcript: () => undefined },
    control: { stopNew: false, abort: new AbortController().signal },
    progress: () => undefined,
    ended: () => undefined,
  });
  times.push((performance.now() - begin) / 1000);
  const upgraded = record.units.filter(({ outcome }) => outcome === 'upgraded').length;
  if (upgraded !== count)
    throw new Error(`${upgraded} of ${count} upgraded: ${JSON.stringify(record.units[0]?.problem)}`);
  await journal.close();
  await rm(state, { recursive: true, force: true });
}
times.sort((a, b) => a - b);
process.stdout.write(
  `${count} units: ${times.map((one) => one.toFixed(1)).join(', ')} s; median ${times[Math.floor(times.length / 2)].toFixed(1)} s\n`,
);
