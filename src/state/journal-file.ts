import { stat } from 'node:fs/promises';
import { hasCode, Problem } from '../core/index.ts';
import { openToAppend } from '../files/index.ts';

/** A file that only grows. What is appended counts once it is flushed and the file is still found under its name. */
export interface JournalFile {
  readonly path: string;
  /** Resolves when the bytes are on the disk. Rejects with the error of the system, or Problem config/state for a lost file. */
  append(bytes: Buffer): Promise<void>;
  /** What was appended stays. */
  keep(): void;
  /** Takes away what was appended since the last `updateIndex`, as far as the disk lets it. Never rejects. */
  undo(): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

/** Opens a file, or makes it where `size` is 0, and cuts it off behind `size` bytes. A link in its place is not followed. */
export async function openJournalFile(path: string, size: number): Promise<JournalFile> {
  const handle = await openToAppend(path, size === 0 ? 'create' : 'is-there');
  let kept = size;
  let end = size;
  /** Part of a line may stand behind `kept`. */
  let isTorn = false;
  try {
    if ((await handle.stat()).size > size) {
      await handle.truncate(size);
      await handle.sync();
    }
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }

  /** Somebody may have removed the folder of the run, or put another file there: what is written then is lost. */
  const refuseLost = async (): Promise<void> => {
    const open = await handle.stat({ bigint: true });
    const found = await stat(path, { bigint: true }).catch((thrown: unknown) => {
      if (hasCode(thrown, 'ENOENT')) return null;
      throw thrown;
    });
    if (open.nlink > 0n && found?.ino === open.ino && found.dev === open.dev) return;
    throw new Problem('config/state', `${path} is not the file any more that this run writes to.`, {
      hint: 'Somebody removed or replaced it while the run was at work. Look at every unit of the run: upsfw audit.',
    });
  };

  return {
    path,
    async append(bytes) {
      if (isTorn) await handle.truncate(kept);
      isTorn = true;
      await handle.appendFile(bytes);
      await handle.datasync();
      end += bytes.length;
      await refuseLost();
    },
    keep() {
      kept = end;
      isTorn = false;
    },
    async undo() {
      end = kept;
      try {
        await handle.truncate(kept);
        await handle.datasync();
        isTorn = false;
      } catch {
        // What stays of the line is a torn end, or a start that was not made: its unit is asked what became of it.
      }
    },
    async close() {
      // Every line that counts was flushed before.
      await handle.close().catch(() => undefined);
    },
  };
}
