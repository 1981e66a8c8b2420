import { type Activity, type Look, type LookContext, sanitize, type UnitTarget } from '../../core/index.ts';
import { type NmcDeps, networkOf } from '../deps.ts';
import { lastUpdateIn } from './event-log.ts';
import { readEventLog } from './event-log-source.ts';
import { readTransfer, readUpdateObject } from './update-sources.ts';

/**
 * Whether an update runs or waits at a unit, by its update object, `upsfwupdate -status` and its event log,
 * as far as the inventory allows each. Only reads; never throws for what the device does. An unreadable
 * source proves nothing.
 */
export async function withActivity(
  deps: NmcDeps,
  target: UnitTarget,
  look: Look,
  context: LookContext,
  depth: 'all' | 'object',
): Promise<Look> {
  // A card loses its UPS during an update, and its own sources may show that.
  const isLost = look.problem?.code === 'device/lost-ups';
  if (look.problem !== null && !isLost)
    return { ...look, activity: 'unknown', activityNote: 'the unit did not answer' };
  const [activity, activityNote] = await readActivity(deps, target, look, context, depth);
  if (isLost && activity !== 'updating')
    return { ...look, activity: 'unknown', activityNote: 'its card has lost the link to it' };
  return { ...look, activity, activityNote };
}

async function readActivity(
  deps: NmcDeps,
  target: UnitTarget,
  { unit }: Look,
  context: LookContext,
  depth: 'all' | 'object',
): Promise<readonly [Activity, string]> {
  const session = { ...context, before: unit };
  const object = await readUpdateObject(deps, target, session);
  if (object === 'in-process' || object === 'requested')
    return ['updating', 'its update object says that an update is in process'];
  if (depth === 'object') return ['unknown', 'its command line and event log were not asked'];
  const transfer = await readTransfer(deps, target, session);
  // At 100 percent the image is in the unit, and the log shows what happened next.
  if (typeof transfer === 'number' && transfer < 100)
    return ['updating', `its command line shows a transfer at ${transfer} %`];
  // Such a card cannot update its UPS, so nobody can have started an update there.
  if (object === 'not-offered' && transfer === 'not-offered')
    return ['idle', 'its card has no way to update it'];
  const hasLogin = networkOf(target).login !== null;
  const log = hasLogin ? await readEventLog(deps, { ...session, target }) : null;
  // After a restart of the card its object shows "none", and only the log shows an image that waits to be
  // installed.
  if (log === null)
    return ['unknown', 'its event log could not be read, so an image that waits would not be seen'];
  const last = lastUpdateIn(log.lines);
  const line = sanitize(last.line ?? '', 120);
  if (last.state === 'transferring') return ['updating', `its event log says: ${line}`];
  if (last.state === 'received') return ['waiting', `its event log says: ${line}`];
  if (object === 'successful' && last.state !== 'over')
    return [
      'unknown',
      'its update object says "successful", and its event log does not show for which update',
    ];
  if (object === 'none' || object === 'failed' || object === 'successful')
    return ['idle', `its update object says "${object}", and its event log shows no update that waits`];
  if (transfer === 'none') return ['idle', 'its command line and its event log show no update'];
  return ['unknown', 'neither its update object nor its command line could be asked'];
}
