import { createHash } from 'node:crypto';
import * as snmp from 'net-snmp';
import type { SimulatedDevice } from '../device/device.ts';
import type { Face } from './face.ts';
import { openAgent } from './snmp-agent.ts';
import { MODULE_TABLE, moduleRows, objectValues, UPDATE_OBJECT } from './snmp-objects.ts';
import type { SetRequest, SnmpTree } from './snmp-tree.ts';

const START = 2;
const CLEAR = 1;

/** The agent of a simulated card, on an address; port 0 = a free one. */
export async function openSnmpFace(device: SimulatedDevice, address: string, port = 0): Promise<Face> {
  const answer = new NextAnswer();
  return openAgent({
    place: { address, port },
    access: device.persona.snmp,
    engineId: apcEngineId(device.cardSerial),
    hears: (_message, tree) => {
      if (!device.cardUp || (device.has('snmp-silent-during-update') && device.phase !== 'idle'))
        return false;
      device.counters.snmpReads += 1;
      refresh(tree, device, answer);
      return true;
    },
    answers: (bytes, _to, send) => {
      if (!answer.takeLoss()) send(bytes);
    },
  });
}

/** Enterprise 318 and a hardware address, which stays with the card (SNMP notes, d). */
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

/** Brings every object up to the device as it is now; they come and go with the application of the card. */
function refresh(tree: SnmpTree, device: SimulatedDevice, answer: NextAnswer): void {
  for (const [{ oid, type }, value] of objectValues(device)) {
    if (value === null) tree.drop(oid);
    else if (oid !== UPDATE_OBJECT) tree.put(oid, type, value);
    else tree.put(oid, type, value, (request) => onUpdateObject(request, device, answer));
  }
  refreshModules(tree, device);
}

function refreshModules(tree: SnmpTree, device: SimulatedDevice): void {
  const rows = moduleRows(device);
  for (const index of [1, 2, 3]) {
    const row = rows.find(([number]) => number === index);
    for (const column of [1, 2, 3, 4]) {
      const oid = `${MODULE_TABLE}.${column}.${index}`;
      const value = row?.[column - 1];
      if (value === undefined) tree.drop(oid);
      else tree.put(oid, column === 1 ? 'integer' : 'text', value);
    }
  }
}

/** A write comes twice, to try and to do; only the second one acts. */
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
  // Whether the unit takes the file shows in the object, not in the answer to the write.
  if (started === 'started' || started === 'refused') request.done();
  else request.done({ errorStatus: snmp.ErrorStatus.InconsistentValue });
}
