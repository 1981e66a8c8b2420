// Mutation check of the start and transfer code: chosen changes to the source, each of which must make its test
// fail. Prints the survivors.
//   npm run -s mutation -- code [NAME_PART]
// It works on a copy of the checkout, never on the checkout itself.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MUTANTS = parse(readFileSync(join(ROOT, 'test', 'mutation-code.yaml'), 'utf8'));
const PARTS = [
  'src',
  'test',
  'scripts',
  'schema',
  'bin',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vitest.config.ts',
];

/** Checks the chosen mutants one after the other; returns the exit code. */
export function checkCode(only) {
  const chosen = MUTANTS.filter(({ name }) => name.includes(only));
  const folder = mkdtempSync(join(tmpdir(), 'upsfw-mutation-'));
  const survivors = [];
  try {
    for (const part of PARTS) {
      try {
        cpSync(join(ROOT, part), join(folder, part), { recursive: true });
      } catch (error) {
        if (error.code !== 'ENOENT') throw error;
      }
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const mutant of chosen) {
      const caught = isNoticed(folder, mutant);
      process.stdout.write(`${caught ? 'noticed' : 'SURVIVED'}: ${mutant.name}\n`);
      if (!caught) survivors.push(mutant);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${chosen.length - survivors.length} of ${chosen.length} changes noticed\n`);
  return survivors.length === 0 ? 0 : 1;
}

function isNoticed(folder, { name, file, find, replace, test, case: title }) {
  const path = join(folder, file);
  const original = readFileSync(path, 'utf8');
  if (original.split(find).length !== 2) throw new Error(`${name}: "${find}" is not in ${file} exactly once`);
  const passes = () => {
    // Tests that start processes use the build.
    const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: folder });
    if (built.status !== 0) throw new Error(`${name}: ${built.stderr}`);
    const words = [
      'node_modules/vitest/vitest.mjs',
      'run',
      test,
      '-t',
      title,
      '--reporter=dot',
      '--maxWorkers=1',
    ];
    return spawnSync(process.execPath, words, { cwd: folder, stdio: 'ignore' }).status === 0;
  };
  if (!passes()) throw new Error(`${name}: ${test} "${title}" fails without the change`);
  try {
    writeFileSync(
      path,
      original.replace(find, () => replace),
    );
    return !passes();
  } finally {
    writeFileSync(path, original);
  }
}
