import { readFileSync } from 'node:fs';

function readVersion(): string {
  // It lies beside the sources and in a build at the same place. No schema: --help must not load what schemas need.
  const file = new URL('../../package.json', import.meta.url);
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof content === 'object' && content !== null && 'version' in content) {
    if (typeof content.version === 'string') return content.version;
  }
  throw new Error(`${file.href} has no version.`);
}

/** What package.json says. */
export const VERSION = readVersion();
