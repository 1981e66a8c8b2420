import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, lstat, readlink, rm, stat, statfs } from 'node:fs/promises';
import { isAbsolute, join, parse, resolve, sep } from 'node:path';
import { hasCode, type Plan, Problem, sanitize } from '../core/index.ts';
import { createWhole, diskProblem, makeFolder, syncFolder } from '../files/index.ts';
import { createLocks } from './locks.ts';

/** The least free space for a run, in bytes: its journal, copies of the cards' files, transcripts. */
export const LEAST_SPACE = 8 * 1024 * 1024;
/** About twenty journal lines of up to 8 KiB, a copy of configuration and event log, and a transcript. */
const SPACE_OF_A_HOP = 512 * 1024;
/** Files that a hop creates, and those that the run itself creates. */
const FILES_OF_A_HOP = 8;
const FILES_OF_A_RUN = 64;
/** Links in one path, as many as Linux follows. */
const MOST_LINKS = 40;

/** The space that a run needs in the state folder. */
export interface StateNeeds {
  readonly bytes: number;
  readonly files: number;
}

/** A generous estimate: a run that stops because the disk is full costs more than a megabyte. */
export function needsOf(plan: Plan): StateNeeds {
  const hops = plan.units.reduce((sum, unit) => sum + unit.hops.length, 0);
  return {
    bytes: LEAST_SPACE + hops * SPACE_OF_A_HOP + 4 * JSON.stringify(plan).length,
    files: FILES_OF_A_RUN + hops * FILES_OF_A_HOP,
  };
}

/**
 * Prepares the state folder for a run, before anything is written to a device: it exists, only this user can
 * change it, it has space, and its locks work. Throws Problem config/state with the folder, the fault and the
 * command that helps.
 */
export async function openStateFolder(
  state: string,
  needs: StateNeeds = { bytes: LEAST_SPACE, files: FILES_OF_A_RUN },
): Promise<void> {
  await refuseForeign(state);
  await makeFolder(state).catch((thrown: unknown) => {
    throw diskProblem(thrown, `The state folder ${sanitize(state)} cannot be made`);
  });
  await refuseForeign(state);
  // First, because a read-only file system also reports that it is full.
  await access(state, constants.W_OK).catch((thrown: unknown) => {
    throw diskProblem(thrown, `The state folder ${sanitize(state)} cannot be written to`);
  });
  await checkSpace(state, needs);
  await checkFiles(state);
  await checkLocks(state);
}

/**
 * Throws Problem config/state where another user could change the content of the state folder, or where its
 * path leads through another user's link. A missing folder passes. Windows reports neither owner nor mode, so
 * nothing is checked there.
 */
export async function refuseForeign(state: string): Promise<void> {
  const me = process.getuid?.();
  if (me === undefined) return;
  try {
    await checkPath(resolve(state), me);
    const own = await statOf(state);
    if (own === null) return;
    if (!own.isDirectory()) {
      throw refused(`${sanitize(state)} is not a folder`, 'Name another folder with --state.');
    }
    checkOwner(state, own, me);
    for (const name of ['runs', 'locks', 'audits', 'known-hosts.json', 'images.json']) {
      const path = join(state, name);
      const link = await lstatOf(path);
      if (link?.isSymbolicLink() === true) checkLink(path, link, own, me);
      const there = await statOf(path);
      if (there !== null) checkOwner(path, there, me);
    }
  } catch (thrown) {
    throw diskProblem(thrown, `The state folder ${sanitize(state)} cannot be read`);
  }
}

function refused(what: string, hint: string): Problem {
  return new Problem('config/state', `${what}.`, { hint });
}

/** Checks every link and folder of a path; links are followed. */
async function checkPath(path: string, me: number): Promise<void> {
  const { root } = parse(path);
  let at = root;
  let left = path.slice(root.length).split(sep);
  for (let links = 0; left.length > 0; ) {
    const [name = '', ...rest] = left;
    left = rest;
    if (name === '') continue;
    const folder = await stat(at);
    const next = join(at, name);
    const found = await lstatOf(next);
    // Nothing below it exists either; upsfw creates it.
    if (found === null) return checkFolder(at, folder);
    if (!found.isSymbolicLink()) {
      checkFolder(at, folder);
      at = next;
      continue;
    }
    checkLink(next, found, folder, me);
    links += 1;
    if (links > MOST_LINKS)
      throw refused(`${sanitize(path)} leads through too many links`, 'Remove some of them.');
    const target = await readlink(next);
    if (isAbsolute(target)) at = parse(target).root;
    left = [...target.split(sep), ...left];
  }
}

