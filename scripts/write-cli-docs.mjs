// Writes docs/cli.md from the definitions of the commands. Run after a build: node scripts/write-cli-docs.mjs
import { writeFileSync } from 'node:fs';
import { loadCommands } from '../dist/cli/commands.js';
import { cliReference } from '../dist/cli/reference.js';

writeFileSync(new URL('../docs/cli.md', import.meta.url), cliReference(await loadCommands([])));
