import { rethrowInternal, type UnitTarget } from '../../core/index.ts';
import { readUpdateState, type UpdateObjectState } from '../../snmp/index.ts';
import { type NmcDeps, networkOf, type SessionContext, shellOptions } from '../deps.ts';
import { CODE, PHRASES } from '../phrases.ts';
import { withShell } from '../session/shell.ts';

/** Where a card shows what becomes of an update: its update object, its command line. Both only read. */

/** The value of the update object; null where it could not be asked. */
export async function readObject(
  tools: NmcDeps,
  target: UnitTarget,
  { signal }: SessionContext,
): Promise<UpdateObjectState | null> {
  const network = networkOf(target);
  if (network.snmp === null) return null;
  try {
    const session = await tools.hub.open(network.snmp, { host: network.host, port: network.ports.snmp });
    try {
      return await readUpdateState(session);
    } finally {
      session.close();
    }
  } catch (thrown) {
    // Cards are silent while they work; the next round asks again, and the limit of the step ends it.
    signal.throwIfAborted();
    rethrowInternal(thrown);
    return null;
  }
}

/**
 * What the command line says of a transfer to the UPS: its progress in per cent; `none` where it answers and shows no transfer;
 * `not-offered` where the card has no such command; null where it could not be asked.
 */
export type Transfer = number | 'none' | 'not-offered' | null;

/** Asks the command line for a transfer to the UPS, over a login of its own. */
export async function readTransfer(
  tools: NmcDeps,
  target: UnitTarget,
  context: SessionContext,
): Promise<Transfer> {
  const network = networkOf(target);
  if (network.login === null) return null;
  try {
    return await withShell(shellOptions(tools, network, context), async (shell) => {
      const reply = await shell.run('upsfwupdate -status');
      if (reply.code === CODE.notFound) return 'not-offered';
      const percent = PHRASES.progress.exec(reply.lines.join('\n'))?.[3];
      // A running transfer is shown by its progress line; what a card says without one is not published. An error answer says nothing.
      if (percent === undefined) return saysNothingRuns(reply.code) ? 'none' : null;
      return Number(percent) <= 100 ? Number(percent) : null;
    });
  } catch (thrown) {
    context.signal.throwIfAborted();
    rethrowInternal(thrown);
    return null;
  }
}

/** An answer without a progress line that is an answer: success, or that there are no data. */
export function saysNothingRuns(code: string | null): boolean {
  return code === CODE.success || code === CODE.noData;
}
