import dgram, { type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type FakeAgent, openFakeAgent } from '../support/devices/fake-agent.ts';
import { type Ran, runHere } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

/** Answers that do not come as they were asked for, as an audit and a plan show them. */

const sockets: Socket[] = [];
const agents: FakeAgent[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const AGENT = '127.0.0.1';

async function socketAt(address = AGENT): Promise<Socket> {
  const socket = dgram.createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

/** An agent that receives on one socket and answers from others; `change` may alter what it answers. */
async function answersFrom(
  others: Socket | readonly Socket[],
  change: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<number> {
  const agent = await openFakeAgent(0, [
    ['1.3.6.1.2.1.1.2.0', 'oid', '1.3.6.1.4.1.318.1.3.27'],
    ['1.3.6.1.4.1.318.1.1.1.1.1.1.0', 'text', 'Smart-UPS 1500'],
    ['1.3.6.1.4.1.318.1.1.1.1.2.1.0', 'text', 'UPS 09.4 (ID18)'],
  ]);
  agents.push(agent);
  const front = await socketAt();
  const back = await socketAt();
  let client: RemoteInfo | null = null;
  front.on('message', (bytes, from) => {
    client = from;
    back.send(bytes, agent.port, AGENT);
  });
  back.on('message', (bytes) => {
    for (const other of [others].flat())
      if (client !== null) other.send(change(bytes), client.port, client.address);
  });
  return front.address().port;
}

const Shape = z.looseObject({
  units: z.tuple([
    z.looseObject({
      model: z.string().nullable(),
      verdict: z.looseObject({ status: z.string() }),
      problem: z.looseObject({ code: z.string(), message: z.string(), hint: z.string() }),
    }),
  ]),
});

async function audited(port: number, snmp = '{ version: "2c", community: env:UPS_READ }') {
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-answers-'));
  folders.push(folder);
  const inventory = join(folder, 'inventory.yaml');
  await writeFile(
    inventory,
    `version: 1\nsites: [{ name: kiel, units: [{ name: closet, host: ${AGENT}, snmp: ${snmp}, ports: { snmp: ${port} } }] }]\n`,
  );
  const run = (...words: readonly string[]): Promise<Ran> =>
    runHere([...words, '-i', inventory, '--state', join(folder, 'state')], {
      environment: { UPS_READ: 'public', UPS_KEY: 'a-pass-phrase-of-enough-length' },
      snmpTimeouts: { timeoutMs: 400, retries: 0 },
    });
  return Shape.parse(JSON.parse((await run('audit', '--json')).out)).units[0];
}

describe('an answer from elsewhere', { timeout: LONG }, () => {
  it('from another port is named with address and port, and is not used', async () => {
    const other = await socketAt();
    const port = await answersFrom(other);
    const unit = await audited(port);
    expect(unit.model).toBeNull();
    expect(unit.problem.code).toBe('link/silent');
    expect(unit.problem.message).toContain(
      `came from ${AGENT}:${other.address().port} instead of ${AGENT}:${port}. It was not used.`,
    );
    expect(unit.problem.hint).toMatch(/several addresses.*NAT/);
  });

  it.skipIf(process.platform !== 'linux')('from another address is named with address and port', async () => {
    const other = await socketAt('127.0.0.9');
    const port = await answersFrom(other);
    const { problem } = await audited(port);
    expect(problem.message).toContain(
      `came from 127.0.0.9:${other.address().port} instead of ${AGENT}:${port}`,
    );
  });

  it('with another community, or that is no answer, is not named', async () => {
    const altered: readonly ((bytes: Buffer) => Buffer)[] = [
      (bytes) => Buffer.from(bytes.toString('latin1').replace('public', 'secret'), 'latin1'),
      (bytes) => bytes.subarray(0, 20),
      () => Buffer.from('hello'),
      () => Buffer.alloc(60_000, 0x30),
    ];
    for (const change of altered) {
      const { problem } = await audited(await answersFrom(await socketAt(), change));
      expect(problem.message).toContain('No SNMP answer from');
      expect(problem.message).not.toContain('came from');
    }
  });

  it('a flood from elsewhere neither ends a look nor fills its message', async () => {
    const many = await Promise.all(Array.from({ length: 8 }, () => socketAt()));
    const port = await answersFrom(many);
    const { problem } = await audited(port);
    expect(problem.message.match(/127\.0\.0\.1:\d+/g)?.length).toBe(4);
  });
});

describe('an agent that takes another SNMP version', { timeout: LONG }, () => {
  it.each([
    ['{ version: "2c", community: env:UPS_READ }', /SNMPv2c.*version: "1".*version: "3"/],
    ['{ version: "1", community: env:UPS_READ }', /SNMPv1 disabled.*version: "3"/],
    ['{ version: "3", user: audit, auth: sha, authKey: env:UPS_KEY }', /SNMPv3 disabled.*version: "1"/],
  ])('is silent to %s, and the hint names the version as one cause', async (snmp, hint) => {
    const silent = await socketAt();
    const { problem, verdict } = await audited(silent.address().port, snmp);
    expect(problem.code).toBe('link/silent');
    expect(problem.hint).toMatch(hint);
    expect(verdict.status).toBe('unreachable');
  });

  it('of version 3 alone is not unreachable: its answer is an answer', async () => {
    const agent = await socketAt();
    // A report of another engine to every question of version 3.
    agent.on('message', (bytes, from) => {
      const report = reportTo(bytes);
      if (report !== null) agent.send(report, from.port, from.address);
    });
    const { problem, verdict } = await audited(agent.address().port);
    expect(problem.code).toBe('link/snmp-auth');
    expect(verdict.status).toBe('unknown');
  });
});

/** The report with the engine ID, for a question of version 3 that asks for it; null for other versions. */
function reportTo(question: Buffer): Buffer | null {
  if (!question.subarray(0, 8).includes(Buffer.from([0x02, 0x01, 0x03]))) return null;
  const at = question.indexOf(Buffer.from([0x02, 0x01, 0x03])) + 3;
  // Header: sequence, then the message ID.
  const idLength = question[at + 3] ?? 0;
  const messageId = question.subarray(at + 4, at + 4 + idLength);
  const tlv = (tag: number, ...content: readonly Buffer[]): Buffer => {
    const inside = Buffer.concat(content);
    return Buffer.concat([Buffer.from([tag, inside.length]), inside]);
  };
  const int = (value: number): Buffer => tlv(0x02, Buffer.from([value]));
  const none = tlv(0x04);
  const engine = tlv(0x04, Buffer.from('8000013e0302c0ffee0102', 'hex'));
  const unknownEngine = tlv(0x06, Buffer.from('2b060106030f01010400', 'hex'));
  const varbinds = tlv(0x30, tlv(0x30, unknownEngine, tlv(0x41, Buffer.from([1]))));
  return tlv(
    0x30,
    int(3),
    tlv(
      0x30,
      tlv(0x02, messageId),
      tlv(0x02, Buffer.from([0x05, 0xdc])),
      tlv(0x04, Buffer.from([0])),
      int(3),
    ),
    tlv(0x04, tlv(0x30, engine, int(1), int(1), none, none, none)),
    tlv(0x30, engine, none, tlv(0xa8, int(1), int(0), int(0), varbinds)),
  );
}
