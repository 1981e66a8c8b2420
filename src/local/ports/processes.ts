import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { hasCode } from '../../core/index.ts';
import { programOf } from './programs.ts';
import { readAttribute, realPathOf } from './sysfs.ts';

/** A device whose holders are wanted. */
export interface WantedDevice {
  readonly path: string;
  /** The given path, and the path without links. */
  readonly names: ReadonlySet<string>;
  /** Device number; null if the path is not a device. */
  readonly number: number | null;
}

/** A process that has a device open. */
export interface OpenDevice {
  readonly path: string;
  readonly pid: number;
}

export interface ProcessScan {
  readonly open: readonly OpenDevice[];
  readonly pids: ReadonlySet<number>;
  /** False if processes are hidden from this user, or not all could be checked. */
  readonly complete: boolean;
  /** False if a process may exist that is not in `pids`. */
  readonly seesAll: boolean;
}

const MOST_FILES = 65_536;
const AT_ONCE = 16;
const LONGEST_COMMAND_LINE = 65_536;

/** Resolves names and number of a device without opening it. */
export async function wantedDevice(path: string): Promise<WantedDevice> {
  const real = await realPathOf(path);
  return {
    path,
    names: new Set(real === null ? [path] : [path, real]),
    number: await deviceNumber(path),
  };
}

/**
 * Finds the processes that have the devices open, by the links below `/proc/PID/fd`. Null if the system has
 * no such tree.
 */
export async function scanProcesses(
  procRoot: string,
  wanted: readonly WantedDevice[],
): Promise<ProcessScan | null> {
  const pids = await pidsOf(procRoot);
  if (pids === null) return null;
  const limit = pLimit(AT_ONCE);
  const looks = await Promise.all(pids.map((pid) => limit(() => openOf(procRoot, pid, wanted))));
  // A system without a visible process 1 hides other users' processes (mount option hidepid).
  const seesAll = pids.includes(1);
  return {
    open: looks.flatMap(({ open }) => open),
    pids: new Set(pids),
    complete: seesAll && looks.every(({ complete }) => complete),
    seesAll,
  };
}

/** The name of a program, from its process name and command line. */
export async function programAt(
  procRoot: string,
  pid: number,
): Promise<{ readonly program: string; readonly known: boolean }> {
  const folder = join(procRoot, String(pid));
  const line = await readAttribute(join(folder, 'cmdline'), LONGEST_COMMAND_LINE);
  return programOf(await readAttribute(join(folder, 'comm')), line?.split('\0') ?? []);
}

async function pidsOf(procRoot: string): Promise<readonly number[] | null> {
  try {
    return (await readdir(procRoot)).filter((name) => /^[1-9]\d{0,9}$/.test(name)).map(Number);
  } catch {
    // Not Linux; the caller reports that no program can be named.
    return null;
  }
}

interface ProcessLook {
  readonly open: readonly OpenDevice[];
  readonly complete: boolean;
}

async function openOf(procRoot: string, pid: number, wanted: readonly WantedDevice[]): Promise<ProcessLook> {
  const folder = join(procRoot, String(pid), 'fd');
  const paths = new Set<string>();
  let complete = true;
  try {
    const files = await readdir(folder);
    complete = files.length <= MOST_FILES;
    for (const file of files.slice(0, MOST_FILES)) {
      const link = join(folder, file);
      const target = await targetOf(link);
      if (target === null) complete = false;
      else for (const { path } of await devicesAt(link, target, wanted)) paths.add(path);
    }
  } catch (thrown) {
    // A process that ended meanwhile holds nothing.
    if (isRefused(thrown)) complete = false;
  }
  return { open: [...paths].map((path) => ({ path, pid })), complete };
}

/** The target of a link; empty if the link is gone, null if this user may not read it. */
async function targetOf(link: string): Promise<string | null> {
  try {
    return await readlink(link);
  } catch (thrown) {
    return isRefused(thrown) ? null : '';
  }
}

async function devicesAt(
  link: string,
  target: string,
  wanted: readonly WantedDevice[],
): Promise<readonly WantedDevice[]> {
  const named = wanted.filter(({ names }) => names.has(target));
  if (named.length > 0 || !target.startsWith('/dev/')) return named;
  const numbered = wanted.filter(({ number }) => number !== null);
  if (numbered.length === 0) return [];
  // A container may have the same device under another name.
  const number = await deviceNumber(link);
  return numbered.filter((device) => device.number === number);
}

async function deviceNumber(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isCharacterDevice() ? found.rdev : null;
  } catch {
    return null;
  }
}

function isRefused(thrown: unknown): boolean {
  return hasCode(thrown, 'EACCES') || hasCode(thrown, 'EPERM');
}