const WORLD = 0o002;
const STICKY = 0o1000;
const OTHERS = 0o022;

/** A user who may write to a folder above can put another folder in place of the state folder. */
function checkFolder(path: string, { mode }: Stats): void {
  if ((mode & WORLD) === 0 || (mode & STICKY) !== 0) return;
  throw refused(
    `Every user may write to ${sanitize(path)}, a parent of the state folder (mode ${octal(mode)})`,
    `Run: chmod o-w ${quoted(path)}, or name another folder with --state.`,
  );
}

/** `folder`: the folder that holds the link. */
function checkLink(path: string, link: Stats, folder: Stats, me: number): void {
  const hint = 'Name the target of the link with --state, or remove the link.';
  if (link.uid !== me && link.uid !== 0) {
    throw refused(`${sanitize(path)} is a symbolic link of user ${link.uid}; upsfw runs as user ${me}`, hint);
  }
  if ((folder.mode & WORLD) !== 0) {
    throw refused(`${sanitize(path)} is a symbolic link in a folder that every user may write to`, hint);
  }
}

function checkOwner(path: string, { uid, mode }: Stats, me: number): void {
  if (uid !== me) {
    const asRoot =
      me === 0 ? 'Run upsfw as that user' : 'Run upsfw as that user, or change the owner as root';
    throw refused(
      `${sanitize(path)} belongs to user ${uid}; upsfw runs as user ${me}`,
      `${asRoot}: chown -R ${me} ${quoted(path)}. Or name another folder with --state.`,
    );
  }
  if ((mode & OTHERS) !== 0) {
    throw refused(
      `Users other than the owner may write to ${sanitize(path)} (mode ${octal(mode)})`,
      `Run: chmod go-w ${quoted(path)}`,
    );
  }
}

async function checkSpace(state: string, needs: StateNeeds): Promise<void> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(state).catch((thrown: unknown) => {
    throw diskProblem(thrown, `The free space of the state folder ${sanitize(state)} cannot be read`);
  });
  const hint = `Free space there (df ${quoted(state)}), or name another folder with --state.`;
  // Some file systems report no sizes. A run that fills such a disk stops before its next start.
  if (blocks > 0 && bavail * bsize < needs.bytes) {
    const wanted = `${megabytes(needs.bytes)} are needed, ${megabytes(bavail * bsize)} are free`;
    throw refused(
      `There is not enough space for a run in the state folder ${sanitize(state)}: ${wanted}`,
      hint,
    );
  }
  if (files > 0 && ffree < needs.files) {
    const wanted = `${needs.files} files are needed, ${ffree} can be created`;
    throw refused(
      `There are not enough files left for a run in the state folder ${sanitize(state)}: ${wanted}`,
      hint,
    );
  }
}

/** Creates a file, flushes it and removes it. */
async function checkFiles(state: string): Promise<void> {
  const probe = join(state, `.probe-${randomBytes(8).toString('hex')}`);
  try {
    await createWhole(probe, 'x'.repeat(4096));
    await syncFolder(state);
    await rm(probe);
  } catch (thrown) {
    await rm(probe, { force: true }).catch(() => undefined);
    throw diskProblem(thrown, `The state folder ${sanitize(state)} cannot be written to`);
  }
}

/** A lock that is held must refuse a second one. */
async function checkLocks(state: string): Promise<void> {
  const name = `probe-${randomBytes(8).toString('hex')}`;
  const lock = await createLocks(state).take(name, 'check of the state folder');
  try {
    const second = await createLocks(state)
      .take(name, 'check of the state folder')
      .catch((thrown: unknown) => {
        if (thrown instanceof Problem && thrown.code === 'refused/locked') return null;
        throw thrown;
      });
    if (second === null) return;
    const { type } = await statfs(state);
    throw refused(
      `Locks do not work in the state folder ${sanitize(state)}: its file system (type 0x${type.toString(16)}) lets two processes create the same file`,
      'Name a folder on a local disk with --state.',
    );
  } finally {
    await lock.release();
  }
}

async function lstatOf(path: string): Promise<Stats | null> {
  return lstat(path).catch(nullWhereMissing);
}

async function statOf(path: string): Promise<Stats | null> {
  return stat(path).catch(nullWhereMissing);
}

function nullWhereMissing(thrown: unknown): null {
  if (hasCode(thrown, 'ENOENT')) return null;
  throw thrown;
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** A path, quoted for a shell. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${sanitize(path, 4096).replaceAll("'", "'\\''")}'`;
}
