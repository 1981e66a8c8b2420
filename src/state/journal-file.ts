import { stat } from 'node:fs/promises';
import { hasCode, Problem } from '../core/index.ts';
import { openToAppend } from '../files/index.ts';

/** A file that only grows. Appended bytes count once they are flushed and the file still has its name. */
export interface JournalFile {
  readonly path: string;
  /**
   * Resolves when the bytes are on disk. Rejects with the system error, or Problem config/state for a lost
   * file.
   */
  append(bytes: Buffer): Promise<void>;
  /** Makes the appended bytes permanent. */
  keep(): void;
  /** Removes what was appended since the last `keep`, as far as the disk allows. Never rejects. */
  undo(): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

/**
 * Opens a file, or creates it where `size` is 0, and truncates it to `size` bytes. Follows no link in its
 * place.
 */
export async function openJournalFile(path: string, size: number): Promise<JournalFile> {
  const handle = await openToAppend(path, size === 0 ? 'create' : 'is-there');
  let kept = size;
  let end = size;
  /** Part of a line may follow `kept`. */
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

  /** Somebody may have removed or replaced the file: what is written to it then is lost. */
  const refuseLost = async (): Promise<void> => {
    const open = await handle.stat({ bigint: true });
    const found = await stat(path, { bigint: true }).catch((thrown: unknown) => {
      if (hasCode(thrown, 'ENOENT')) return null;
      throw thrown;
    });
    if (open.nlink > 0n && found?.ino === open.ino && found.dev === open.dev) return;
    throw new Problem('config/state', `${path} is no longer the file that this run writes to.`, {
      hint: 'It was removed or replaced during the run. Look at every unit of the run: upsfw audit.',
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
        // What remains is a torn line, or a start that was not made: a resume asks the unit about it.
      }
    },
    async close() {
      // Every line that counts is flushed already.
      await handle.close().catch(() => undefined);
    },
  };
}
