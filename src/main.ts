import { processIo } from './cli/io.ts';
import { runProgram } from './cli/program.ts';

// A build is CommonJS, which has no await at the top level.
async function main(): Promise<void> {
  process.exitCode = await runProgram(process.argv.slice(2), processIo());
}

void main();
