import { sanitize } from './text.ts';

/**
 * System errors about files and folders as text. The code follows in brackets, because people search for it.
 */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'the operation is not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'it already exists',
  ENOTEMPTY: 'the folder is not empty',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the quota of this user is used up',
  EFBIG: 'the file is too large',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the system has too many files open',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'the symbolic links form a loop',
  EBUSY: 'it is in use',
  EXDEV: 'it is on another file system',
  EIO: 'the disk reports an input/output error',
  ENXIO: 'there is no such device, or nothing reads from it',
  ENODEV: 'there is no such device',
  ESTALE: 'the network file system no longer knows it',
  ETIMEDOUT: 'nothing arrived in time',
  ETXTBSY: 'it is a running program',
};

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'Free space on that file system, then run the command again.',
  EDQUOT: 'Free space in the quota of this user, then run the command again.',
  EMFILE: 'Raise the limit of open files (ulimit -n), or run fewer commands at once.',
  ENFILE: 'Raise the limit of open files of the system, or run fewer programs at once.',
  EROFS: 'Name a writable file or folder.',
};

/** Codes that concern the machine, not one path. */
const WITHOUT_PATH: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'EFBIG']);

interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path: string | null;
}

function systemError(thrown: unknown): SystemError | null {
  if (!(thrown instanceof Error)) return null;
  const [code, syscall, path]: readonly unknown[] = ['code', 'syscall', 'path'].map((key) =>
    Reflect.get(thrown, key),
  );
  if (typeof code !== 'string' || typeof syscall !== 'string') return null;
  return Object.assign(thrown, { code, syscall, path: typeof path === 'string' ? path : null });
}

/** Why a file or folder could not be used, as part of a sentence: `it is a folder (EISDIR)`. */
export function reasonOf(thrown: unknown): string {
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined;
  if (typeof code === 'string' && Object.hasOwn(REASONS, code)) return `${REASONS[code]} (${code})`;
  return thrown instanceof Error ? sanitize(thrown.message) : 'the reason is not known';
}

/**
 * Message and hint for a file system error that nobody handled; null for any other error. Failed program
 * starts and connections also have a path or a code, but are no file system errors.
 */
export function describeFileError(
  thrown: unknown,
): { readonly message: string; readonly hint: string } | null {
  const error = systemError(thrown);
  if (error === null || !Object.hasOwn(REASONS, error.code)) return null;
  const { code, syscall, path } = error;
  if (syscall.startsWith('spawn') || syscall === 'connect') return null;
  if (path === null && !WITHOUT_PATH.has(code)) return null;
  const what = path === null ? 'A file' : sanitize(path, 400);
  return {
    message: `${what} cannot be used: ${reasonOf(error)}, ${sanitize(syscall, 20)}.`,
    hint: HINTS[code] ?? 'Check the path and the permissions of this user.',
  };
}
