import { getCiphers } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Secret, type SnmpAccess } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import {
  createSnmpHub,
  lookBySnmp,
  readUpdateState,
  requestUpdate,
  type SnmpHub,
} from '../../src/snmp/index.ts';
import {
  type Daemon,
  findProgram,
  freeUdpPort,
  openFolder,
  skipped,
  startDaemon,
} from '../support/peers/daemon.ts';
import { runHere } from '../support/sites/site.ts';
import { findingsOf, sweepOf } from '../support/sites/sweep-site.ts';

const PROGRAM = findProgram('snmpd');
if (PROGRAM === null) skipped('an SNMPv3 user of snmpd', 'snmpd is not installed');

const P = '.1.3.6.1.4.1.318.1.1.1';
const KEYS = { auth: 'authentication-pass', priv: 'privacy-pass-phrase' };
const USERS = [
  ['md5-des', 'MD5', 'DES', 'md5', 'des'],
  ['sha-aes', 'SHA', 'AES', 'sha', 'aes'],
  ['sha256-aes', 'SHA-256', 'AES', 'sha256', 'aes'],
] as const;

describe.runIf(PROGRAM !== null)('snmpd', () => {
  let folder: Awaited<ReturnType<typeof openFolder>>;
  let daemon: Daemon;
  let port: number;
  let hub: SnmpHub;
  const context = { clock: systemClock, signal: new AbortController().signal };

  beforeAll(async () => {
    folder = await openFolder();
    port = await freeUdpPort();
    const lines = [
      `agentaddress udp:127.0.0.1:${port}`,
      'rocommunity reader',
      'sysContact nobody',
      ...USERS.flatMap(([name, auth, priv]) => [
        `createUser ${name} ${auth} "${KEYS.auth}" ${priv} "${KEYS.priv}"`,
        `rwuser ${name} priv`,
      ]),
      'override .1.3.6.1.2.1.1.2.0 object_id .1.3.6.1.4.1.318.1.3.27',
      `override ${P}.1.1.1.0 octet_str "Smart-UPS 1500"`,
      `override ${P}.1.2.1.0 octet_str "UPS 09.3 (ID18)"`,
      `override ${P}.1.2.3.0 octet_str "AS1234567890"`,
      `override ${P}.2.2.1.0 uinteger 100`,
      `override -rw ${P}.6.2.9.0 integer 1`,
    ];
    const config = join(folder.path, 'snmpd.conf');
    await writeFile(config, `${lines.join('\n')}\n`);
    daemon = startDaemon(PROGRAM ?? '', ['-f', '-Lo', '-C', '-c', config], {
      SNMP_PERSISTENT_DIR: folder.path,
      SNMPCONFPATH: folder.path,
    });
    hub = createSnmpHub({ clock: systemClock, timeoutMs: 500, retries: 0 });
    for (let tries = 0; tries < 100; tries += 1) {
      const seen = await lookBySnmp(hub, target({ version: '2c', community: new Secret('reader') }), context);
      if (seen.problem === null) return;
      if (daemon.child.exitCode !== null) break;
    }
    throw new Error(`snmpd did not come up: ${daemon.output()}`);
  });
  afterAll(async () => {
    await hub?.close();
    await daemon?.stop();
    await folder?.remove();
  });

  const target = (snmp: SnmpAccess) => ({ site: 's', name: 'n', host: '127.0.0.1', port, snmp });
  const user = (
    name: string,
    auth: 'md5' | 'sha' | 'sha256',
    priv: 'des' | 'aes',
    key = KEYS.auth,
  ): SnmpAccess => ({
    version: '3',
    user: name,
    auth,
    authKey: new Secret(key),
    priv,
    privKey: new Secret(KEYS.priv),
  });

  it('DES is read, or reported as missing in the crypto library of Node.js', async () => {
    const { unit, problem } = await lookBySnmp(hub, target(user('md5-des', 'md5', 'des')), context);
    if (getCiphers().includes('des-cbc')) expect(unit.firmware.microLinkId).toBe(18);
    else
      expect(problem).toMatchObject({ code: 'link/snmp-auth', message: expect.stringContaining('no DES') });
  });

  it.each(USERS.filter(([name]) => name !== 'md5-des'))(
    'a unit is read by the user %s',
    async (name, _auth, _priv, auth, priv) => {
      const { unit, problem } = await lookBySnmp(hub, target(user(name, auth, priv)), context);
      expect(problem).toBeNull();
      expect(unit.firmware).toEqual({ raw: 'UPS 09.3 (ID18)', version: '09.3', microLinkId: 18 });
      expect(unit.condition).toMatchObject({ batteryPercent: 100, alarms: null, onLine: null });
    },
  );

  it('a wrong key and an unknown user are distinguished from silence', async () => {
    const wrong = await lookBySnmp(
      hub,
      target(user('sha-aes', 'sha', 'aes', 'not-this-pass-phrase')),
      context,
    );
    expect(wrong.problem?.code).toBe('link/snmp-auth');
    const unknown = await lookBySnmp(hub, target(user('nobody', 'sha', 'aes')), context);
    expect(unknown.problem?.code).toBe('link/snmp-auth');
  });

  it('a wrong community is silence', async () => {
    const seen = await lookBySnmp(hub, target({ version: '2c', community: new Secret('wrong') }), context);
    expect(seen.problem?.code).toBe('link/silent');
  });

  it('discover finds the agent by the first credential that it accepts, of any version', async () => {
    const file = join(folder.path, 'credentials.yaml');
    const list = (...snmp: readonly object[]) => writeFile(file, stringify({ version: 1, snmp }));
    const withKeys = (name: string, authKey: string) => ({
      version: '3',
      user: name,
      auth: 'sha',
      authKey,
      priv: 'aes',
      privKey: 'env:PRIV',
    });
    const args = ['discover', '127.0.0.1', '--port', String(port), '--credentials', file];
    const environment = { AUTH: KEYS.auth, PRIV: KEYS.priv, WRONG: 'not-this-pass-phrase' };
    await list(
      { version: '2c', community: 'env:WRONG' },
      withKeys('nobody', 'env:AUTH'),
      withKeys('sha-aes', 'env:WRONG'),
      withKeys('sha-aes', 'env:AUTH'),
    );
    const sweep = sweepOf(await runHere([...args, '--json'], { environment }));
    // Its description is that of the program, so its unit has no card.
    expect(sweep.units).toMatchObject([
      { host: '127.0.0.1', model: 'Smart-UPS 1500', serial: 'AS1234567890', firmware: { microLinkId: 18 } },
    ]);
    expect(findingsOf(sweep)).toEqual({ NO_CARD: ['127.0.0.1'] });

    await list(withKeys('nobody', 'env:AUTH'), withKeys('sha-aes', 'env:WRONG'));
    const refused = sweepOf(await runHere([...args, '--json'], { environment }));
    expect(refused.units).toEqual([]);
    expect(findingsOf(refused)).toEqual({ CREDENTIAL_REFUSED: ['127.0.0.1'] });
  });

  it('a write without permission is certainly refused; with permission it is accepted once', async () => {
    const reader = await hub.open(
      { version: '2c', community: new Secret('reader') },
      { host: '127.0.0.1', port },
    );
    expect(await readUpdateState(reader)).toBe('none');
    expect(await requestUpdate(reader)).toMatchObject({ state: 'refused' });
    expect(await readUpdateState(reader)).toBe('none');
    const writer = await hub.open(user('sha-aes', 'sha', 'aes'), { host: '127.0.0.1', port });
    expect(await requestUpdate(writer)).toEqual({ state: 'accepted' });
    expect(await readUpdateState(reader)).toBe('requested');
    reader.close();
    writer.close();
  });
});
