// Builds the tool: src/main.ts and what it imports become CommonJS chunks in dist/ID, with the data of src as JSON beside them.
//   node scripts/build.mjs             builds unless the current build is made of the same files
//   node scripts/build.mjs --force     builds in any case
//   node scripts/build.mjs --prepare   the same as the first, but no error without the development dependencies
//
// A build never changes a file of an earlier one: a run that is at work loads parts of its own build until it ends. A build goes
// into a fresh folder, and dist/current.json then names it. An earlier build is removed 7 days after it stopped being the current
// one: a single run must not take longer than that from a checkout in which somebody builds. An installed package has one build.
//
// Packages are part of the chunks: that halves the time of a start. Native and optional ones stay outside. ESM output is no choice,
// because net-snmp assigns to a getter, which throws in strict mode. The code is not minified: an error trace must be readable.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import cachePaths from '../bin/cache.cjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SRC = join(ROOT, 'src');
const DIST = join(ROOT, 'dist');
const CURRENT = join(DIST, 'current.json');
const MAIN = join(SRC, 'main.ts');
const RENDER_HELP = join(SRC, 'cli', 'start', 'render-help.ts');
/** Columns of the help texts that a build holds: of a pipe, of the usual terminal, and of all wide ones. */
const HELP_COLUMNS = [100, 80, 110];
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** What a build is made of. Its hash is the name of the build. */
function sourceFiles() {
  const entries = readdirSync(SRC, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const others = ['package.json', 'package-lock.json', 'scripts/build.mjs'].map((name) => join(ROOT, name));
  return [...files, ...others.filter((file) => existsSync(file))].sort();
}

function idOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${relative(ROOT, file).split(sep).join('/')}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

function currentBuild() {
  try {
    return String(JSON.parse(readFileSync(CURRENT, 'utf8')).build);
  } catch {
    return null;
  }
}

/** A module's own address, which is beside its data: src/rules/load.ts is found as DIST/ID/src/rules/load.js, though it is in a chunk. */
const ownAddress = {
  name: 'own-address',
  transform: {
    filter: { id: /\.ts$/, code: 'import.meta.url' },
    handler(code, id) {
      const path = relative(SRC, id).split(sep).join('/').replace(/\.ts$/, '.js');
      return code.replaceAll('import.meta.url', `new URL('./src/${path}', import.meta.url).href`);
    },
  },
};

/** ssh2 looks for its native part beside its own file and goes on without it. A chunk lies elsewhere: it asks by the name of the package. */
const nativeParts = {
  name: 'native-parts',
  resolveId: {
    filter: { id: /\.node$/ },
    handler(id, importer = '') {
      const from = importer.split(`${sep}node_modules${sep}`).at(-1) ?? '';
      return { id: join(dirname(from), id).split(sep).join('/'), external: true };
    },
  },
};

async function bundle(folder) {
  const { rolldown } = await import('rolldown');
  const made = await rolldown({
    input: { main: MAIN, 'render-help': RENDER_HELP },
    cwd: ROOT,
    platform: 'node',
    tsconfig: false,
    external: ['serialport', 'cpu-features'],
    plugins: [ownAddress, nativeParts],
    // A module of src does nothing when it is loaded. So a command gets the parts of a folder that it uses, not all of them.
    treeshake: { moduleSideEffects: (id) => !id.startsWith(SRC + sep) || id === MAIN },
    // yargs reads it for a feature that is not used here, within try.
    transform: { define: { 'import.meta.resolve': 'undefined' } },
    onwarn(warning) {
      throw new Error(`${warning.code}: ${warning.message}`);
    },
  });
  const { output } = await made.write({
    dir: folder,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
  });
  await made.close();
  return output.flatMap(({ moduleIds = [] }) => moduleIds);
}

/** Rules, catalogue and personas as JSON: every start reads them many times faster than YAML. */
async function writeData(files, folder) {
  const { parse } = await import('yaml');
  for (const file of files.filter((name) => /\.ya?ml$/.test(name))) {
    const to = join(folder, 'src', relative(SRC, file).replace(/\.ya?ml$/, '.json'));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, JSON.stringify(parse(readFileSync(file, 'utf8'))));
  }
}

