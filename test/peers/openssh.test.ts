import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type NetworkAccess, Secret } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { type HostKeyStore, uploadByScp } from '../../src/nmc/index.ts';
import { buildImage } from '../../src/sim/index.ts';
import {
  type Daemon,
  findProgram,
  freePort,
  isRoot,
  listening,
  openFolder,
  runOnce,
  skipped,
  startDaemon,
} from '../support/peers/daemon.ts';

/** `user:password` of an account of this machine that may be used; .ci/run makes one. */
const [user = '', password = ''] = (process.env.UPSFW_PEER_LOGIN ?? '').split(':');
const PROGRAM = findProgram('sshd');
const can = PROGRAM !== null && isRoot() && user !== '' && password !== '';
if (!can)
  skipped(
    'scp to OpenSSH',
    PROGRAM === null ? 'sshd is not installed' : 'it needs root and UPSFW_PEER_LOGIN=user:password',
  );

const OLD_ONLY = [
  'Ciphers aes128-cbc',
  'KexAlgorithms diffie-hellman-group14-sha1',
  'HostKeyAlgorithms ssh-rsa',
  'MACs hmac-sha1',
  'PubkeyAcceptedAlgorithms ssh-rsa',
];

describe.runIf(can)('OpenSSH as the receiver of scp -t', () => {
  let folder: Awaited<ReturnType<typeof openFolder>>;
  let daemon: Daemon | undefined;
  const bytes = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 1_700_000 });

  beforeAll(async () => {
    folder = await openFolder();
    await mkdir(join(folder.path, 'upsfw'));
    await chmod(join(folder.path, 'upsfw'), 0o777);
    for (const type of ['rsa', 'ecdsa'])
      runOnce('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(folder.path, type)]);
    await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    // A card has this folder at the root; here it is elsewhere.
    const wrapper = join(folder.path, 'card.sh');
    await writeFile(
      wrapper,
      `#!/bin/sh\nset -- $SSH_ORIGINAL_COMMAND\n[ "$1 $2" = "scp -t" ] || exit 1\nexec scp -t "${folder.path}$3"\n`,
    );
    await chmod(wrapper, 0o755);
  });
  afterEach(() => daemon?.stop());
  afterAll(() => folder?.remove());

  async function serve(extra: readonly string[]): Promise<NetworkAccess> {
    const port = await freePort();
    const config = [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${join(folder.path, 'rsa')}`,
      `HostKey ${join(folder.path, 'ecdsa')}`,
      'PasswordAuthentication yes',
      'UsePAM no',
      'StrictModes no',
      'PidFile none',
      `AllowUsers ${user}`,
      `ForceCommand ${join(folder.path, 'card.sh')}`,
      ...extra,
    ];
    const file = join(folder.path, 'sshd_config');
    await writeFile(file, `${config.join('\n')}\n`);
    daemon = startDaemon(PROGRAM ?? '', ['-D', '-e', '-f', file]);
    await listening(daemon, port);
    return {
      host: '127.0.0.1',
      ports: { snmp: 161, ssh: port, ftp: 21, telnet: 23, http: 80, https: 443 },
      snmp: null,
      write: null,
      login: { user, password: new Secret(password) },
      transfer: ['scp'],
      start: ['cli'],
      plaintext: false,
      legacySsh: false,
    };
  }

  function upload(
    network: NetworkAccess,
    name: string,
    hostKeys: HostKeyStore = pins(new Map()),
  ): Promise<string> {
    return uploadByScp({
      ssh: {
        network,
        hostKeys,
        handshakeSeconds: 30,
        clock: systemClock,
        signal: new AbortController().signal,
      },
      folder: '/upsfw/',
      name,
      bytes,
      stalledSeconds: 20,
      afterLastByteSeconds: 20,
      progress: () => undefined,
    });
  }

  function pins(known: Map<string, string>): HostKeyStore {
    return {
      get: async (name) => known.get(name) ?? null,
      add: async (name, fingerprint) => {
        known.set(name, fingerprint);
      },
    };
  }

  it('accepts an image byte for byte with modern algorithms', async () => {
    expect(await upload(await serve([]), 'modern.enc')).toBe('done');
    expect(bytes.equals(await readFile(join(folder.path, 'upsfw', 'modern.enc')))).toBe(true);
  });

  it('accepts it with only legacy algorithms, if the inventory allows them', async () => {
    const network = await serve(OLD_ONLY);
    await expect(upload(network, 'old.enc')).rejects.toMatchObject({
      code: 'link/handshake',
      hint: /legacy: true/,
    });
    expect(await upload({ ...network, legacySsh: true }, 'old.enc')).toBe('done');
    expect(bytes.equals(await readFile(join(folder.path, 'upsfw', 'old.enc')))).toBe(true);
  });

  it('refuses a host key that is not the one seen before, and a wrong password', async () => {
    const network = await serve([]);
    const known = new Map([[`127.0.0.1:${network.ports.ssh}`, 'SHA256:another']]);
    await expect(upload(network, 'key.enc', pins(known))).rejects.toMatchObject({ code: 'link/host-key' });
    const wrong = { ...network, login: { user, password: new Secret('wrong') } };
    await expect(upload(wrong, 'wrong.enc')).rejects.toMatchObject({ code: 'device/login' });
  });

  it('reports the error of the receiver', async () => {
    await expect(upload(await serve([]), 'no/such/folder.enc')).rejects.toMatchObject({
      code: 'device/no-room',
    });
  });
});
