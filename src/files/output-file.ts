import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { hasCode, Problem, reasonOf, sanitize } from '../core/index.ts';
import { type FileMode, replaceFile } from './atomic.ts';

/** An output file that the user named. Readers see its old content or the new one, never a part. */
export interface OutputFile {
  /** Writes the file with this mode. Throws Problem config/usage. */
  write(text: string, mode: FileMode): Promise<void>;
}

/**
 * Checks that a file can be written, before any work is done for it. Follows symbolic links. Refuses an
 * existing file that is not regular (a device, a pipe), because it would be replaced. `option`: the option
 * that named it. Throws Problem config/usage.
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
      await replaceFile(file, text, { mode, flush: 'if-supported' }).catch((thrown: unknown) => {
        throw cannot(thrown);
      });
    },
  };
}

function refused(path: string, option: string, cause: unknown): Problem {
  return new Problem('config/usage', `${sanitize(path, 400)} ${whyRefused(path, cause)}.`, {
    hint: `Give ${option} a file in an existing folder that you may write to.`,
    cause: cause ?? undefined,
  });
}

function whyRefused(path: string, cause: unknown): string {
  if (cause === null) return 'exists and is not a regular file';
  const folder = sanitize(dirname(path), 400);
  if (hasCode(cause, 'ENOENT')) return `cannot be written: there is no folder ${folder}`;
  const where = Reflect.get(Object(cause), 'syscall') === 'access' ? ` in the folder ${folder}` : '';
  return `cannot be written${where}: ${reasonOf(cause)}`;
}
