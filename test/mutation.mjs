// Mutation check of the rule files: moves each bound by one step, and exchanges inclusive and exclusive ends.
// The rule tests must notice each such mutant. Prints the survivors. Run it after a change of rules:
//   npm run -s mutation [-- FILE_PART]
//   npm run -s mutation -- code [NAME_PART]      the list of test/mutation-code.yaml
// It works on a copy of the checkout, never on the checkout itself.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineCounter, parseDocument, visit } from 'yaml';

if (process.argv[2] === 'code') {
  const { checkCode } = await import('./mutation-code.mjs');
  process.exit(checkCode(process.argv[3] ?? ''));
}

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** The rule files, each with the test that notices most of its mutants and therefore runs first. */
const NEAREST = {
  'faq-2020-04.yaml': 'test/rules/faq.test.ts',
  'releases.yaml': 'test/rules/judge.test.ts',
  'base.yaml': 'test/rules/judge.test.ts',
  'card-files.yaml': 'test/rules/judge-card.test.ts',
  'work-order.yaml': 'test/rules/work-order.test.ts',
  'catalogue.yaml': 'test/rules/bounds.test.ts',
};
const FILES = Object.keys(NEAREST);
const WORKERS = 2;
const only = process.argv[2] ?? '';

const OTHER_END = { atLeast: 'above', above: 'atLeast', atMost: 'below', below: 'atMost' };
/** The version one step up and one step down, in the form of the files. */
function neighbours(text) {
  const found = /^([a-z]?)(\d\d)\.(\d)$/.exec(text);
  if (found === null) return [];
  const place = Number(found[2]) * 10 + Number(found[3]);
  return [place + 1, place - 1]
    .filter((next) => next >= 0)
    .map((next) => `${found[1]}${String(Math.floor(next / 10)).padStart(2, '0')}.${next % 10}`);
}

const ORIGINALS = new Map(
  FILES.map((name) => [name, readFileSync(join(ROOT, 'src', 'rules', 'data', name), 'utf8')]),
);

/** Every mutant of a file: where, what, and the text with it. */
function mutants(name) {
  const text = ORIGINALS.get(name) ?? '';
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const found = [];
  const put = (node, replacement, what) => {
    const [start, end] = node.range;
    const { line } = lines.linePos(start);
    found.push({ name, line, what, text: text.slice(0, start) + replacement + text.slice(end) });
  };
  visit(document, {
    Pair(_key, pair) {
      const key = String(pair.key?.value ?? '');
      const value = pair.value?.value;
      const inCatalogue = name === 'catalogue.yaml';
      if (inCatalogue ? !CATALOGUE_KEYS.has(key) : !(key in OTHER_END)) return;
      if (typeof value === 'number') {
        for (const next of [value + 1, value - 1])
          put(pair.value, String(next), `${key}: ${value} -> ${next}`);
      }
      if (typeof value === 'string') {
        for (const next of neighbours(value))
          put(pair.value, JSON.stringify(next), `${key}: ${value} -> ${next}`);
      }
      if (!inCatalogue) put(pair.key, OTHER_END[key], `${key} -> ${OTHER_END[key]} ${value}`);
    },
  });
  return found;
}

/** The bounds of the catalogue. Versions of releases and images are names, which another test checks. */
const CATALOGUE_KEYS = new Set(['off', 'on', 'affectedUpTo', 'fixedFrom', 'signedFrom', 'from', 'to']);

function copy() {
  const folder = mkdtempSync(join(tmpdir(), 'upsfw-mutation-'));
  for (const part of ['src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts']) {
    cpSync(join(ROOT, part), join(folder, 'main', part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'main', 'node_modules'));
  // Tests look for reference material beside the checkout; a clone of a user has none, and they skip.
  try {
    symlinkSync(join(dirname(ROOT), 'shared'), join(folder, 'shared'));
  } catch {
    process.stdout.write('no reference material beside the checkout\n');
  }
  return folder;
}

/** Whether some test of a path fails. */
function fails(folder, path) {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        path,
        '--bail=1',
        '--reporter=dot',
        '--maxWorkers=1',
        '--no-isolate',
      ],
      { cwd: join(folder, 'main'), stdio: 'ignore' },
    );
    child.on('close', (code) => resolve(code !== 0));
  });
}

async function noticed(folder, name) {
  return (await fails(folder, NEAREST[name])) || fails(folder, 'test/rules');
}

const all = FILES.flatMap(mutants).filter(({ name, what }) => `${name} ${what}`.includes(only));
process.stdout.write(`${all.length} mutants\n`);
const survivors = [];
let done = 0;
const queue = [...all];

async function worker() {
  const folder = copy();
  try {
    if (await fails(folder, 'test/rules')) throw new Error('the tests fail without any mutant');
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const path = join(folder, 'main', 'src', 'rules', 'data', mutant.name);
      writeFileSync(path, mutant.text);
      if (!(await noticed(folder, mutant.name))) survivors.push(mutant);
      writeFileSync(path, ORIGINALS.get(mutant.name) ?? '');
      done += 1;
      if (done % 25 === 0) process.stdout.write(`${done} done, ${survivors.length} survived\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await Promise.all(Array.from({ length: WORKERS }, worker));
for (const { name, line, what } of survivors) process.stdout.write(`survived: ${name}:${line}: ${what}\n`);
process.stdout.write(`${all.length - survivors.length} of ${all.length} mutants noticed\n`);
process.exitCode = survivors.length === 0 ? 0 : 1;
