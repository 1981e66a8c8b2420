// Measures time and memory of commands that need no device, against an empty start of Node.js in the same
// run.
// npm run -s bench:startup
// npm run -s bench:startup -- --runs 31 --before DIR     also measures the build of another checkout
//
// The commands take turns with `node -e 0`, so that other load affects all of them. Shown are medians: wall
// time and processor time (user and system), each also as a multiple of `node -e 0`, and the largest peak of
// resident memory.
// Exits with 1 if this checkout misses a goal: by wall time, --version and --help within 3 times `node -e 0`,
// and rules decide of one unit within 5 times; --help below 60 MB.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import '../scripts/sources.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const words = process.argv.slice(2);
const option = (name) => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);
const runs = Number(option('--runs') ?? 15);
const before = option('--before');
if (!Number.isSafeInteger(runs) || runs < 1 || (words.includes('--before') && before === undefined)) {
  process.stderr.write('Usage: npm run -s bench:startup -- [--runs N] [--before DIR]\n');
  process.exit(2);
}

const main = (folder) => join(resolve(folder), 'bin', 'upsfw.cjs');
const work = mkdtempSync(join(tmpdir(), 'upsfw-startup-'));
const images = join(work, 'images');
/** Stands for the state folder of the measured checkout: another version refuses the audits of this one. */
const STATE = 'STATE';
const stateOf = (folder) => join(work, folder === ROOT ? 'state' : 'state-before');
const hook = join(work, 'usage.cjs');
/** Written by the process itself when it ends: its processor time in ms and its peak memory in kB. */
const usage = join(work, 'usage.json');
writeFileSync(
  hook,
  `process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const text = JSON.stringify([(userCPUTime + systemCPUTime) / 1000, maxRSS]);
    require('node:fs').writeFileSync(${JSON.stringify(usage)}, text);
  });`,
);

const COMMANDS = {
  '--version': ['--version'],
  '--help': ['--help'],
  'rules decide': ['rules', 'decide', '--sku', 'SMT1500', '--firmware', 'UPS 09.3 (ID18)'],
  images: ['images', images],
  'report --audit': ['report', '--audit', '--state', STATE],
};
/** Limits of a command: wall time as a multiple of `node -e 0`, and MB. */
const GOALS = { '--version': { wall: 3 }, '--help': { wall: 3, memory: 60 }, 'rules decide': { wall: 5 } };

/** Images, and a state folder with an audit for `report`, both of a simulated unit. */
async function prepare() {
  const { startFleet } = await import('../src/sim/index.ts');
  const fleet = await startFleet({
    units: [{ name: 'a', site: 'here', persona: 'smt1500-nmc2' }],
    speed: 600,
  });
  mkdirSync(images);
  await fleet.writeImages(images);
  const inventory = join(work, 'inventory.yaml');
  writeFileSync(inventory, fleet.inventory('./images'), { mode: 0o600 });
  for (const folder of [ROOT, ...(before === undefined ? [] : [before])]) {
    const child = spawn(
      process.execPath,
      [main(folder), 'audit', '-i', inventory, '--state', stateOf(folder)],
      {
        env: { ...process.env, ...fleet.environment },
        stdio: 'ignore',
      },
    );
    await once(child, 'close');
  }
  await fleet.close();
}

async function measure(command) {
  const begun = performance.now();
  const child = spawn(process.execPath, ['-r', hook, ...command], { stdio: 'ignore' });
  const [code] = await once(child, 'close');
  const wall = performance.now() - begun;
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
  const [cpu, peak] = JSON.parse(readFileSync(usage, 'utf8'));
  return { wall, cpu, memory: peak / 1024 };
}

const EMPTY = 'node -e 0';
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** The rows of the table, by name. */
function series() {
  const folders = { '': ROOT, ...(before === undefined ? {} : { 'before: ': before }) };
  const commands = Object.entries(folders).flatMap(([prefix, folder]) =>
    Object.entries(COMMANDS).map(([name, line]) => [
      prefix + name,
      [main(folder), ...line.map((word) => (word === STATE ? stateOf(folder) : word))],
    ]),
  );
  return new Map([[EMPTY, ['-e', '0']], ...commands]);
}

async function measureAll() {
  const rows = series();
  const found = new Map([...rows.keys()].map((name) => [name, []]));
  // The first round fills caches and does not count.
  for (let round = 0; round <= runs; round += 1) {
    for (const [name, command] of rows) {
      const one = await measure(command);
      if (round > 0) found.get(name).push(one);
    }
  }
  return new Map(
    [...found].map(([name, all]) => [
      name,
      {
        wall: median(all.map(({ wall }) => wall)),
        cpu: median(all.map(({ cpu }) => cpu)),
        memory: Math.max(...all.map(({ memory }) => memory)),
      },
    ]),
  );
}

const say = (line) => process.stdout.write(`${line}\n`);

try {
  await prepare();
  const results = await measureAll();
  const empty = results.get(EMPTY);
  say(
    `Node.js ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, ${runs} runs`,
  );
  say(
    `${''.padEnd(24)}${['wall ms', 'x', 'cpu ms', 'x', 'peak MB'].map((head) => head.padStart(9)).join('')}`,
  );
  for (const [name, { wall, cpu, memory }] of results) {
    const cells = [
      wall.toFixed(0),
      (wall / empty.wall).toFixed(2),
      cpu.toFixed(0),
      (cpu / empty.cpu).toFixed(2),
    ];
    say(`${name.padEnd(24)}${[...cells, memory.toFixed(1)].map((cell) => cell.padStart(9)).join('')}`);
  }
  for (const [name, goal] of Object.entries(GOALS)) {
    const { wall, memory } = results.get(name);
    const missed = wall / empty.wall > goal.wall || memory >= (goal.memory ?? Number.POSITIVE_INFINITY);
    if (!missed) continue;
    say(`missed: ${name}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
