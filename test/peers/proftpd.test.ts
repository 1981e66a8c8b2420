import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NetworkAccess, Secret } from '../../src/core/index.ts';
import { listByFtp, uploadByFtp } from '../../src/nmc/ftp.ts';
import { buildImage } from '../../src/sim/index.ts';
import {
  type Daemon,
  findProgram,
  freePort,
  isRoot,
  listening,
  openFolder,
  skipped,
  startDaemon,
} from './daemon.ts';

const PROGRAM = findProgram('proftpd');
const can = PROGRAM !== null && isRoot();
if (!can)
  skipped('upload to proftpd', PROGRAM === null ? 'proftpd is not installed' : 'it must be started by root');

/** Password "secret" as crypt(3) writes it. */
const hash = can
  ? spawnSync('openssl', ['passwd', '-6', '-salt', 'upsfw', 'secret'], { encoding: 'utf8' }).stdout.trim()
  : '';

describe.runIf(can)('proftpd', () => {
  let folder: Awaited<ReturnType<typeof openFolder>>;
  let daemon: Daemon;
  let network: NetworkAccess;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    folder = await openFolder();
    const root = join(folder.path, 'card');
    await mkdir(join(root, 'upsfw'), { recursive: true });
    await chmod(join(root, 'upsfw'), 0o777);
    const users = join(folder.path, 'users');
    await writeFile(users, `apc:${hash}:65534:65534::${root}:/bin/false\n`);
    await chmod(users, 0o600);
    const port = await freePort();
    const config = [
      'ServerType standalone',
      'DefaultAddress 127.0.0.1',
      `Port ${port}`,
      'UseIPv6 off',
      'UseReverseDNS off',
      'User nobody',
      'Group nogroup',
      'RequireValidShell off',
      'AuthOrder mod_auth_file.c',
      `AuthUserFile ${users}`,
      'DefaultRoot ~',
      `PidFile ${join(folder.path, 'pid')}`,
      `ScoreboardFile ${join(folder.path, 'scoreboard')}`,
      `SystemLog ${join(folder.path, 'log')}`,
      'TransferLog none',
      'WtmpLog off',
      'AllowOverwrite on',
    ];
    const file = join(folder.path, 'proftpd.conf');
    await writeFile(file, `${config.join('\n')}\n`);
    daemon = startDaemon(PROGRAM ?? '', ['--nodaemon', '--quiet', '-c', file]);
    await listening(daemon, port);
    network = {
      host: '127.0.0.1',
      ports: { snmp: 161, ssh: 22, ftp: port, telnet: 23, http: 80, https: 443 },
      snmp: null,
      write: null,
      login: { user: 'apc', password: new Secret('secret') },
      transfer: ['ftp'],
      start: ['snmp'],
      plaintext: true,
      legacySsh: false,
    };
  });
  afterAll(async () => {
    await daemon?.stop();
    await folder?.remove();
  });

  it('takes an image byte for byte and lists its size', async () => {
    const bytes = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 400_000 });
    const name = 'SMT18UPS_15-0.enc';
    const upload = {
      network,
      signal,
      folder: '/upsfw/',
      name,
      bytes,
      silenceSeconds: 10,
      progress: () => undefined,
    };
    expect(await uploadByFtp(upload)).toBe('done');
    expect(bytes.equals(await readFile(join(folder.path, 'card', 'upsfw', name)))).toBe(true);
    expect(await listByFtp({ network, signal, silenceSeconds: 10 }, '/upsfw/')).toEqual([
      { name, bytes: bytes.length },
    ]);
    // Once more over itself, as a second attempt does.
    expect(await uploadByFtp(upload)).toBe('done');
  });

  it('refuses a wrong password, and a folder that is not there', async () => {
    const wrong = { ...network, login: { user: 'apc', password: new Secret('wrong') } };
    await expect(listByFtp({ network: wrong, signal, silenceSeconds: 10 }, '/upsfw/')).rejects.toMatchObject({
      code: 'device/login',
    });
    await expect(listByFtp({ network, signal, silenceSeconds: 10 }, '/nowhere/')).rejects.toMatchObject({
      code: 'device/no-room',
    });
  });
});
