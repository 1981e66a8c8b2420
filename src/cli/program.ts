import { asProblem, escapedJson, outputText, type Problem } from '../core/index.ts';
import { asksOnlyForHelp } from './commands.ts';
import { DONE, type Exit, exitOfProblem } from './exit-codes.ts';
import type { ProcessIo } from './io.ts';
import { runStoppable } from './stoppable.ts';

/** Runs one command line and gives its exit code. Never throws and never exits the process. */
export async function runProgram(words: readonly string[], io: ProcessIo): Promise<Exit> {
  const end = words.indexOf('--');
  const wantsJson = words.slice(0, end === -1 ? words.length : end).includes('--json');
  try {
    if (asksOnlyForHelp(words)) {
      const { helpText } = await import('./start/help.ts');
      io.out(`${await helpText(io.terminal?.columns)}\n`);
      return DONE;
    }
    return await runStoppable(io, async (stoppable) => {
      const { dispatch } = await import('./start/dispatch.ts');
      return dispatch(words, stoppable);
    });
  } catch (thrown) {
    return report(asProblem(thrown), io, wantsJson);
  }
}

function report(problem: Problem, io: ProcessIo, wantsJson: boolean): Exit {
  const code = exitOfProblem(problem);
  if (wantsJson) {
    const document = {
      schema: 'upsfw/error@1',
      generatedAt: io.clock.now().toISOString(),
      problem: problem.toJSON(),
      exitCode: code,
    };
    io.out(escapedJson(`${JSON.stringify(document, null, 2)}\n`));
  }
  const details = problem.details.map((line) => `  ${line}\n`).join('');
  io.info(outputText(`upsfw: ${problem.message}\n${details}  ${problem.hint}\n  (${problem.code})\n`, false));
  return code;
}
