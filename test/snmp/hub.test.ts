import dgram, { type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import {
  createSnmpHub,
  lookBySnmp,
  readUpdateState,
  requestUpdate,
  type SnmpHub,
} from '../../src/snmp/index.ts';

const access = { version: '2c', community: new Secret('public') } as const;
const sockets: Socket[] = [];
let hub: SnmpHub;
afterEach(async () => {
  await hub.close();
  for (const socket of sockets.splice(0)) socket.close();
});

/** A UDP peer that answers each datagram as the test defines. */
async function peer(
  answer: (message: Buffer, from: dgram.RemoteInfo, socket: Socket) => void,
  address = '127.0.0.1',
): Promise<number> {
  const socket = dgram.createSocket('udp4');
  sockets.push(socket);
  socket.on('message', (message, from) => answer(message, from, socket));
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket.address().port;
}

/** Turns a GET or SET request into its answer: tag A2, and an integer or text for the value at the end. */
function answerTo(request: Buffer, value: Buffer): Buffer {
  // The last varbind of our one-object requests ends the packet: OID, then NULL (05 00) or INTEGER (02 01
  // xx).
  const isGet = request.at(-2) === 0x05;
  const body = Buffer.concat([request.subarray(0, isGet ? -2 : -3), value]);
  const grown = value.length - (isGet ? 2 : 3);
  const bytes = Buffer.from(body);
  let at = 0;
  const grow = (offset: number): void => {
    bytes[offset] = (bytes[offset] ?? 0) + grown;
  };
  grow(1); // message
  at = 2 + 3; // version
  at += 2 + (bytes[at + 1] ?? 0); // community
  bytes[at] = 0xa2;
  grow(at + 1); // pdu
  at += 2;
  at += 2 + (bytes[at + 1] ?? 0); // request id
  at += 6; // error status and index
  grow(at + 1); // varbinds
  grow(at + 3); // varbind
  return bytes;
}

const INTEGER = (value: number): Buffer => Buffer.from([0x02, 0x01, value]);
const quick = {
  clock: systemClock,
  timeoutMs: 300,
  retries: 0,
};
const context = { clock: systemClock, signal: new AbortController().signal };

describe('the shared socket', () => {
  it('accepts an answer from the address that was asked', async () => {
    hub = createSnmpHub(quick);
    const port = await peer((message, from, socket) =>
      socket.send(answerTo(message, INTEGER(3)), from.port, from.address),
    );
    const session = await hub.open(access, { host: '127.0.0.1', port });
    expect(await readUpdateState(session)).toBe('in-process');
    session.close();
    expect(hub.foreignAnswers).toBe(0);
  });

  it('accepts none from another address or port, and counts it', async () => {
    hub = createSnmpHub(quick);
    const stranger = dgram.createSocket('udp4');
    sockets.push(stranger);
    stranger.bind(0, '127.0.0.9');
    await once(stranger, 'listening');
    const port = await peer((message, from) =>
      stranger.send(answerTo(message, INTEGER(4)), from.port, from.address),
    );
    const session = await hub.open(access, { host: '127.0.0.1', port });
    await expect(readUpdateState(session)).rejects.toMatchObject({ code: 'link/silent' });
    session.close();
    expect(hub.foreignAnswers).toBe(1);
  });

  it('survives garbage, truncated and oversized datagrams', async () => {
    const answers = [
      Buffer.from([0x30]),
      Buffer.alloc(0),
      Buffer.alloc(60_000, 0x30),
      Buffer.from('hello'),
      Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
    ];
    for (const answer of answers) {
      hub = createSnmpHub(quick);
      const port = await peer((_message, from, socket) => socket.send(answer, from.port, from.address));
      const seen = await lookBySnmp(
        hub,
        { site: 's', name: 'n', host: '127.0.0.1', port, snmp: access },
        context,
      );
      expect(seen.problem?.code).toMatch(/^(?:link\/silent|device\/garbage)$/);
      expect(seen.unit.reachable).toBe(false);
      await hub.close();
    }
    hub = createSnmpHub(quick);
  });

  it('keeps two sessions to one address separate', async () => {
    hub = createSnmpHub(quick);
    const port = await peer((message, from, socket) =>
      socket.send(answerTo(message, INTEGER(5)), from.port, from.address),
    );
    const [one, two] = await Promise.all([
      hub.open(access, { host: '127.0.0.1', port }),
      hub.open(access, { host: '127.0.0.1', port }),
    ]);
    expect(await Promise.all([readUpdateState(one), readUpdateState(two)])).toEqual(['failed', 'failed']);
    one.close();
    expect(await readUpdateState(two)).toBe('failed');
    two.close();
  });

  it('reports a name without an address', async () => {
    hub = createSnmpHub(quick);
    await expect(hub.open(access, { host: 'no-such-host.invalid', port: 161 })).rejects.toMatchObject({
      code: 'link/dns',
    });
  });
});

describe('a write', () => {
  it('is sent once, and is uncertain without an answer', async () => {
    hub = createSnmpHub({ clock: systemClock, timeoutMs: 200, retries: 3 });
    let received = 0;
    const port = await peer(() => {
      received += 1;
    });
    const session = await hub.open(access, { host: '127.0.0.1', port });
    expect(await requestUpdate(session)).toMatchObject({
      state: 'uncertain',
      problem: { code: 'link/silent' },
    });
    session.close();
    expect(received).toBe(1);
  });

  it('that is answered is accepted', async () => {
    hub = createSnmpHub(quick);
    const port = await peer((message, from, socket) =>
      socket.send(answerTo(message, INTEGER(2)), from.port, from.address),
    );
    const session = await hub.open(access, { host: '127.0.0.1', port });
    expect(await requestUpdate(session)).toEqual({ state: 'accepted' });
    session.close();
  });

  it.each([
    [17, 'refused'],
    [4, 'refused'],
    [5, 'uncertain'],
    [14, 'uncertain'],
  ])('that is answered with error status %i is %s', async (status, state) => {
    hub = createSnmpHub(quick);
    const port = await peer((message, from, socket) => {
      const bytes = answerTo(message, INTEGER(2));
      let at = 5;
      at += 2 + (bytes[at + 1] ?? 0) + 2;
      at += 2 + (bytes[at + 1] ?? 0);
      bytes[at + 2] = status;
      socket.send(bytes, from.port, from.address);
    });
    const session = await hub.open(access, { host: '127.0.0.1', port });
    expect(await requestUpdate(session)).toMatchObject({ state });
    session.close();
  });
});
