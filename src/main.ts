import { STOPPED } from './cli/exit-codes.ts';
import { processIo } from './cli/io.ts';
import { runProgram } from './cli/program.ts';

// A build is CommonJS, which has no await at the top level.
async function main(): Promise<void> {
  process.exitCode = await runProgram(process.argv.slice(2), processIo());
  if (process.exitCode === STOPPED) await leave();
}

/** A stopped command may still wait for an answer or for standard input. Its output is complete. */
async function leave(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit();
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

void main();
