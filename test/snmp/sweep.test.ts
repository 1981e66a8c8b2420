import dgram, { type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { readRequest } from '../../src/sim/index.ts';
import { engineProbe, probeFor } from '../../src/snmp/client/probe.ts';
import { diagnoseSilence } from '../../src/snmp/client/silence.ts';
import { listAddresses, readRanges } from '../../src/snmp/index.ts';
import type { SweepOptions, SweepResult } from '../../src/snmp/sweep/options.ts';
import { sweep } from '../../src/snmp/sweep/sweep.ts';
import { discovered } from '../support/peers/raw-peer.ts';

const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    socket.close();
    await once(socket, 'close');
  }
});

/** A socket at a loopback address that handles questions as the test defines. */
async function listen(
  address: string,
  port: number,
  act: (question: Buffer, answer: (bytes: Buffer) => void, count: number) => void,
): Promise<Socket> {
  const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
  sockets.push(socket);
  let count = 0;
  socket.on('message', (question, from) => {
    count += 1;
    act(question, (bytes) => socket.send(bytes, from.port, from.address), count);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
}

const community = (word: string, version: '1' | '2c' = '2c') =>
  ({ version, community: new Secret(word) }) as const;
const holds = (question: Buffer, word: string): boolean =>
  question.includes(Buffer.from(`${String.fromCharCode(4, word.length)}${word}`));

/** A well-formed answer to a question of a sweep. */
function answerTo(question: Buffer): Buffer {
  const answer = Buffer.from(question);
  answer[answer.indexOf(Buffer.from([0xa0]))] = 0xa2;
  return answer;
}

interface Heard {
  readonly answers: readonly (readonly [string, number | null])[];
  readonly result: SweepResult;
}

async function run(
  port: number,
  ranges: readonly string[],
  options: Partial<SweepOptions> = {},
): Promise<Heard> {
  const answers: (readonly [string, number | null])[] = [];
  const result = await sweep({
    addresses: listAddresses(readRanges(ranges).spans, []),
    port,
    probes: [{ ...probeFor(community('public')), last: true }],
    rate: 'max',
    waitMs: 150,
    retries: 1,
    clock: systemClock,
    signal: new AbortController().signal,
    onAnswer: (address, probe) => answers.push([address, probe]),
    onSent: () => undefined,
    ...options,
  });
  return { answers, result };
}

describe('a sweep', () => {
  it('counts what a system without the address family drops, and asks the other family', async () => {
    const port = 20_161;
    await listen('127.0.0.1', port, (question, answer) => answer(answerTo(question)));
    const { answers, result } = await run(port, ['2001:db8::/126', '127.0.0.1'], {
      createSocket: (options) => {
        const socket = dgram.createSocket(options);
        if (options.type === 'udp6')
          socket.bind = () => {
            const error = Object.assign(new Error('bind EAFNOSUPPORT'), { code: 'EAFNOSUPPORT' });
            setImmediate(() => socket.emit('error', error));
            return socket;
          };
        return socket;
      },
    });
    expect(answers).toEqual([['127.0.0.1', 0]]);
    expect([...result.unsent]).toEqual([['EAFNOSUPPORT', { count: 4, example: expect.any(String) }]]);
  });

  it('finds the few that answer, and asks the silent ones once more', async () => {
    const counts: number[] = [];
    const first = await listen('127.61.0.9', 0, (question, answer) => answer(question));
    const { port } = first.address();
    // The first question to this one is lost.
    await listen('127.61.3.200', port, (question, answer, count) => {
      counts.push(count);
      if (count === 2) answer(question);
    });
    const { answers, result } = await run(port, ['127.61.0.0/22']);
    expect(answers).toEqual([
      ['127.61.0.9', 0],
      ['127.61.3.200', 0],
    ]);
    expect(counts).toEqual([1, 2]);
    expect(result).toEqual({
      asked: 1022,
      foreign: { count: 0, answers: [] },
      unsent: new Map(),
      lost: null,
    });
  });

  it('asks with one credential after the other, and never again after an answer', async () => {
    const seen: string[] = [];
    const note = (who: string, question: Buffer): void => {
      seen.push(`${who} ${holds(question, 'one') ? 'one' : holds(question, 'two') ? 'two' : 'engine'}`);
    };
    const first = await listen('127.61.4.1', 0, (question, answer) => {
      note('a', question);
      if (holds(question, 'one')) answer(question);
    });
    const { port } = first.address();
    await listen('127.61.4.2', port, (question, answer) => {
      note('b', question);
      // It answers version 3 from any host, and version 2c with the community `two`.
      if (!holds(question, 'one')) answer(question);
    });
    const { answers } = await run(port, ['127.61.4.1-3'], {
      retries: 0,
      probes: [
        { ...probeFor(community('one')), last: true },
        { ...engineProbe(), last: false },
        { ...probeFor(community('two')), last: true },
      ],
    });
    expect(answers).toEqual([
      ['127.61.4.1', 0],
      ['127.61.4.2', 1],
      ['127.61.4.2', 2],
    ]);
    expect(seen.sort()).toEqual(['a one', 'b engine', 'b one', 'b two']);
  });

  it('assigns a late answer to the question that it repeats', async () => {
    let kept: Buffer | null = null;
    const slow = await listen('127.61.5.1', 0, (question, answer) => {
      if (kept === null) kept = Buffer.from(question);
      else answer(kept);
    });
    const { answers } = await run(slow.address().port, ['127.61.5.1'], {
      retries: 0,
      probes: [
        { ...probeFor(community('one')), last: true },
        { ...probeFor(community('two')), last: true },
      ],
    });
    expect(answers).toEqual([['127.61.5.1', 0]]);
  });

  it('survives a storm of datagrams, valid or not', async () => {
    const storm = await listen('127.61.6.1', 0, (question, answer) => {
      for (let copy = 0; copy < 500; copy += 1) answer(question);
    });
    const { port } = storm.address();
    await listen('127.61.6.2', port, (_question, answer) => {
      answer(Buffer.alloc(0));
      answer(Buffer.from([0x30]));
      answer(Buffer.from('HTTP/1.1 400 Bad Request'));
      answer(Buffer.alloc(60_000, 0x30));
    });
    const { answers, result } = await run(port, ['127.61.6.1-9'], { waitMs: 1000 });
    expect(answers.filter(([, probe]) => probe !== null)).toEqual([['127.61.6.1', 0]]);
    expect(answers.filter(([, probe]) => probe === null)).toEqual([['127.61.6.2', null]]);
    expect(result.asked).toBe(9);
  });

  it('names the address and port that answered, and the address that was asked', async () => {
    const first = await listen('127.61.7.1', 0, () => undefined);
    const { port } = first.address();
    const elsewhere = await listen('127.61.7.99', 0, () => undefined);
    const otherPort = await listen('127.61.7.3', 0, () => undefined);
    const noise = await listen('127.61.7.98', 0, () => undefined);
    const answerFrom = async (address: string, socket: Socket, toBytes: (question: Buffer) => Buffer) =>
      (await listen(address, port, () => undefined)).on('message', (question, from) =>
        socket.send(toBytes(question), from.port, from.address),
      );
    await answerFrom('127.61.7.2', elsewhere, answerTo);
    // A datagram of an asked address needs no ID.
    await answerFrom('127.61.7.3', otherPort, () => Buffer.from('noise'));
    await answerFrom('127.61.7.4', noise, () => Buffer.from('noise'));
    const { answers, result } = await run(port, ['127.61.7.2-5']);
    expect(answers).toEqual([]);
    // Once for each pass.
    expect(result.foreign.count).toBe(6);
    const portOf = (socket: Socket): readonly number[] => [socket.address().port];
    expect(result.foreign.answers.toSorted((a, b) => (a.address < b.address ? -1 : 1))).toEqual([
      { address: '127.61.7.3', ports: portOf(otherPort), asked: '127.61.7.3' },
      { address: '127.61.7.98', ports: portOf(noise), asked: null },
      { address: '127.61.7.99', ports: portOf(elsewhere), asked: '127.61.7.2' },
    ]);
  });

  it('asks IPv6 addresses in the same sweep', async () => {
    const six = await listen('::1', 0, (question, answer) => answer(question));
    const { port } = six.address();
    await listen('127.61.8.1', port, (question, answer) => answer(question));
    const { answers } = await run(port, ['::1', '127.61.8.1-2'], { retries: 0 });
    expect([...answers].sort()).toEqual([
      ['127.61.8.1', 0],
      ['::1', 0],
    ]);
  });

  it('lists addresses that nothing can be sent to, and continues with the others', async () => {
    const live = await listen('127.61.9.1', 0, (question, answer) => answer(question));
    // Sending to the broadcast address of loopback needs a socket option that is not set.
    const { answers, result } = await run(live.address().port, ['127.61.9.1', '127.255.255.255']);
    expect(answers).toEqual([['127.61.9.1', 0]]);
    expect([...result.unsent]).toEqual([['EACCES', { count: 1, example: '127.255.255.255' }]]);
  });

  it('ends with what it has when it is stopped', async () => {
    const stop = new AbortController();
    const live = await listen('127.61.10.1', 0, (question, answer) => {
      answer(question);
      stop.abort();
    });
    const { result } = await run(live.address().port, ['127.61.10.0/23'], { rate: 200, signal: stop.signal });
    expect(result.asked).toBeLessThan(510);
  });

  it('sends no faster than its rate', async () => {
    const live = await listen('127.61.12.1', 0, () => undefined);
    const times: number[] = [];
    let now = 0;
    await run(live.address().port, ['127.61.12.0/25'], {
      rate: 100,
      retries: 0,
      clock: {
        now: () => new Date(0),
        monotonic: () => now,
        sleep: async (milliseconds) => {
          now += milliseconds;
        },
      },
      onSent: () => times.push(now),
    });
    // 126 questions at 100 a second.
    expect(times.at(-1)).toBeGreaterThanOrEqual(940);
  });
});

describe('silence', () => {
  it('with a closed port differs from silence, and from a rejected credential', async () => {
    const mute = await listen('127.61.11.1', 0, () => undefined);
    const { port } = mute.address();
    await listen('127.61.11.2', port, (question, answer) => answer(discovered(readRequest(question))));
    // A peer that repeats the question, or sends noise, proves nothing about a credential.
    await listen('127.61.11.4', port, (question, answer) => answer(question));
    await listen('127.61.11.5', port, (_question, answer) => answer(Buffer.from('3003020103', 'hex')));
    const ask = async (host: string): Promise<string | null> =>
      (await diagnoseSilence(host, 4, { host, port }, community('public')))?.code ?? null;
    expect(await ask('127.61.11.1')).toBeNull();
    expect(await ask('127.61.11.2')).toBe('link/snmp-auth');
    expect(await ask('127.61.11.3')).toBe('link/refused');
    expect(await Promise.all([ask('127.61.11.4'), ask('127.61.11.5')])).toEqual([null, null]);
  });
});
