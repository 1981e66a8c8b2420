import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type NetworkAccess, Secret } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { uploadByScp } from '../../src/nmc/index.ts';
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

const [user = '', password = ''] = (process.env.UPSFW_PEER_LOGIN ?? '').split(':');
const PROGRAM = findProgram('dropbear');
const KEYS = findProgram('dropbearkey');
const installed = PROGRAM !== null && KEYS !== null && findProgram('scp') !== null;
const can = installed && isRoot() && user !== '' && password !== '';
if (!can) {
  skipped(
    'scp to Dropbear',
    installed ? 'it needs root and UPSFW_PEER_LOGIN=user:password' : 'dropbear or scp is not installed',
  );
}

describe.runIf(can)('Dropbear as the receiver of scp -t', () => {
  let folder: Awaited<ReturnType<typeof openFolder>>;
  let daemon: Daemon | undefined;
  const bytes = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 1_700_000 });

  beforeAll(async () => {
    folder = await openFolder();
    await mkdir(join(folder.path, 'upsfw'));
    await chmod(join(folder.path, 'upsfw'), 0o777);
    for (const type of ['rsa', 'ecdsa']) runOnce(KEYS ?? '', ['-t', type, '-f', join(folder.path, type)]);
  });
  afterEach(() => daemon?.stop());
  afterAll(() => folder?.remove());

  async function serve(key: string, more: readonly string[] = []): Promise<NetworkAccess> {
    const port = await freePort();
    const args = ['-F', '-E', '-r', join(folder.path, key), '-P', join(folder.path, 'pid')];
    daemon = startDaemon(PROGRAM ?? '', [...args, '-p', `127.0.0.1:${port}`, ...more]);
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

  const upload = (network: NetworkAccess, name: string, known = new Map<string, string>()): Promise<string> =>
    uploadByScp({
      ssh: {
        network,
        hostKeys: {
          get: async (key) => known.get(key) ?? null,
          add: async (key, fingerprint) => {
            known.set(key, fingerprint);
          },
        },
        handshakeSeconds: 30,
        clock: systemClock,
        signal: new AbortController().signal,
      },
      folder: `${folder.path}/upsfw/`,
      name,
      bytes,
      stalledSeconds: 20,
      afterLastByteSeconds: 20,
      progress: () => undefined,
    });

  it.each(['rsa', 'ecdsa'])('accepts an image byte for byte with a host key of type %s', async (key) => {
    const network = await serve(key);
    expect(await upload(network, `${key}.enc`)).toBe('done');
    expect(bytes.equals(await readFile(join(folder.path, 'upsfw', `${key}.enc`)))).toBe(true);
    // Legacy algorithms can be allowed for a server that does not need them.
    expect(await upload({ ...network, legacySsh: true }, `${key}-legacy.enc`)).toBe('done');
  });

  it('refuses a changed host key, a wrong password and a missing folder', async () => {
    const network = await serve('ecdsa');
    const known = new Map([[`127.0.0.1:${network.ports.ssh}`, 'SHA256:another']]);
    await expect(upload(network, 'key.enc', known)).rejects.toMatchObject({ code: 'link/host-key' });
    const wrong = { ...network, login: { user, password: new Secret('wrong') } };
    await expect(upload(wrong, 'wrong.enc')).rejects.toMatchObject({ code: 'device/login' });
    await expect(upload(network, 'no/such/folder.enc')).rejects.toMatchObject({ code: 'device/no-room' });
  });
});
