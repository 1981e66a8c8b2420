import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { escapedJson } from '../core/index.ts';
import type { Papers } from './execution.ts';
import { runsFolder } from './journal.ts';

/** The longest transcript of one unit, in bytes; what comes after it is counted, not kept. */
const LONGEST_TRANSCRIPT = 8 * 1024 * 1024;

/** Papers of a run, that can be waited for at its end. */
export interface OpenPapers extends Papers {
  /** Resolves when everything is on disk. Rejects with the first failure to write a transcript. */
  close(): Promise<void>;
}

/** Keeps what belongs to a unit in `runs/RUN/units/SITE-NAME/`: copies of the card's files, and `transcript.jsonl`. */
export function createPapers(state: string, run: string): OpenPapers {
  const written = new Map<string, number>();
  let queue: Promise<void> = Promise.resolve();
  const folderOf = async (key: string): Promise<string> => {
    const folder = join(runsFolder(state), run, 'units', key.replace(/[^A-Za-z0-9._-]/g, '-'));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  };
  return {
    async keep(key, name, bytes) {
      await write(join(await folderOf(key), name.replace(/[^A-Za-z0-9._-]/g, '-')), 'w', bytes);
    },
    transcript(key, said) {
      const line = Buffer.from(escapedJson(`${JSON.stringify({ ...said, at: said.at.toISOString() })}\n`));
      const total = (written.get(key) ?? 0) + line.length;
      written.set(key, total);
      if (total > LONGEST_TRANSCRIPT) return;
      queue = queue.then(async () => write(join(await folderOf(key), 'transcript.jsonl'), 'a', line));
      queue.catch(() => undefined);
    },
    close: () => queue,
  };
}

async function write(file: string, flags: 'w' | 'a', bytes: Buffer): Promise<void> {
  const handle = await open(file, flags, 0o600);
  try {
    await handle.writeFile(bytes);
    if (flags === 'w') await handle.sync();
  } finally {
    await handle.close();
  }
}
