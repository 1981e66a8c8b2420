import { createHash } from 'node:crypto';
import * as snmp from 'net-snmp';
import type { SimulatedDevice } from '../../device/device.ts';
import type { Endpoint } from '../endpoint.ts';
import { openAgent } from './agent.ts';
import { OBJECTS, UPDATE_OBJECT, valueNow } from './objects.ts';
import type { SetRequest, SnmpTree } from './tree.ts';

const START = 2;
const CLEAR = 1;

/** Starts the agent of a simulated card at an address; port 0: any free one. */
export async function openSnmpEndpoint(
  device: SimulatedDevice,
  address: string,
  port = 0,
): Promise<Endpoint> {
  const answer = new NextAnswer();
  const agent = await openAgent({
    place: { address, port },
    access: device.persona.snmp,
    engineId: apcEngineId(device.cardSerial),
    accepts: () => {
      if (!device.cardUp || (device.has('snmp-silent-during-update') && device.phase !== 'idle'))
        return false;
      device.counters.snmpReads += 1;
      return true;
    },
    transmit: (bytes, _to, send) => {
      if (!answer.takeLoss()) send(bytes);
    },
  });
  fill(agent.tree, device, answer);
  return agent;
}

/**
 * Enterprise 318 and a hardware address that stays with the card.
 * Source: docs/sources/snmp.md#agent-behaviour
 */
function apcEngineId(cardSerial: string): string {
  return `8000013e0300c0b7${createHash('sha256').update(cardSerial).digest('hex').slice(0, 6)}`;
}

/** Whether the next answer gets lost. */
class NextAnswer {
  #lost = false;

  lose(): void {
    this.#lost = true;
  }

  takeLoss(): boolean {
    const lost = this.#lost;
    this.#lost = false;
    return lost;
  }
}

/**
 * Every object is read from the device on request; the objects come and go with the application of the card.
 */
function fill(tree: SnmpTree, device: SimulatedDevice, answer: NextAnswer): void {
  for (const object of OBJECTS) {
    const read = (): string | number | null => valueNow(object, device);
    if (object.oid !== UPDATE_OBJECT) tree.put(object.oid, object.type, read);
    else tree.put(object.oid, object.type, read, (request) => onUpdateObject(request, device, answer));
  }
}

/** A write arrives twice: to test and to commit. Only the second acts. */
function onUpdateObject(request: SetRequest, device: SimulatedDevice, answer: NextAnswer): void {
  if (request.operation !== snmp.PduType.SetRequest) {
    request.done();
    return;
  }
  const value = Number(request.setValue);
  if (request.testSet === true) {
    if (device.has('set-lost') && value === START) {
      answer.lose();
      request.done({ errorStatus: snmp.ErrorStatus.GeneralError });
      return;
    }
    if (device.has('set-refused') || (value !== START && value !== CLEAR)) {
      if (value === START) device.counters.starts += 1;
      request.done({ errorStatus: snmp.ErrorStatus.BadValue });
      return;
    }
    request.done();
    return;
  }
  device.counters.snmpWrites += 1;
  if (value === CLEAR) {
    if (device.phase === 'idle') device.update = 1;
    request.done();
    return;
  }
  if (device.has('set-answer-lost')) answer.lose();
  const started = device.start(null);
  // Whether the unit accepts the file shows in the object, not in the answer to the write.
  if (started === 'started' || started === 'refused') request.done();
  else request.done({ errorStatus: snmp.ErrorStatus.InconsistentValue });
}
