import { randomUUID } from 'node:crypto';
import { access, chmod, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { hasCode, Problem, printable } from '../core/index.ts';

/** A file that is put in place in one go: whoever reads it sees the old content or the new one, never a part. */
export interface WholeFile {
  /** Writes the file with exactly this mode. Throws Problem config/usage. */
  write(text: string, mode: number): Promise<void>;
}

/**
 * Looks whether a file can be put there, before any work is done for it. What is there and is no regular file (a device, a
 * pipe) is refused: it would be replaced. Throws Problem config/usage.
 */
export async function openWhole(path: string): Promise<WholeFile> {
  const file = await realpath(path).catch((thrown: unknown) => {
    if (hasCode(thrown, 'ENOENT')) return resolve(path);
    throw cannot(path, thrown);
  });
  const there = await stat(file).catch((thrown: unknown) => {
    if (hasCode(thrown, 'ENOENT')) return null;
    throw cannot(path, thrown);
  });
  if (there !== null && !there.isFile()) throw cannot(path, null);
  await access(dirname(file), constants.W_OK).catch((thrown: unknown) => {
    throw cannot(path, thrown);
  });
  return {
    async write(text, mode) {
      // Of another name than whoever collects `*.prom` of a folder would take.
      const draft = join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
      try {
        const handle = await open(draft, 'wx', mode);
        try {
          await handle.writeFile(text);
          await handle.sync();
        } finally {
          await handle.close();
        }
        // The mask of the process would keep others from reading what is meant for them.
        await chmod(draft, mode);
        await rename(draft, file);
      } catch (thrown) {
        throw cannot(path, thrown);
      } finally {
        await rm(draft, { force: true });
      }
    },
  };
}

function cannot(path: string, cause: unknown): Problem {
  const what = cause === null ? 'is there, and is no regular file' : 'cannot be written';
  return new Problem('config/usage', `${printable(path)} ${what}.`, {
    hint: 'Name a file in a folder that is there and can be written with --out.',
    cause: cause ?? undefined,
  });
}
