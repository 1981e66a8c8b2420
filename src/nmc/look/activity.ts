import { type Activity, type Look, type LookContext, sanitize, type UnitTarget } from '../../core/index.ts';
import { type NmcDeps, networkOf } from '../deps.ts';
import { lastUpdateIn } from './event-log.ts';
import { readEventLog } from './event-log-source.ts';
import { readObject, readTransfer } from './update-sources.ts';

/**
 * Asks whether an update runs or waits at a unit: its update object, `upsfwupdate -status` and its event log, as far as the
 * inventory allows each. Only reads; never throws for what the device does. A source that could not be asked proves nothing.
 */
export async function withActivity(
  tools: NmcDeps,
  target: UnitTarget,
  look: Look,
  context: LookContext,
  depth: 'all' | 'object',
): Promise<Look> {
  if (look.problem !== null) return { ...look, activity: 'unknown', activityNote: 'the unit did not answer' };
  const [activity, activityNote] = await readActivity(tools, target, look, context, depth);
  return { ...look, activity, activityNote };
}

async function readActivity(
  tools: NmcDeps,
  target: UnitTarget,
  { unit }: Look,
  context: LookContext,
  depth: 'all' | 'object',
): Promise<readonly [Activity, string]> {
  const session = { ...context, before: unit };
  const object = await readObject(tools, target, session);
  if (object === 'in-process' || object === 'requested')
    return ['updating', 'its update object says that an update is in process'];
  if (depth === 'object') return ['unknown', 'its command line and event log were not asked'];
  const transfer = await readTransfer(tools, target, session);
  // At 100 per cent the image is in the unit, and the log says what became of it.
  if (typeof transfer === 'number' && transfer < 100)
    return ['updating', `its command line shows a transfer at ${transfer} %`];
  // Such a card cannot update its UPS, so nobody can have started it there.
  if (object === 'not-offered' && transfer === 'not-offered')
    return ['idle', 'its card has no way to update it'];
  const hasLogin = networkOf(target).login !== null;
  const log = hasLogin ? await readEventLog(tools, { ...session, target }) : null;
  // An image that waits for its panel is in the log alone, once the card has restarted and its object says "none".
  if (log === null)
    return ['unknown', 'its event log could not be read, so an image that waits would not be seen'];
  const last = lastUpdateIn(log.lines);
  const line = sanitize(last.line ?? '', 120);
  if (last.state === 'transferring') return ['updating', `its event log says: ${line}`];
  if (last.state === 'received') return ['waiting', `its event log says: ${line}`];
  if (object === 'successful' && last.state !== 'over')
    return [
      'unknown',
      'its update object says "successful", and its event log does not show of which update',
    ];
  if (object === 'none' || object === 'failed' || object === 'successful')
    return ['idle', `its update object says "${object}", and its event log shows no update that waits`];
  if (transfer === 'none') return ['idle', 'its command line and its event log show no update'];
  return ['unknown', 'neither its update object nor its command line could be asked'];
}
