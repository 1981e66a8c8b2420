import { rethrowInternal, type UnitTarget } from '../../core/index.ts';
import { readUpdateState, type UpdateObjectState } from '../../snmp/index.ts';
import { type NmcDeps, networkOf, type SessionContext, shellOptions } from '../deps.ts';
import { CODE, PHRASES } from '../phrases.ts';
import { withShell } from '../session/shell.ts';

/**
 * Sources on a card that show an update: the update object and the command line. Both functions only read.
 */

/** The value of the update object; null if it could not be read. */
export async function readUpdateObject(
  deps: NmcDeps,
  target: UnitTarget,
  { signal }: SessionContext,
): Promise<UpdateObjectState | null> {
  const network = networkOf(target);
  if (network.snmp === null) return null;
  try {
    const session = await deps.hub.open(network.snmp, { host: network.host, port: network.ports.snmp });
    try {
      return await readUpdateState(session);
    } finally {
      session.close();
    }
  } catch (thrown) {
    // Cards are silent while they work. The next round asks again, and the limit of the step ends the wait.
    signal.throwIfAborted();
    rethrowInternal(thrown);
    return null;
  }
}

/**
 * A transfer to the UPS as the command line shows it: its progress in percent; `none` if the card shows no
 * transfer; `not-offered` if it has no such command; null if it could not be asked.
 */
export type Transfer = number | 'none' | 'not-offered' | null;

/** Asks the command line about a transfer to the UPS, with a login of its own. */
export async function readTransfer(
  deps: NmcDeps,
  target: UnitTarget,
  context: SessionContext,
): Promise<Transfer> {
  const network = networkOf(target);
  if (network.login === null) return null;
  try {
    return await withShell(shellOptions(deps, network, context), async (shell) => {
      const reply = await shell.run('upsfwupdate -status');
      if (reply.code === CODE.notFound) return 'not-offered';
      const percent = PHRASES.progress.exec(reply.lines.join('\n'))?.[3];
      // A transfer shows a progress line. What a card prints without one is not published, and an error
      // proves nothing.
      if (percent === undefined) return reportsNoTransfer(reply.code) ? 'none' : null;
      return Number(percent) <= 100 ? Number(percent) : null;
    });
  } catch (thrown) {
    context.signal.throwIfAborted();
    rethrowInternal(thrown);
    return null;
  }
}

/** An answer without a progress line that still counts: success, or no data. */
export function reportsNoTransfer(code: string | null): boolean {
  return code === CODE.success || code === CODE.noData;
}
