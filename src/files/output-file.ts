import { randomUUID } from 'node:crypto';
import { access, chmod, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { hasCode, Problem, reasonOf, sanitize } from '../core/index.ts';

/** A file that is put in place in one go: whoever reads it sees the old content or the new one, never a part. */
export interface OutputFile {
  /** Writes the file with exactly this mode, or with the one that the process gives to new files. Throws Problem config/usage. */
  write(text: string, mode: number | 'as-usual'): Promise<void>;
}

/**
 * Looks whether a file can be put there, before any work is done for it. What is there and is no regular file (a device, a
 * pipe) is refused: it would be replaced. `option`: the one that named the file. Throws Problem config/usage.
 */
export async function openOutputFile(path: string, option = '--out'): Promise<OutputFile> {
  const cannot = (thrown: unknown): Problem => refused(path, option, thrown);
  const file = await realpath(path).catch((thrown: unknown) => {
    if (hasCode(thrown, 'ENOENT')) return resolve(path);
    throw cannot(thrown);
  });
  const there = await stat(file).catch((thrown: unknown) => {
    if (hasCode(thrown, 'ENOENT')) return null;
    throw cannot(thrown);
  });
  if (there !== null && !there.isFile()) throw cannot(null);
  await access(dirname(file), constants.W_OK).catch((thrown: unknown) => {
    throw cannot(thrown);
  });
  return {
    async write(text, mode) {
      // Of another name than whoever collects `*.prom` of a folder would take.
      const draft = join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
      try {
        const handle = await open(draft, 'wx', mode === 'as-usual' ? 0o666 : mode);
        try {
          await handle.writeFile(text);
          await handle.sync();
        } finally {
          await handle.close();
        }
        // The mask of the process would keep others from reading what is meant for them.
        if (mode !== 'as-usual') await chmod(draft, mode);
        await rename(draft, file);
      } catch (thrown) {
        throw cannot(thrown);
      } finally {
        await rm(draft, { force: true });
      }
    },
  };
}

function refused(path: string, option: string, cause: unknown): Problem {
  return new Problem('config/usage', `${sanitize(path, 400)} ${whyRefused(path, cause)}.`, {
    hint: `Name a file in a folder that exists and that this user may write with ${option}.`,
    cause: cause ?? undefined,
  });
}

function whyRefused(path: string, cause: unknown): string {
  if (cause === null) return 'is there, and is no regular file';
  const folder = sanitize(dirname(path), 400);
  if (hasCode(cause, 'ENOENT')) return `cannot be written: there is no folder ${folder}`;
  const where = Reflect.get(Object(cause), 'syscall') === 'access' ? ` in the folder ${folder}` : '';
  return `cannot be written${where}: ${reasonOf(cause)}`;
}
