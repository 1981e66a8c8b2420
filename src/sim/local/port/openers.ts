import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Whether a process outside of `own` and their sessions has a device open, as far as this user can see.
 * A serial line keeps no bytes for later readers, but a pseudo terminal does: check before sending unasked.
 */
export function openBeside(device: string, own: readonly number[]): boolean {
  return listed('/proc').some((pid) => /^\d+$/.test(pid) && hasOpen(pid, device) && isBeside(pid, own));
}

function hasOpen(pid: string, device: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return listed(folder).some((name) => {
    try {
      return readlinkSync(`${folder}/${name}`) === device;
    } catch {
      // Closed since it was listed.
      return false;
    }
  });
}

/** Whether a process exists, has not ended, and leads its session. */
export function leadsSession(pid: number): boolean {
  const found = statOf(String(pid));
  return found !== null && found.session === pid && found.state !== 'Z';
}

/** The processes that hold the device for the simulator are in its session; `stty` reads the line rate. */
function isBeside(pid: string, own: readonly number[]): boolean {
  const found = statOf(pid);
  if (found === null || found.program === 'stty') return false;
  return !own.includes(Number(pid)) && !own.includes(found.session);
}

/** The kernel's status of a process; null if it has ended. */
function statOf(
  pid: string,
): { readonly program: string; readonly state: string; readonly session: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [, program = '', state = '', session = ''] = /^\d+ \((.*)\) (\S) \d+ \d+ (\d+) /.exec(text) ?? [];
    return { program, state, session: Number(session) };
  } catch {
    return null;
  }
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Belongs to another user, or has ended.
    return [];
  }
}
