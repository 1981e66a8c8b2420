// Decisions per second of `rules decide --jsonl` as a whole process on one core: described units in, one JSON
// document per line out.
// Run by hand: npm run -s bench:rules
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../bin/upsfw.cjs', import.meta.url));
const UNITS = 200_000;
const RUNS = 3;
const FAMILIES = [
  ['SMT1500', 'UPS 09.3 (ID18)'],
  ['SMT1500C', 'UPS 04.1 / ID=1015'],
  ['SMX1500RM2U', 'UPS 06.9 / ID=20'],
  ['SMX3000RMHV2UNC', 'UPS 06.2 / ID=23'],
  ['SMC1500', 'UPS 11.9 / ID=1005'],
  ['SRT5KXLI', 'UPS 02.6 (ID1001)'],
  ['SCL500RM1UC', 'UPS 02.3 / ID=1030'],
  ['SUA1500', '652.13.I'],
  ['SMX1000', 'UPS 02.9 / ID=11'],
  ['SMT750', 'garbage'],
];
const PORTS = ['serial', 'usb', 'nmc'];

const folder = mkdtempSync(join(tmpdir(), 'upsfw-bench-'));
/**
 * Units that differ only in their serial numbers, as in a fleet, share their answers. Units that differ in
 * their rating share none.
 */
const INPUTS = {
  'shared answers': () => ({}),
  'no shared answers': (index) => ({ ratedVA: 300 + index }),
};
for (const [name, more] of Object.entries(INPUTS)) {
  const lines = Array.from({ length: UNITS }, (_, index) => {
    const [model, firmware] = FAMILIES[index % FAMILIES.length];
    const serial = `AS${1400 + (index % 500)}${String(index).padStart(6, '0')}`;
    return JSON.stringify({
      model,
      firmware,
      serial,
      transport: PORTS[index % PORTS.length],
      ...more(index),
    });
  });
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
}

/** Seconds from the start of the process to its end. */
async function run(name, more) {
  const input = openSync(join(folder, name), 'r');
  const begun = performance.now();
  const child = spawn(process.execPath, [MAIN, 'rules', 'decide', '--jsonl', ...more], {
    stdio: [input, 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'close');
  closeSync(input);
  if (code !== 0) throw new Error(`rules decide ended with ${code}`);
  return (performance.now() - begun) / 1000;
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

try {
  await run('shared answers', []);
  const series = Object.keys(INPUTS).flatMap((name) => [
    [name, []],
    [name, ['--as-of', '2020-04-02']],
  ]);
  for (const [name, more] of series) {
    const seconds = [];
    for (let index = 0; index < RUNS; index += 1) seconds.push(await run(name, more));
    const middle = median(seconds);
    process.stdout.write(
      `${['rules decide --jsonl', ...more].join(' ')}, ${name}: ${UNITS} units in ${middle.toFixed(2)} s (median of ${seconds.map((one) => one.toFixed(2)).join(', ')}), ${Math.round(UNITS / middle)} per second, including the start of the process\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
