import * as snmp from 'net-snmp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIMULATED_MARK } from '../../src/core/index.ts';
import { ACCESS } from '../../src/sim/access.ts';
import { type RunningOtherDevice, type SimulatedFleet, startFleet } from '../../src/sim/index.ts';
import { loadOtherDevices, OTHER_DEVICES, type OtherDeviceName } from '../../src/sim/other-devices.ts';
import { type RawOptions, type RawSnmp, rawSnmp } from '../support/peers/raw-snmp.ts';

const SYS_CONTACT = '1.3.6.1.2.1.1.4.0';
const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const MODEL = '1.3.6.1.4.1.318.1.1.1.1.1.1.0';

let fleet: SimulatedFleet;
const clients: RawSnmp[] = [];

beforeAll(async () => {
  fleet = await startFleet({ units: [], otherDevices: OTHER_DEVICES, speed: 1, snmpPort: 'free' });
});
afterAll(async () => {
  for (const client of clients) client.close();
  await fleet.close();
});

function running(name: OtherDeviceName): RunningOtherDevice {
  const found = fleet.otherDevices.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} does not run`);
  return found;
}

function ask(name: OtherDeviceName, version?: RawOptions['version']): RawSnmp {
  const { address, port, snmp } = running(name);
  const client = rawSnmp(port, ACCESS.read, { address, version: version ?? snmp });
  clients.push(client);
  return client;
}

describe.each(OTHER_DEVICES)('%s', (name) => {
  it('answers for every object of its file, and is marked as simulated', async () => {
    const { objects, kind } = (await loadOtherDevices())[name];
    const client = ask(name);
    for (const [oid, [type, value]] of Object.entries(objects)) {
      const expected = type === 'hex' ? Buffer.from(value, 'hex').toString() : value;
      expect(await client.get(oid), oid).toBe(expected);
    }
    expect(await client.get(SYS_CONTACT)).toBe(SIMULATED_MARK);
    expect(await client.get(SYS_NAME)).toBe(name);
    expect(running(name).kind).toBe(kind);
  });
});

describe('another device', () => {
  it('has only its own objects, and refuses writes', async () => {
    expect(await ask('rack-pdu-nmc2').get(MODEL)).toBeNull();
    const { address, port } = running('rack-pdu-nmc2');
    const writer = rawSnmp(port, ACCESS.write, { address });
    clients.push(writer);
    expect(await writer.set('1.3.6.1.4.1.318.1.1.26.2.1.1.1', 2)).toBe('refused');
  });

  it('answers only its own versions', async () => {
    expect(await ask('masterswitch', 'v1').get(SYS_NAME)).toBe('masterswitch');
    expect(await ask('masterswitch', 'v2c').get(SYS_NAME)).toBe('silent');
    expect(await ask('symmetra', 'v1').get(SYS_NAME)).toBe('symmetra');
    expect(await ask('switch', 'v2c').get(SYS_NAME)).toBe('silent');
    expect(await ask('switch', 'v3').get(SYS_NAME)).toBe('switch');
  });

  it('fails a whole version 1 request because of one missing object', async () => {
    const { address, port } = running('masterswitch');
    const session = snmp.createSession(address, ACCESS.read, { port, version: snmp.Version1, retries: 0 });
    try {
      const failure = await new Promise((resolve) => {
        session.get([SYS_NAME, MODEL], (error) => resolve(error));
      });
      expect(failure).toMatchObject({ name: 'RequestFailedError', status: snmp.ErrorStatus.NoSuchName });
    } finally {
      session.close();
    }
  });
});
