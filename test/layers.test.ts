import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/** What each folder may import of the others; docs/architecture.md says why. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  disk: ['core'],
  yaml: ['core'],
  rules: ['core', 'yaml'],
  images: ['core', 'disk'],
  snmp: ['core'],
  local: ['core'],
  report: ['core'],
  nmc: ['core', 'snmp'],
  run: ['core', 'disk', 'yaml', 'rules', 'images'],
  sim: ['core', 'yaml'],
  cli: ['core', 'disk', 'yaml', 'rules', 'images', 'snmp', 'local', 'nmc', 'run', 'report', 'sim'],
};

/** Packages that only one folder may know, because they are the protocol or the form that it owns. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  'net-snmp': ['snmp', 'sim'],
  ssh2: ['nmc', 'sim'],
  'basic-ftp': ['nmc'],
  got: ['images', 'nmc', 'run'],
  serialport: ['local'],
  crc: ['local'],
  yargs: ['cli'],
  listr2: ['cli'],
  picocolors: ['report'],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function imports(file: string): readonly string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((found) => found[1] ?? '');
}

describe.each(files)('src/%s', (file) => {
  const folder = file.includes('/') ? (file.split('/')[0] ?? '') : '';
  it('imports only what its folder may', () => {
    for (const target of imports(file)) {
      if (target.startsWith('.')) {
        const path = relative(SRC, resolve(dirname(join(SRC, file)), target));
        const other = path.includes('/') ? (path.split('/')[0] ?? '') : '';
        if (other === folder) continue;
        expect(folder === '' ? ['cli'] : ALLOWED[folder], `${file} imports ${target}`).toContain(other);
        // Other folders are entered through the front door.
        if (folder !== '') expect(path, `${file} imports ${target}`).toMatch(/^[a-z]+\/index\.ts$/);
        continue;
      }
      const owners = OWNERS[target.split('/')[0] ?? ''];
      if (owners !== undefined) expect(owners, `${file} imports ${target}`).toContain(folder);
    }
  });
});

describe('folders', () => {
  it('all have a place in the order of imports, and say what they own', () => {
    const folders = [
      ...new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0] ?? '')),
    ];
    expect(folders.sort()).toEqual(Object.keys(ALLOWED).sort());
    for (const folder of folders.filter((name) => name !== 'cli')) {
      const head = readFileSync(join(SRC, folder, 'index.ts'), 'utf8').slice(0, 900);
      expect(head, folder).toMatch(/^\/\*\*/);
      expect(head, folder).toMatch(/must not know/i);
    }
  });

  it('keep model numbers and versions out of the code that judges', () => {
    for (const file of files.filter((one) => one.startsWith('rules/'))) {
      const code = readFileSync(join(SRC, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      expect(code.match(/\bS(?:MT|MX|MC|CL|RT|UA|URT)[A-Z0-9]*\b|'\d\d\.\d'/g), file).toBeNull();
    }
  });
});
