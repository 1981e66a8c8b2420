import { Problem, sanitize } from '../core/index.ts';

/** Meaning of a file system error, and what to do about it. */
interface DiskError {
  readonly why: string;
  readonly remedy: string;
}

const RIGHTS = 'Allow the user that runs upsfw to read and write there';
const OTHER_FOLDER = 'or name another folder with --state';

const DISK_ERRORS: Readonly<Record<string, DiskError>> = {
  ENOSPC: { why: 'no space is left on its file system', remedy: 'Free space there' },
  EDQUOT: { why: 'the disk quota is used up', remedy: 'Free space there, or raise the quota' },
  EFBIG: { why: 'the file would exceed a size limit', remedy: 'Raise the limit on file sizes (ulimit -f)' },
  EROFS: { why: 'its file system is read-only', remedy: `Mount it for writing, ${OTHER_FOLDER}` },
  EACCES: { why: 'permission is denied', remedy: `${RIGHTS}, ${OTHER_FOLDER}` },
  EPERM: { why: 'the system does not permit it', remedy: `${RIGHTS}, ${OTHER_FOLDER}` },
  ENOENT: { why: 'the file or its folder is not there', remedy: 'Check whether the folder was removed' },
  ENOTDIR: { why: 'a part of the path is not a folder', remedy: 'Name another folder with --state' },
  ELOOP: { why: 'a symbolic link is in its place', remedy: 'Remove the link' },
  EIO: { why: 'the disk reports an input/output error', remedy: 'Check the disk' },
  ESTALE: { why: 'the file server no longer knows it', remedy: 'Mount the file system again' },
  EMFILE: { why: 'too many files are open', remedy: 'Raise the limit on open files (ulimit -n)' },
  ENFILE: { why: 'too many files are open', remedy: 'Close other programs' },
};

/**
 * The Problem `config/state` for a failed file operation. `what`: a sentence without its full stop, such as
 * "/x/y cannot be written". `command`: run it after the remedy. A Problem is returned unchanged.
 */
export function diskProblem(thrown: unknown, what: string, command: string | null = null): Problem {
  if (thrown instanceof Problem) return thrown;
  const { why, remedy } = meaningOf(thrown);
  const hint = command === null ? `${remedy}.` : `${remedy}, then run: ${command}`;
  return new Problem('config/state', `${what}: ${why}.`, { hint, cause: thrown });
}

function meaningOf(thrown: unknown): DiskError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const known = Object.hasOwn(DISK_ERRORS, code) ? DISK_ERRORS[code] : undefined;
  if (known !== undefined) return known;
  const why =
    thrown instanceof Error ? sanitize(thrown.message).replace(/\.$/, '') : 'the reason is not known';
  return { why, remedy: `Check the folder, ${OTHER_FOLDER}` };
}
