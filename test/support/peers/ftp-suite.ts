import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type NetworkAccess, Secret } from '../../../src/core/index.ts';
import { systemClock } from '../../../src/files/index.ts';
import {
  downloadByFtp,
  type FtpOptions,
  type HostKeyStore,
  listByFtp,
  removeByFtp,
  uploadByFtp,
} from '../../../src/nmc/index.ts';
import { buildImage } from '../../../src/sim/index.ts';
import { type Daemon, freePort, listening, openFolder, runOnce } from './daemon.ts';

/** Files of a key and its certificate, from OpenSSL. */
export interface CertificateFiles {
  readonly key: string;
  readonly cert: string;
}

export interface FtpPeer {
  readonly name: string;
  readonly login: { readonly user: string; readonly password: string };
  /** Whether its TLS module is installed. */
  readonly tls: boolean;
  /**
   * Starts the server on a port of 127.0.0.1. It creates `card/upsfw` in the folder `card`, which is the
   * user's root. Encrypted only with certificate files.
   */
  serve(folder: string, port: number, certificate: CertificateFiles | null): Promise<Daemon>;
}

/** Tests of uploads for every real FTP server, with and without encryption. */
export function ftpSuite(can: boolean, peer: FtpPeer): void {
  describe.runIf(can)(peer.name, () => {
    let folder: Awaited<ReturnType<typeof openFolder>>;
    let daemon: Daemon | undefined;
    const bytes = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 1_700_000 });
    const name = 'SMT18UPS_15-0.enc';

    beforeAll(async () => {
      folder = await openFolder();
    });
    afterEach(() => daemon?.stop());
    afterAll(() => folder?.remove());

    async function serve(certificate: CertificateFiles | null): Promise<NetworkAccess> {
      const port = await freePort();
      daemon = await peer.serve(folder.path, port, certificate);
      await listening(daemon, port);
      return {
        host: '127.0.0.1',
        ports: { snmp: 161, ssh: 22, ftp: port, telnet: 23, http: 80, https: 443 },
        snmp: null,
        write: null,
        login: { user: peer.login.user, password: new Secret(peer.login.password) },
        transfer: ['ftp'],
        start: ['snmp'],
        plaintext: certificate === null,
        legacySsh: false,
      };
    }

    const options = (network: NetworkAccess, hostKeys?: HostKeyStore): FtpOptions => ({
      network,
      hostKeys,
      signal: new AbortController().signal,
      silenceSeconds: 20,
      clock: systemClock,
    });
    const upload = (where: FtpOptions) =>
      uploadByFtp({ ...where, folder: '/upsfw/', name, bytes, progress: () => undefined });

    function certificate(which: string): CertificateFiles {
      const files = { key: join(folder.path, `${which}.key`), cert: join(folder.path, `${which}.pem`) };
      const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=card'];
      runOnce('openssl', [...args, '-keyout', files.key, '-out', files.cert]);
      return files;
    }

    function pins(known: Map<string, string>): HostKeyStore {
      return {
        get: async (key) => known.get(key) ?? null,
        add: async (key, fingerprint) => {
          known.set(key, fingerprint);
        },
      };
    }

    async function everything(where: FtpOptions): Promise<void> {
      expect(await upload(where)).toBe('done');
      // Overwrites it, as a second attempt does.
      expect(await upload(where)).toBe('done');
      expect(await listByFtp(where, '/upsfw/')).toEqual([{ name, bytes: bytes.length }]);
      expect((await downloadByFtp(where, `/upsfw/${name}`, bytes.length)).equals(bytes)).toBe(true);
      await expect(downloadByFtp(where, `/upsfw/${name}`, bytes.length - 1)).rejects.toMatchObject({
        code: 'device/garbage',
      });
      await removeByFtp(where, '/upsfw/', name);
      expect(await listByFtp(where, '/upsfw/')).toEqual([]);
    }

    it('accepts an image byte for byte, lists its size, returns it and removes it', async () => {
      await everything(options(await serve(null)));
    });

    it('refuses a wrong password, a missing folder and a missing file', async () => {
      const network = await serve(null);
      const wrong = { ...network, login: { user: peer.login.user, password: new Secret('wrong') } };
      await expect(listByFtp(options(wrong), '/upsfw/')).rejects.toMatchObject({ code: 'device/login' });
      await expect(listByFtp(options(network), '/nowhere/')).rejects.toMatchObject({
        code: 'device/no-room',
      });
      await expect(downloadByFtp(options(network), '/upsfw/none', 9)).rejects.toMatchObject({
        code: 'device/no-file',
      });
    });

    it.runIf(peer.tls)('uploads, lists and removes it encrypted, without plaintext: true', async () => {
      const known = new Map<string, string>();
      const network = await serve(certificate('first'));
      await everything(options(network, pins(known)));
      expect([...known.keys()]).toEqual([`ftps://127.0.0.1:${network.ports.ftp}`]);
    });

    it.runIf(peer.tls)('is refused with another certificate, and without one', async () => {
      const known = new Map<string, string>();
      const first = await serve(certificate('first'));
      await listByFtp(options(first, pins(known)), '/upsfw/');
      const [print = ''] = known.values();
      const pinnedTo = (network: NetworkAccess): HostKeyStore =>
        pins(new Map([[`ftps://127.0.0.1:${network.ports.ftp}`, print]]));
      await daemon?.stop();
      const second = await serve(certificate('second'));
      await expect(upload(options(second, pinnedTo(second)))).rejects.toMatchObject({
        code: 'link/certificate',
      });
      await daemon?.stop();
      const none = await serve(null);
      await expect(upload(options(none, pinnedTo(none)))).rejects.toMatchObject({
        code: 'link/certificate',
      });
    });
  });
}
