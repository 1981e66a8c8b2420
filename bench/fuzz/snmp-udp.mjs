// The fuzz run over real sockets: sessions, a sweep and the diagnosis of a silent agent, against one agent on
// loopback.
import dgram from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { datagramsFor, rightAnswer, USER } from './snmp-packets.mjs';
import '../../scripts/sources.mjs';

const { systemClock } = await import('../../src/files/index.ts');
const { PDU, readRequest } = await import('../../src/sim/endpoints/snmp/forged.ts');
const { listAddresses, readRanges } = await import('../../src/snmp/index.ts');
const { engineProbe, probeFor } = await import('../../src/snmp/client/probe.ts');
const { openSession } = await import('../../src/snmp/client/session.ts');
const { SharedSocket } = await import('../../src/snmp/client/shared-socket.ts');
const { diagnoseSilence } = await import('../../src/snmp/client/silence.ts');
const { sweep } = await import('../../src/snmp/sweep/sweep.ts');

const ADDRESS = '127.0.0.1';
/** A few at a time, so that no kernel buffer overflows. */
const MOST_A_REQUEST = 30;
const clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
};

/** Runs until enough datagrams were sent. Resolves with what the shared socket dropped. */
export async function overLoopback({ kinds, packets, random, counts, violation, oids, update }) {
  const agent = dgram.createSocket('udp4');
  let writes = 0;
  agent.on('message', (bytes, from) => {
    const request = readRequest(bytes, USER);
    const wild = Math.floor(random() * MOST_A_REQUEST);
    const next = datagramsFor(request, random);
    for (let index = 0; index <= wild; index += 1) {
      const datagram = index === wild ? rightAnswer(request, random) : next().bytes;
      counts.packets += 1;
      agent.send(datagram, from.port, from.address);
    }
  });
  agent.bind(0, ADDRESS);
  await once(agent, 'listening');
  const { port } = agent.address();
  const endpoint = { host: ADDRESS, port };
  // Writes are counted when sent: a late one at the agent belongs to an earlier session.
  const socket = new SharedSocket('udp4', (options) => {
    const real = dgram.createSocket(options);
    const send = real.send.bind(real);
    real.send = (bytes, ...rest) => {
      if (readRequest(bytes, USER).pdu === PDU.set) writes += 1;
      send(bytes, ...rest);
    };
    return real;
  });
  const list = Object.values(kinds);
  for (let round = 0; counts.packets < packets; round += 1) {
    const access = list[round % list.length];
    const session = openSession({
      access,
      address: ADDRESS,
      endpoint,
      socket,
      clock: systemClock,
      timeoutMs: 300,
      retries: 1,
    });
    writes = 0;
    counts.questions += 1;
    try {
      if (random() < 0.4) {
        const { state } = await session.setInteger(update, 2);
        counts[state === 'accepted' ? 'accepted' : 'refused'] += 1;
        counts.sets += writes;
        if (writes > 1) violation(`a write was sent ${writes} times`);
      } else {
        await session.get(oids);
        counts.read += 1;
      }
    } catch (problem) {
      if (!/^(?:link|device)\//.test(problem.code ?? '')) violation(`ended with ${problem.stack}`);
    }
    session.close();
    if (round % 20 !== 0) continue;
    await diagnoseSilence(ADDRESS, 4, endpoint, access);
    await sweep({
      ...{
        addresses: listAddresses(readRanges([ADDRESS]).spans, []),
        port,
        rate: 'max',
        waitMs: 20,
        retries: 1,
        clock,
      },
      probes: [
        { ...probeFor(kinds.v2c), last: true },
        { ...engineProbe(), last: false },
      ],
      signal: new AbortController().signal,
      onAnswer: () => undefined,
      onSent: () => undefined,
    });
  }
  await socket.close();
  agent.close();
  return socket.drops;
}
