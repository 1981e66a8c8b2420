import { join } from 'node:path';
import { escapedJson, type TranscriptEntry } from '../core/index.ts';
import { diskProblem, makeFolder, openToAppend, replaceFile } from '../files/index.ts';
import { runsFolder } from './journal.ts';

/** The longest transcript of one unit, in bytes; the rest is not kept. */
const LONGEST_TRANSCRIPT = 8 * 1024 * 1024;

/** Keeps copies of device files and transcripts, by unit. */
export interface RunArtifacts {
  keep(key: string, name: string, bytes: Buffer): Promise<void>;
  transcript(key: string, entry: TranscriptEntry): void;
}

/** The artifacts of a run; close them at its end. */
export interface OpenArtifacts extends RunArtifacts {
  /**
   * Resolves when everything is on disk. Rejects with the first failure to write a transcript (Problem
   * config/state).
   */
  close(): Promise<void>;
}

/**
 * Keeps the artifacts of a unit in `runs/RUN/units/SITE/NAME/`: copies of the card's files, and
 * `transcript.jsonl`. A copy is replaced atomically, and a link in its place is not followed. Throws Problem
 * config/state.
 */
export function createArtifacts(state: string, run: string): OpenArtifacts {
  const written = new Map<string, number>();
  /** Lines that wait for the write before them, by unit. */
  const waiting = new Map<string, Buffer[]>();
  let queue: Promise<void> = Promise.resolve();
  let hasFailed = false;
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
    transcript(key, entry) {
      const line = Buffer.from(escapedJson(`${JSON.stringify({ ...entry, at: entry.at.toISOString() })}\n`));
      const total = (written.get(key) ?? 0) + line.length;
      written.set(key, total);
      if (total > LONGEST_TRANSCRIPT || hasFailed) return;
      const lines = waiting.get(key);
      if (lines !== undefined) {
        lines.push(line);
        return;
      }
      const batch = [line];
      waiting.set(key, batch);
      queue = queue
        .then(async () => {
          waiting.delete(key);
          await append(await fileOf(key, 'transcript.jsonl'), Buffer.concat(batch));
        })
        .catch(failing(`The transcript of ${key}`));
      queue.catch(() => {
        hasFailed = true;
        waiting.clear();
      });
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
