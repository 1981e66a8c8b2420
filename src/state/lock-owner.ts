import { createHash, randomBytes } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { hasCode } from '../core/index.ts';

const OwnerSchema = z.strictObject({
  /** Random, different for every lock. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  pid: z.int().min(1),
  host: z.string().max(300),
  /** Hash of the machine id; null where the system has none. */
  machine: z.string().max(100).nullable(),
  /** Id of this boot of the kernel; null where the system has none. */
  boot: z.string().max(100).nullable(),
  /**
   * Namespaces of process ids and start times; `none` on systems without namespaces, null where not known.
   */
  namespace: z.string().max(200).nullable(),
  /** Start time of the process in kernel ticks; null where the system does not report it. */
  started: z.string().max(40).nullable(),
  /** The task of the owner, for messages to others. */
  doing: z.string().max(10_000),
});
/** The process that holds a lock. */
export type Owner = z.infer<typeof OwnerSchema>;

/** `alive` is true also where it is not known; `why` then gives the reason. */
export interface OwnerState {
  readonly alive: boolean;
  readonly why: string | null;
}

/** What the kernel reports about this process; replaced in tests. */
export type Surroundings = Pick<Owner, 'host' | 'machine' | 'boot' | 'namespace'>;

/** The id of the initial process namespace of Linux (`PROC_PID_INIT_INO`). No container runs in it. */
const FIRST_NAMESPACE = 'pid:[4026531836]';

export async function surroundings(): Promise<Surroundings> {
  return {
    host: hostname(),
    machine: await machineId(),
    boot: await trimmed('/proc/sys/kernel/random/boot_id'),
    namespace: await namespaces(),
  };
}

/** This process as the owner of a lock. */
export async function thisProcess(doing: string): Promise<Owner> {
  return {
    id: randomBytes(8).toString('hex'),
    pid: process.pid,
    ...(await surroundings()),
    started: await startOf(process.pid),
    doing: doing.slice(0, 10_000),
  };
}

/** Parses the text of a lock file; null where it names no owner. */
export function readOwner(text: string): Owner | null {
  try {
    return OwnerSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * Whether the owner of a lock may still run. It counts as gone only with proof. In this namespace, on this
 * boot of this kernel: its process id is free or belongs to a process with another start time. Or this
 * machine, outside of any container, was booted again since. The state of any other owner is not known here.
 */
export async function ownerState(owner: Owner, here: Surroundings): Promise<OwnerState> {
  const { boot, namespace } = owner;
  if (owner.host !== here.host) return unknown(`it runs on ${owner.host}, and this host is ${here.host}`);
  // Other systems have no process namespaces and no boot id: host and process id must suffice.
  const sameKernel = namespace === 'none' || (boot !== null && boot === here.boot);
  if (sameKernel && namespace !== null && namespace === here.namespace)
    return (await isRunning(owner)) ? RUNS : GONE;
  if (sameKernel) return unknown('it runs in another container (process namespace)');
  const outside = isOutside(namespace) && isOutside(here.namespace);
  const same = owner.machine !== null && owner.machine === here.machine;
  if (outside && same && boot !== null && here.boot !== null) return GONE;
  return unknown('it was started on another boot of the kernel, here or on another machine');
}

const RUNS: OwnerState = { alive: true, why: null };
const GONE: OwnerState = { alive: false, why: null };

function unknown(why: string): OwnerState {
  return { alive: true, why };
}

function isOutside(namespace: string | null): boolean {
  return namespace?.startsWith(`${FIRST_NAMESPACE} `) === true;
}

async function isRunning({ pid, started }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if (hasCode(thrown, 'ESRCH')) return false;
  }
  // The process id may belong to another process now.
  const now = await startOf(pid);
  return started === null || now === null || started === now;
}

/** Start time of a process: field 22 of /proc/PID/stat on Linux; null elsewhere. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await trimmed(`/proc/${pid}/stat`);
  // The name in parentheses may itself contain spaces and parentheses.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

async function namespaces(): Promise<string | null> {
  if (process.platform !== 'linux') return 'none';
  try {
    const pid = await readlink('/proc/self/ns/pid');
    // Kernels before 5.6 have no time namespaces.
    const time = await readlink('/proc/self/ns/time').catch(() => 'time:none');
    return `${pid} ${time}`;
  } catch {
    return null;
  }
}

/** Hashed, because the id itself is confidential (machine-id(5)). */
async function machineId(): Promise<string | null> {
  const id = (await trimmed('/etc/machine-id')) ?? (await trimmed('/var/lib/dbus/machine-id'));
  return id === null ? null : createHash('sha256').update(`upsfw ${id}`).digest('hex').slice(0, 16);
}

async function trimmed(file: string): Promise<string | null> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}
