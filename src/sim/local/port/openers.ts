import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Whether any process has a device open that is not one of `own` or of their sessions, as far as this user may see. A serial line
 * keeps nothing for those who come later, and a pseudo terminal would: so who sends unasked looks first.
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

/** Whether a process is there, has not ended, and is the first of its session. */
export function leadsSession(pid: number): boolean {
  const found = statOf(String(pid));
  return found !== null && found.session === pid && found.state !== 'Z';
}

/** The processes that hold the device for us are of its session; `stty` asks for the line rate. */
function isBeside(pid: string, own: readonly number[]): boolean {
  const found = statOf(pid);
  if (found === null || found.program === 'stty') return false;
  return !own.includes(Number(pid)) && !own.includes(found.session);
}

/** What the kernel says of a process; null where it has ended. */
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
    // Of another user, or ended.
    return [];
  }
}
