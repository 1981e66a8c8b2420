import { readFile } from 'node:fs/promises';
import * as snmp from 'net-snmp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIMULATED_MARK } from '../../src/core/index.ts';
import { ACCESS } from '../../src/sim/access.ts';
import { STORM } from '../../src/sim/endpoints/hostile.ts';
import { PDU, readRequest } from '../../src/sim/endpoints/snmp/forged.ts';
import {
  HOSTILE,
  type Hostile,
  OTHER_DEVICES,
  type SimulatedFleet,
  startFleet,
} from '../../src/sim/index.ts';
import { lengthOf, repliesTo, requestBytes, requestIdOf } from '../support/peers/raw-datagrams.ts';
import { rawSnmp } from '../support/peers/raw-snmp.ts';

const P = '1.3.6.1.4.1.318.1.1.1';
const SYS_DESCR = '1.3.6.1.2.1.1.1.0';
const SYS_OBJECT_ID = '1.3.6.1.2.1.1.2.0';
const SYS_CONTACT = '1.3.6.1.2.1.1.4.0';
const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const MODEL = `${P}.1.1.1.0`;
const STATUS = `${P}.4.1.1.0`;
const ABSENT = `${P}.6.2.9.0`;

const NAMES = Object.keys(HOSTILE).filter((name): name is Hostile => Object.hasOwn(HOSTILE, name));

let fleet: SimulatedFleet;
beforeAll(async () => {
  fleet = await startFleet({ units: [], hostile: NAMES, speed: 1, snmpPort: 'free' });
});
afterAll(() => fleet.close());

