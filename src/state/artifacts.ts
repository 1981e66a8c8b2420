import { join } from 'node:path';
import { escapedJson, type TranscriptEntry } from '../core/index.ts';
import { diskProblem, makeFolder, openToAppend, replaceFile } from '../files/index.ts';
import { runsFolder } from './journal.ts';

/** The longest transcript of one unit, in bytes; what comes after it is counted, not kept. */
const LONGEST_TRANSCRIPT = 8 * 1024 * 1024;

/** Where files of the devices and what was said with them are kept, by unit. */
export interface RunArtifacts {
  keep(key: string, name: string, bytes: Buffer): Promise<void>;
  transcript(key: string, said: TranscriptEntry): void;
}

/** Papers of a run, that can be waited for at its end. */
export interface OpenArtifacts extends RunArtifacts {
  /** Resolves when everything is on disk. Rejects with the first failure to write a transcript (Problem config/state). */
  close(): Promise<void>;
}

/**
 * Keeps what belongs to a unit in `runs/RUN/units/SITE/NAME/`: copies of the card's files, and `transcript.jsonl`. A copy is replaced
 * as a whole or not at all; a link in the place of a file is not followed. Throws Problem config/state.
 */
export function createArtifacts(state: string, run: string): OpenArtifacts {
  const written = new Map<string, number>();
  let queue: Promise<void> = Promise.resolve();
  const fileOf = async (key: string, name: string): Promise<string> => {
    const folder = join(runsFolder(state), run, 'units', ...key.split('/').map(asFileName));
    await makeFolder(folder);
    return join(folder, asFileName(name));
  };
  const failing = (what: string) => (thrown: unknown) => {
    throw diskProblem(thrown, `${what} cannot be written in the folder of run ${run}`, `upsfw resume ${run}`);
  };
  return {
    async keep(key, name, bytes) {
      await fileOf(key, name)
        .then((file) => replaceFile(file, bytes))
        .catch(failing(`The copy of ${name} of ${key}`));
    },
    transcript(key, said) {
      const line = Buffer.from(escapedJson(`${JSON.stringify({ ...said, at: said.at.toISOString() })}\n`));
      const total = (written.get(key) ?? 0) + line.length;
      written.set(key, total);
      if (total > LONGEST_TRANSCRIPT) return;
      queue = queue
        .then(async () => append(await fileOf(key, 'transcript.jsonl'), line))
        .catch(failing(`The transcript of ${key}`));
      queue.catch(() => undefined);
    },
    close: () => queue,
  };
}

function asFileName(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]/g, '-');
}

async function append(file: string, bytes: Buffer): Promise<void> {
  const handle = await openToAppend(file, 'create');
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
}
