// tsc copies no data: the rule files, the catalogue and the personas go beside the compiled code here.
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.ya?ml$/.test(entry.name)) continue;
  const from = join(entry.parentPath, entry.name);
  cpSync(from, from.replace(/^src/, 'dist'));
}
