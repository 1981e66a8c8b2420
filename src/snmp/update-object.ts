import { OID } from './client/oids.ts';
import type { SetOutcome, SnmpSession } from './client/session.ts';
import { numberOf } from './client/values.ts';

/**
 * Values of upsAdvControlFirmwareUpdate. `not-offered`: the card has no such object.
 * Source: docs/sources/snmp.md#update-object
 */
export type UpdateObjectState =
  | 'not-offered'
  | 'none'
  | 'requested'
  | 'in-process'
  | 'successful'
  | 'failed'
  | 'garbage';

const STATES: Readonly<Record<number, UpdateObjectState>> = {
  1: 'none',
  2: 'requested',
  3: 'in-process',
  4: 'successful',
  5: 'failed',
};

const CLEAR = 1;
const START = 2;

/** Reads the state or the last result of an update. Throws Problem link/*. */
export async function readUpdateState(session: SnmpSession): Promise<UpdateObjectState> {
  const answers = await session.get([OID.firmwareUpdate]);
  if (answers.get(OID.firmwareUpdate) === null) return 'not-offered';
  return STATES[numberOf(answers, OID.firmwareUpdate) ?? -1] ?? 'garbage';
}

/**
 * Requests the update with the image on the card. Sent once, never repeated; `mayLeave` is called right
 * before.
 */
export function requestUpdate(
  session: SnmpSession,
  mayLeave: () => boolean = () => true,
): Promise<SetOutcome> {
  return session.setInteger(OID.firmwareUpdate, START, mayLeave);
}

/** Clears the result of an earlier update; starts nothing. */
export function clearUpdateResult(session: SnmpSession): Promise<SetOutcome> {
  return session.setInteger(OID.firmwareUpdate, CLEAR);
}
