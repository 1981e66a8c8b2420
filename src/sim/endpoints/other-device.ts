import { createHash } from 'node:crypto';
import { SIMULATED_MARK } from '../../core/index.ts';
import type { OtherDevice } from '../other-devices.ts';
import type { Endpoint } from './endpoint.ts';
import { openAgent } from './snmp/agent.ts';
import type { Place } from './snmp/wire.ts';

const OBJECT_ID = '1.3.6.1.2.1.1.2.0';
const UPTIME = '1.3.6.1.2.1.1.3.0';
const CONTACT = '1.3.6.1.2.1.1.4.0';
const NAME = '1.3.6.1.2.1.1.5.0';

/** Version numbers in a message. */
const VERSIONS: Readonly<Record<OtherDevice['snmp'], readonly number[]>> = { v1: [0], v2c: [0, 1], v3: [3] };

/** Net-snmp's own number, for agents outside the enterprise tree. */
const NO_ENTERPRISE = 8072;

/** Starts the agent of another device; only its uptime changes. */
export async function openOtherDevice(name: string, device: OtherDevice, place: Place): Promise<Endpoint> {
  const begun = Date.now();
  const agent = await openAgent({
    place,
    access: device.snmp,
    engineId: engineIdOf(name, device),
    accepts: (message) => VERSIONS[device.snmp].includes(versionOf(message) ?? -1),
  });
  const { tree } = agent;
  tree.put(NAME, 'text', name);
  for (const [oid, [type, value]] of Object.entries(device.objects)) tree.put(oid, type, value);
  tree.put(UPTIME, 'ticks', () => Math.floor((Date.now() - begun) / 10));
  // Last, so that no data can replace the mark.
  tree.put(CONTACT, 'text', SIMULATED_MARK);
  return agent;
}

/** The version of a message; null if it does not start like one. */
function versionOf(message: Buffer): number | null {
  const length = message[1] ?? 0;
  const start = 2 + (length > 0x80 ? length - 0x80 : 0);
  const isMessage = message[0] === 0x30 && message[start] === 0x02 && message[start + 1] === 1;
  return isMessage ? (message[start + 2] ?? null) : null;
}

/** The enterprise of the device and a hardware address. */
function engineIdOf(name: string, { objects }: OtherDevice): string {
  const [, objectId] = objects[OBJECT_ID] ?? [];
  const enterprise = /^1\.3\.6\.1\.4\.1\.(\d+)/.exec(String(objectId))?.[1] ?? NO_ENTERPRISE;
  const address = `02${createHash('sha256').update(name).digest('hex').slice(0, 10)}`;
  return `${(0x80000000 + Number(enterprise)).toString(16)}03${address}`;
}
