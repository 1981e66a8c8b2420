import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import {
  communityMessage,
  octets,
  pduFor,
  type ReceivedRequest,
  reportPdu,
  securedMessage,
} from '../../src/sim/index.ts';
import {
  discovered,
  ENGINE,
  isDiscovery,
  openPeer,
  type RawPeer,
  reported,
  USER,
} from '../support/peers/raw-peer.ts';
import { runHere } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));

const Audit = z.looseObject({
  units: z.array(
    z.looseObject({
      name: z.string(),
      reachable: z.boolean(),
      problem: z.looseObject({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
    }),
  ),
});

let folder: string;
const peers: RawPeer[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-wire-'));
});
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
  await rm(folder, { recursive: true, force: true });
});

const ENVIRONMENT = { READ: 'public', AUTH: USER.authKey, PRIV: USER.privKey };
const V2C = { version: '2c', community: 'env:READ' };
const V3 = {
  version: '3',
  user: USER.name,
  auth: 'sha',
  authKey: 'env:AUTH',
  priv: 'aes',
  privKey: 'env:PRIV',
};

/** An inventory of peers on loopback, each with its credential. */
async function inventory(
  units: readonly (readonly [string, object, (request: ReceivedRequest) => readonly Buffer[]])[],
): Promise<string> {
  const listed = [];
  for (const [name, snmp, answer] of units) {
    const peer = await openPeer(answer);
    peers.push(peer);
    listed.push({ name, host: '127.0.0.1', ports: { snmp: peer.port }, snmp });
  }
  const file = join(folder, 'inventory.yaml');
  await writeFile(file, stringify({ version: 1, sites: [{ name: 'here', units: listed }] }), { mode: 0o600 });
  return file;
}

async function audit(
  file: string,
): Promise<Readonly<Record<string, z.infer<typeof Audit>['units'][number]>>> {
  const words = ['audit', '--json', '-i', file, '--state', join(folder, 'state')];
  const ran = await runHere(words, { environment: ENVIRONMENT });
  for (const secret of Object.values(ENVIRONMENT)) expect(ran.out + ran.info).not.toContain(secret);
  return Object.fromEntries(Audit.parse(JSON.parse(ran.out)).units.map((unit) => [unit.name, unit]));
}

/** Answers the engine discovery, and every other request with an unauthenticated report. */
const refusing =
  (counter: number) =>
  (request: ReceivedRequest): readonly Buffer[] => [
    isDiscovery(request) ? discovered(request) : reported(request, counter, 0),
  ];

describe('a rejected credential', { timeout: LONG }, () => {
  it('is named with its references, and only with causes of its own version', async () => {
    // A card does not answer a wrong community or key; its engine answers every discovery.
    const silent = (request: ReceivedRequest): readonly Buffer[] =>
      isDiscovery(request) ? [discovered(request)] : [];
    const units = await audit(
      await inventory([
        ['silent-3', V3, silent],
        ['silent-2c', V2C, silent],
        ['silent-1', { ...V2C, version: '1' }, silent],
        ['dead-3', V3, () => []],
        ['dead-2c', V2C, () => []],
        ['levels', V3, refusing(1)],
        ['clock', V3, refusing(2)],
        ['user', V3, refusing(3)],
        ['engine', V3, refusing(4)],
        ['digest', V3, refusing(5)],
        ['privacy', V3, refusing(6)],
      ]),
    );
    const user = 'SNMPv3 user "audit" (sha authKey env:AUTH, aes privKey env:PRIV)';
    const expected = {
      'silent-3': ['link/snmp-auth', user, /user name.*protocols.*pass phrases.*access list/],
      'silent-2c': ['link/snmp-auth', 'SNMPv2c community env:READ', /community.*SNMPv1 and v2c.*access list/],
      'silent-1': ['link/snmp-auth', 'SNMPv1 community env:READ', /community.*SNMPv1 and v2c.*access list/],
      'dead-3': ['link/silent', user, /address and port.*user name/],
      'dead-2c': ['link/silent', 'SNMPv2c community env:READ', /address and port.*community/],
      levels: ['link/snmp-auth', `${user}: it does not offer this security level`, /auth: and priv:/],
      clock: ['link/snmp-auth', `${user}: the engine clock of the request`, /clock/],
      user: ['link/snmp-auth', `${user}: it does not know the user`, /user:/],
      engine: ['link/snmp-auth', `${user}: its engine`, /two devices/],
      digest: ['link/snmp-auth', `${user}: the authentication of the request is wrong`, /authentication key/],
      privacy: ['link/snmp-auth', `${user}: it cannot decrypt`, /privacy key/],
    } as const;
    for (const [name, [code, message, hint]] of Object.entries(expected)) {
      const problem = units[name]?.problem;
      expect([name, problem?.code]).toEqual([name, code]);
      expect(problem?.message, name).toContain(message);
      expect(problem?.hint, name).toMatch(hint);
      const other = message.includes('SNMPv3') ? /communit|v2c/i : /user name|pass phrase|privacy|priv/i;
      expect(`${problem?.message} ${problem?.hint}`.replace('An SNMPv3 agent answers', ''), name).not.toMatch(
        other,
      );
    }
  });
});

describe('a malformed datagram of a device', { timeout: LONG }, () => {
  it('does not end the process, which audits the other units', async () => {
    const ofVersion3 = ({ id }: ReceivedRequest): readonly Buffer[] => [
      securedMessage(reportPdu(4), { id, engineId: ENGINE, user: USER, level: 1 }),
    ];
    const upright = (request: ReceivedRequest): readonly Buffer[] => [
      communityMessage(1, 'public', pduFor(request, [octets('Smart-UPS 1500')])),
    ];
    const file = await inventory([
      ['attacker', V2C, ofVersion3],
      ['attacker-1', { ...V2C, version: '1' }, ofVersion3],
      ['neighbour', V2C, upright],
    ]);
    const child = spawn(
      process.execPath,
      [MAIN, 'audit', '--json', '-i', file, '--state', join(folder, 'state')],
      { env: { ...process.env, ...ENVIRONMENT }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const [out, info] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    expect(info).not.toMatch(/TypeError|Unexpected error/);
    const { units } = Audit.parse(JSON.parse(out));
    expect(units.map(({ name, reachable, problem }) => [name, reachable, problem?.code ?? null])).toEqual([
      ['attacker', false, 'device/garbage'],
      ['attacker-1', false, 'device/garbage'],
      ['neighbour', true, null],
    ]);
  });
});
