// The fuzz run over real sockets: sessions, a sweep and the question why an agent is silent, against one agent on loopback.
import dgram from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../dist/files/index.js';
import { PDU, readRequest } from '../../dist/sim/endpoints/snmp/forged.js';
import { engineProbe, probeFor } from '../../dist/snmp/client/probe.js';
import { openSession } from '../../dist/snmp/client/session.js';
import { SharedSocket } from '../../dist/snmp/client/shared-socket.js';
import { diagnoseSilence } from '../../dist/snmp/client/silence.js';
import { listAddresses, readRanges } from '../../dist/snmp/index.js';
import { sweep } from '../../dist/snmp/sweep/sweep.js';
import { datagramsFor, rightAnswer, USER } from './snmp-packets.mjs';

const ADDRESS = '127.0.0.1';
/** A few at a time, so that no buffer of the kernel overflows. */
const MOST_A_REQUEST = 30;
const clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds),
};

/** Runs until so many datagrams were sent. Resolves with what the shared socket dropped. */
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
  // Writes are counted where they leave: what is late at the agent belongs to an earlier session.
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
        if (writes > 1) violation(`a write left ${writes} times`);
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
        rate: null,
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
