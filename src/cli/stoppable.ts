import { Problem } from '../core/index.ts';
import { type Exit, STOPPED } from './exit-codes.ts';
import type { ProcessIo } from './io.ts';

/** A stopped command may close its connections and remove its drafts for this long. */
const GRACE_MS = 1000;

/** What the operator is told who presses Ctrl-C in a command. Every command that handles it gives this. */
export function interrupted(what = 'Stopped. No update was started.'): Problem {
  return new Problem('refused/interrupted', what, { hint: 'Run the command again when you are ready.' });
}

/** The streams of a command, and the signal that its operator stopped it. */
export type StoppableIo = ProcessIo & { readonly stop: AbortSignal };

/**
 * Runs a command, and ends it with Problem refused/interrupted on a Ctrl-C that the command itself does not
 * handle. Its signal `stop` is aborted first, and what it prints afterwards is dropped. A command that has
 * printed already ends with {@link STOPPED} and a message, because standard output has its one document.
 */
export async function runStoppable(io: ProcessIo, run: (io: StoppableIo) => Promise<Exit>): Promise<Exit> {
  const stop = new AbortController();
  const problem = interrupted();
  let hasPrinted = false;
  const release = io.onStop?.(() => stop.abort(problem));
  const stopped = new Promise<null>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  const running = run({
    ...io,
    stop: stop.signal,
    out(text) {
      if (stop.signal.aborted) return;
      hasPrinted = true;
      io.out(text);
    },
  });
  try {
    const exit = await Promise.race([running, stopped]);
    if (exit !== null) return exit;
    const ended = running.then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([ended, io.clock.sleep(GRACE_MS)]);
    if (!hasPrinted) throw problem;
    io.info(`upsfw: ${problem.message}\n`);
    return STOPPED;
  } finally {
    release?.();
  }
}
