import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { NMC2, NMC3, openSite, type Site } from '../support/sites/site.ts';

let site: Site | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await site?.close();
});

/** A relay to an agent that forwards this many requests and drops the rest. Returns its port. */
async function relayPort(address: string, agent: number, questions: number): Promise<number> {
  const front = createSocket('udp4').bind(0, address);
  const back = createSocket('udp4').bind(0, address);
  sockets.push(front, back);
  await Promise.all([once(front, 'listening'), once(back, 'listening')]);
  let left = questions;
  let clientPort = 0;
  front.on('message', (message, from) => {
    if (left === 0) return;
    left -= 1;
    clientPort = from.port;
    back.send(message, agent, address);
  });
  // The client uses the address of its own loopback interface, so the answers go to that address.
  let host = address;
  front.on('message', (_message, from) => {
    host = from.address;
  });
  back.on('message', (message) => front.send(message, clientPort, host));
  return front.address().port;
}

const DocumentShape = z.looseObject({
  units: z.array(
    z.looseObject({
      serial: z.string().nullable().optional(),
      verdict: z.looseObject({
        status: z.string(),
        reasons: z.array(z.looseObject({ code: z.string(), because: z.string() })),
      }),
      problem: z.looseObject({ code: z.string() }).nullable(),
    }),
  ),
});

it('a unit that stops answering during a look is unreachable, and none of its condition is evaluated', async () => {
  site = await openSite([NMC2, NMC3]);
  const unit = site.fleet.units[0];
  if (unit === undefined) throw new Error('no unit');
  const whole = await readFile(site.inventory, 'utf8');
  for (const words of [['audit'], ['plan'], ['upgrade']]) {
    const port = await relayPort(unit.address, unit.ports.snmp, 1);
    await writeFile(site.inventory, whole.replace(`snmp: ${unit.ports.snmp}`, `snmp: ${port}`));
    const ran = await site.run([...words, '-i', site.inventory, '--json'], {
      snmpTimeouts: { timeoutMs: 700, retries: 0 },
    });
    const [lost, other] = DocumentShape.parse(JSON.parse(ran.out)).units;
    expect(lost?.problem?.code).toMatch(/^link\//);
    expect(lost?.verdict.status).toBe('unreachable');
    expect(lost?.verdict.reasons.map(({ code }) => code)).toEqual(['UNREACHABLE']);
    expect(other?.verdict.status).toBe('outdated');
    expect(ran.out).not.toContain('not known %');
    expect(ran.exit).toBe(3);
  }
  expect(unit.device.counters.starts).toBe(0);
});
