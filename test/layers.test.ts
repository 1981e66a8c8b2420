import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const TEST = fileURLToPath(new URL('.', import.meta.url));

/** What each folder may import from the others. docs/architecture.md gives the reasons. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  files: ['core'],
  yaml: ['core'],
  rules: ['core', 'yaml'],
  images: ['core', 'files'],
  snmp: ['core'],
  local: ['core'],
  report: ['core'],
  recording: ['core'],
  nmc: ['core', 'snmp'],
  inventory: ['core', 'files', 'yaml'],
  state: ['core', 'files'],
  run: ['core', 'files', 'inventory', 'state'],
  sim: ['core', 'yaml'],
  cli: [
    'core',
    'files',
    'yaml',
    'rules',
    'images',
    'snmp',
    'local',
    'report',
    'recording',
    'nmc',
    'inventory',
    'state',
    'run',
    'sim',
  ],
};

/** Subfolders in the order of their imports: each may import those before it, and files beside them. */
const ORDER: Readonly<Record<string, readonly string[]>> = {
  rules: ['engine', 'catalogue', 'facts', 'judge', 'work-order'],
  snmp: ['client', 'look', 'sweep'],
  inventory: ['merge', 'import'],
  cli: ['documents', 'fleet', 'commands', 'start'],
};

/** Packages that only these folders may import. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  'net-snmp': ['snmp', 'sim'],
  ssh2: ['nmc', 'sim'],
  'basic-ftp': ['nmc'],
  got: ['images', 'nmc', 'inventory'],
  serialport: ['local'],
  crc: ['local'],
  yargs: ['cli'],
  listr2: ['cli'],
  picocolors: ['report'],
};

const MOST_FILES = 21;
const MOST_LINES = 300;

const files = listed(SRC);
const tests = listed(TEST);

function listed(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'));
}

function imports(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((found) => found[1] ?? '');
}

/** The files of src that a file imports, as paths below src. */
function targets(file: string): readonly string[] {
  return imports(file)
    .filter((target) => target.startsWith('.'))
    .map((target) => relative(SRC, resolve(dirname(file), target)).replaceAll('\\', '/'))
    .filter((path) => !path.startsWith('..'));
}

function folderOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : '';
}

describe.each(files)('src/%s', (file) => {
  const folder = folderOf(file);

  it('imports only what its folder may, and enters other folders by their index.ts', () => {
    for (const path of targets(join(SRC, file))) {
      const other = folderOf(path);
      if (other === folder) continue;
      expect(folder === '' ? ['cli'] : ALLOWED[folder], `${file} imports ${path}`).toContain(other);
      if (folder !== '') expect(path, `${file} imports ${path}`).toMatch(/^[a-z]+\/index\.ts$/);
    }
    for (const target of imports(join(SRC, file))) {
      const owners = target.startsWith('.') ? undefined : OWNERS[target.split('/')[0] ?? ''];
      if (owners !== undefined) expect(owners, `${file} imports ${target}`).toContain(folder);
    }
  });

  it('imports subfolders of its folder in their order', () => {
    const order = ORDER[folder];
    if (order === undefined || file === `${folder}/index.ts`) return;
    const own = order.indexOf(file.split('/')[1] ?? '');
    if (own === -1) return;
    for (const path of targets(join(SRC, file))) {
      if (folderOf(path) !== folder) continue;
      expect(order.indexOf(path.split('/')[1] ?? ''), `${file} imports ${path}`).toBeLessThanOrEqual(own);
    }
  });

  it(`has at most ${MOST_LINES} lines`, () => {
    expect(readFileSync(join(SRC, file), 'utf8').split('\n').length - 1).toBeLessThanOrEqual(MOST_LINES);
  });
});

describe.each(tests)('test/%s', (file) => {
  it('enters a folder by its index.ts, except that of the same name', () => {
    for (const path of targets(join(TEST, file))) {
      const other = folderOf(path);
      // The command line is no library: it has no index.ts.
      if (other === folderOf(file) || other === 'cli' || other === '') continue;
      // Single parts of the simulator serve the tests of every folder.
      if (other === 'sim' && folderOf(file) === 'support') continue;
      expect(path, `${file} imports ${path}`).toMatch(/^[a-z]+\/index\.ts$/);
    }
  });

  it('is a test, or a helper in test/support', () => {
    expect(file).toMatch(/\.test\.ts$|^support\/(devices|machine|peers|sites|values)\//);
  });
});

describe('folders', () => {
  it('all have a place in the order of imports and a description', () => {
    const folders = [...new Set(files.map(folderOf))].filter((name) => name !== '');
    expect(folders.sort()).toEqual(Object.keys(ALLOWED).sort());
    for (const folder of folders.filter((name) => name !== 'cli')) {
      const head = readFileSync(join(SRC, folder, 'index.ts'), 'utf8').slice(0, 900);
      expect(head, folder).toMatch(/^\/\*\*/);
      expect(head, folder).toMatch(/must not know/i);
    }
  });

  it(`hold at most ${MOST_FILES} files each`, () => {
    const counts = new Map<string, number>();
    for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
  });

  it('have no import cycle, types included', () => {
    const graph = new Map(files.map((file) => [file, targets(join(SRC, file))]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, trail: readonly string[]): void => {
      const start = trail.indexOf(file);
      if (start !== -1) cycles.push([...trail.slice(start), file].join(' -> '));
      if (start !== -1 || done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('keep model numbers and versions out of the code of the rules', () => {
    for (const file of files.filter((one) => one.startsWith('rules/'))) {
      const code = readFileSync(join(SRC, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      expect(code.match(/\bS(?:MT|MX|MC|CL|RT|UA|URT)[A-Z0-9]*\b|'\d\d\.\d'/g), file).toBeNull();
    }
  });
});