function placeOf(name: Hostile): { readonly address: string; readonly port: number } {
  const found = fleet.hostile.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} does not run`);
  return found;
}

type Got = readonly snmp.Varbind[] | { readonly status: unknown };

/** The result for a client: values, or the error of the agent. */
async function get(name: Hostile, oids: readonly string[]): Promise<Got> {
  const { address, port } = placeOf(name);
  const session = snmp.createSession(address, ACCESS.read, { port, version: snmp.Version2c, retries: 0 });
  try {
    return await new Promise<Got>((resolve, reject) => {
      session.get([...oids], (error, varbinds) => {
        if (error !== null && 'status' in error) resolve({ status: error.status });
        else if (error !== null) reject(error);
        else resolve(varbinds ?? []);
      });
    });
  } finally {
    session.close();
  }
}

async function varbindsOf(name: Hostile, oids: readonly string[]): Promise<readonly snmp.Varbind[]> {
  const got = await get(name, oids);
  if ('status' in got) throw new Error(`${name} answered with error ${got.status}`);
  return got;
}

async function textsOf(name: Hostile, oids: readonly string[]): Promise<readonly string[]> {
  return (await varbindsOf(name, oids)).map(({ value }) => String(value));
}

/** Whether a correct client gets no answer from the agent. */
async function isSilent(name: Hostile, oid = SYS_NAME): Promise<boolean> {
  const { address, port } = placeOf(name);
  const client = rawSnmp(port, ACCESS.read, { address });
  try {
    return (await client.get(oid)) === 'silent';
  } finally {
    client.close();
  }
}

describe('an agent that', () => {
  it('answers from another address', async () => {
    const place = placeOf('other-address');
    const [reply] = await repliesTo(place, await requestBytes([MODEL]), 1);
    expect(reply?.from).toMatch(/^127\.254\./);
    expect(reply?.from).not.toBe(place.address);
    expect(reply?.bytes.toString('latin1')).toContain('Smart-UPS 1500');
  });

  it('cuts its answers in half', async () => {
    const [reply] = await repliesTo(placeOf('truncated'), await requestBytes([SYS_DESCR]), 1);
    const bytes = reply?.bytes ?? Buffer.alloc(0);
    expect(bytes[0]).toBe(0x30);
    expect(bytes.length).toBe(lengthOf(bytes) >> 1);
  });

  it('answers with random bytes', async () => {
    const request = await requestBytes([SYS_DESCR]);
    const replies = [];
    for (let time = 0; time < 2; time += 1)
      replies.push(...(await repliesTo(placeOf('random-bytes'), request, 1)));
    const [first, second] = replies;
    expect(first?.bytes.length).toBe(second?.bytes.length);
    expect(first?.bytes.equals(second?.bytes ?? Buffer.alloc(0))).toBe(false);
    expect(first?.bytes.toString('latin1')).not.toContain('AP9631');
  });

  it('answers a thousand times', async () => {
    const replies = await repliesTo(placeOf('reply-storm'), await requestBytes([MODEL]), STORM);
    expect(replies).toHaveLength(1000);
    for (const { bytes } of replies) expect(bytes.toString('latin1')).toContain('Smart-UPS 1500');
  });

  it('fills a datagram with one text, while an ordinary request still gets its other values', async () => {
    const oids = [SYS_DESCR, SYS_OBJECT_ID, SYS_CONTACT, SYS_NAME, MODEL, STATUS, ABSENT];
    const [descr = '', , contact] = await textsOf('huge-text', oids);
    expect(descr.length).toBeGreaterThan(60_000);
    expect(contact).toBe(SIMULATED_MARK);
  });

  it('has escapes in its texts', async () => {
    for (const text of await textsOf('escapes', [SYS_DESCR, SYS_NAME, MODEL])) {
      for (const mark of ['\u001b[2J', '\u001b]0;', '\r\n', '\u202e', '\u0000']) expect(text).toContain(mark);
    }
    expect(await textsOf('escapes', [SYS_CONTACT])).toEqual([SIMULATED_MARK]);
  });

  it('has a value of a wrong type for everything', async () => {
    const { OctetString, Integer, OID } = snmp.ObjectType;
    const right = [OctetString, OID, OctetString, OctetString, OctetString, Integer];
    const oids = [SYS_DESCR, SYS_OBJECT_ID, SYS_CONTACT, SYS_NAME, MODEL, STATUS];
    const varbinds = await varbindsOf('garbage', oids);
    expect(varbinds).toHaveLength(oids.length);
    for (const [index, varbind] of varbinds.entries()) {
      expect(snmp.isVarbindError(varbind)).toBe(false);
      expect(varbind.type).not.toBe(right[index]);
    }
    const [absent] = await varbindsOf('garbage', [ABSENT]);
    expect(absent !== undefined && !snmp.isVarbindError(absent)).toBe(true);
  });

  it('accepts at most three objects', async () => {
    expect(await textsOf('too-big', [SYS_NAME, MODEL, STATUS])).toEqual(['too-big', 'Smart-UPS 1500', '2']);
    expect(await get('too-big', [SYS_NAME, MODEL, STATUS, SYS_DESCR])).toEqual({
      status: snmp.ErrorStatus.TooBig,
    });
  });

  it('answers only what is as short as its first request', async () => {
    const first = [SYS_NAME];
    expect(await textsOf('silent-after-first', first)).toEqual(['silent-after-first']);
    expect(await textsOf('silent-after-first', first)).toEqual(['silent-after-first']);
    expect(await isSilent('silent-after-first', MODEL)).toBe(true);
  });

  it('answers with another ID', async () => {
    const request = await requestBytes([MODEL]);
    const [reply] = await repliesTo(placeOf('wrong-id'), request, 1);
    expect(reply?.bytes.toString('latin1')).toContain('Smart-UPS 1500');
    expect(requestIdOf(reply?.bytes ?? request)).toBe(requestIdOf(request) + 1);
    expect(await isSilent('wrong-id')).toBe(true);
  });

  it('answers with an authenticated version 3 message', async () => {
    const request = await requestBytes([MODEL]);
    const [reply] = await repliesTo(placeOf('other-version'), request, 1);
    expect(readRequest(reply?.bytes ?? request)).toMatchObject({
      version: 3,
      level: 1,
      id: requestIdOf(request),
      pdu: PDU.report,
    });
  });
});

describe('docs/simulator.md', () => {
  it('lists every other device and every hostile agent', async () => {
    const text = await readFile(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
    const named = (heading: string): string[] => {
      const [section = ''] = (text.split(`\n## ${heading}\n`)[1] ?? '').split(/\n## /);
      return [...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, name]) => name ?? '');
    };
    expect(named('Other devices')).toEqual([...OTHER_DEVICES]);
    expect(named('Hostile agents')).toEqual(NAMES);
  });
});
