// Lets a script import the sources: `import '../scripts/sources.mjs'` first, and then `await import('../src/core/index.ts')`.
// A preloaded module does the same: node --import ./scripts/sources.mjs SCRIPT. Node.js 20 takes no TypeScript by itself.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** Called by Node.js, in the thread of the loader. */
export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const { transformSync } = await import('rolldown/utils');
  const file = fileURLToPath(url);
  const { code, errors } = transformSync(file, readFileSync(file, 'utf8'), {
    sourcemap: false,
    tsconfig: false,
  });
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors.map(({ message }) => message).join('; ')}`);
  return { format: 'module', source: code, shortCircuit: true };
}

if (isMainThread) register(import.meta.url);
