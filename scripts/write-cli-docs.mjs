// Writes docs/cli.md from the definitions of the commands. Run: node scripts/write-cli-docs.mjs
import './sources.mjs';
import { writeFileSync } from 'node:fs';

const { loadCommands } = await import('../src/cli/commands.ts');
const { cliReference } = await import('../src/cli/reference.ts');

writeFileSync(new URL('../docs/cli.md', import.meta.url), cliReference(await loadCommands([])));
