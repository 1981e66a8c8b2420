// Answered GETs per second of simulated agents in one process, and start time and memory of a large fleet. A
// worker sends plain datagrams, so that a client takes no time from the agents.
// Run by hand: npm run -s bench:snmp [units]
import dgram from 'node:dgram';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import * as snmp from 'net-snmp';

const UNITS = Number(process.argv[2] ?? 2000);
const SECONDS = 5;
const IN_FLIGHT = 64;
const P = '1.3.6.1.4.1.318.1.1.1';
const OIDS = [
  '1.3.6.1.2.1.1.1.0',
  '1.3.6.1.2.1.1.2.0',
  '1.3.6.1.2.1.1.4.0',
  ...['1.1.1', '1.2.1', '1.2.3', '1.2.5', '2.2.1', '2.2.3', '4.1.1', '8.1', '11.1.1'].map(
    (end) => `${P}.${end}.0`,
  ),
];

if (isMainThread) await serve();
else await ask();

async function serve() {
  await import('../scripts/sources.mjs');
  const { startFleet } = await import('../src/sim/index.ts');
  const begun = performance.now();
  const units = Array.from({ length: UNITS }, (_, index) => ({
    name: `ups-${index + 1}`,
    site: 'here',
    persona: ['smt1500-nmc2', 'smx1500-current', 'smt1500c-closed'][index % 3],
  }));
  const fleet = await startFleet({ units, speed: 60, onlySnmp: true, snmpPort: 'free' });
  print(`${UNITS} units started in ${((performance.now() - begun) / 1000).toFixed(2)} s, ${memory()}`);
  const targets = fleet.units.map(({ address, ports }) => ({ address, port: ports.snmp }));
  const community = fleet.environment.UPSFW_SIM_READ;
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { targets, community, packet: await packet(community) },
  });
  await once(worker, 'message');
  const before = process.cpuUsage();
  const [{ answered, lost, seconds }] = await once(worker, 'message');
  const { user, system } = process.cpuUsage(before);
  const rate = Math.round(answered / seconds);
  const ofCpu = Math.round((answered * 1e6) / (user + system));
  print(
    `${rate} GETs of ${OIDS.length} OIDs answered per second, ${ofCpu} per second of CPU, ${lost} lost, ${memory()}`,
  );
  await fleet.close();
}

/** The bytes of one request, captured from a client. */
async function packet(community) {
  const receiver = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const session = snmp.createSession('127.0.0.1', community, {
    port: receiver.address().port,
    version: snmp.Version2c,
    retries: 0,
  });
  session.get(OIDS, () => undefined);
  const [bytes] = await once(receiver, 'message');
  session.close();
  receiver.close();
  return bytes;
}

async function ask() {
  const { targets, packet } = workerData;
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 4_000_000 }).bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let answered = 0;
  let next = 0;
  const waiting = new Map();
  const send = () => {
    const { address, port } = targets[next++ % targets.length];
    waiting.set(address, Date.now());
    socket.send(packet, port, address);
  };
  let lost = 0;
  socket.on('message', (_bytes, { address }) => {
    if (!waiting.delete(address)) return;
    answered += 1;
    send();
  });
  parentPort.postMessage('begins');
  const begun = performance.now();
  for (let index = 0; index < Math.min(IN_FLIGHT, targets.length); index += 1) send();
  const watch = setInterval(() => {
    for (const [address, at] of waiting) {
      if (Date.now() - at < 1000) continue;
      waiting.delete(address);
      lost += 1;
      send();
    }
  }, 250);
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  clearInterval(watch);
  socket.close();
  parentPort.postMessage({ answered, lost, seconds: (performance.now() - begun) / 1000 });
}

function memory() {
  return `${Math.round(process.memoryUsage().rss / 1e6)} MB`;
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
