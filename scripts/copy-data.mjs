// tsc copies no data: the rule files, the catalogue and the personas go beside the compiled code here, as JSON, which every
// start of the tool reads many times faster than YAML.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.ya?ml$/.test(entry.name)) continue;
  const from = join(entry.parentPath, entry.name);
  const to = from.replace(/^src/, 'dist').replace(/\.ya?ml$/, '.json');
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, JSON.stringify(parse(readFileSync(from, 'utf8'))));
}