/** The help text of the usual widths. To make one takes longer than all the rest of a start. */
async function writeHelp(folder) {
  const { renderHelp } = createRequire(import.meta.url)(join(folder, 'render-help.cjs'));
  for (const columns of HELP_COLUMNS)
    writeFileSync(join(folder, `help-${columns}.txt`), await renderHelp(columns));
}

/** The chunks hold code of other packages, whose licenses want their notices with it. */
function notices(modules) {
  const marker = `${sep}node_modules${sep}`;
  const folders = new Set();
  for (const id of modules) {
    const at = id.lastIndexOf(marker);
    if (at === -1) continue;
    const [first, second] = id.slice(at + marker.length).split(sep);
    folders.add(id.slice(0, at) + marker + (first.startsWith('@') ? join(first, second) : first));
  }
  const texts = [...folders].sort().map((folder) => {
    const {
      name,
      version,
      license = 'license not named',
    } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    const text = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
    return [`${name} ${version} (${license})`, ...text].join('\n\n');
  });
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** Replaces a file in one step. Windows refuses that while somebody reads it: then it is tried again. */
function replace(file, text) {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, text);
  for (let attempt = 1; ; attempt += 1) {
    try {
      renameSync(fresh, file);
      return;
    } catch (error) {
      if (attempt === 20 || !['EPERM', 'EACCES', 'EBUSY'].includes(error.code)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

/** Puts a complete folder in its place. Another build of the same files may be there first; it has the same content. */
function place(fresh, folder) {
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (!existsSync(join(folder, 'package.json'))) throw error;
    rmSync(fresh, { recursive: true, force: true });
  }
}

function switchTo(id, before) {
  // The time of a folder says when it was the current build last.
  const now = new Date();
  if (before !== null && existsSync(join(DIST, before))) utimesSync(join(DIST, before), now, now);
  // A package gets the current build and no other.
  replace(join(DIST, '.npmignore'), `/*\n!/current.json\n!/${id}/\n`);
  replace(CURRENT, `${JSON.stringify({ build: id })}\n`);
}

function removeOld(id) {
  for (const entry of readdirSync(DIST, { withFileTypes: true })) {
    const path = join(DIST, entry.name);
    if (!entry.isDirectory() || entry.name === id) continue;
    try {
      if (Date.now() - statSync(path).mtimeMs < KEPT_MS) continue;
      rmSync(path, { recursive: true, force: true });
      rmSync(cachePaths.cacheFolder(entry.name), { recursive: true, force: true });
    } catch (error) {
      // Another build may be at the same.
      if (error.code !== 'ENOENT') throw error;
    }
  }
}

async function build(force) {
  const files = sourceFiles();
  const hash = idOf(files);
  const before = currentBuild();
  const isThere = (id) => existsSync(join(DIST, id, 'package.json'));
  if (!force && before !== null && before.split('-')[0] === hash && isThere(before)) return;
  const id = force && isThere(hash) ? `${hash}-${Date.now().toString(36)}` : hash;
  if (!isThere(id)) {
    const fresh = join(DIST, `.new-${process.pid}-${Date.now().toString(36)}`);
    mkdirSync(fresh, { recursive: true });
    try {
      const modules = await bundle(fresh);
      await writeData(files, fresh);
      writeFileSync(join(fresh, 'THIRD-PARTY-NOTICES.txt'), notices(modules));
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
      writeFileSync(join(fresh, 'package.json'), `${JSON.stringify({ version, type: 'commonjs' })}\n`);
      await writeHelp(fresh);
      place(fresh, join(DIST, id));
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  switchTo(id, before === id ? null : before);
  removeOld(id);
}

const words = process.argv.slice(2);
const missing = [SRC, join(ROOT, 'node_modules', 'rolldown')].filter((path) => !existsSync(path));
if (missing.length === 0) await build(words.includes('--force'));
else if (currentBuild() === null || !missing.includes(SRC)) {
  const names = missing.map((path) => relative(ROOT, path)).join(' and ');
  process.stderr.write(
    `upsfw is not built: ${names} is missing. In the checkout run: npm ci && npm run -s build\n`,
  );
  // npm runs `prepare` also where somebody installs without the development dependencies.
  if (!words.includes('--prepare')) process.exitCode = 2;
}
