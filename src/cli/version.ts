import { readFileSync } from 'node:fs';

function readVersion(): string {
  // The same relative place in the sources and in a build. No schema, because --help must not load zod.
  const file = new URL('../../package.json', import.meta.url);
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof content === 'object' && content !== null && 'version' in content) {
    if (typeof content.version === 'string') return content.version;
  }
  throw new Error(`${file.href} has no version.`);
}

/** The version in package.json. */
export const VERSION = readVersion();
