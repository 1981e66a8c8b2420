import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { NetworkAccess } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { downloadByFtp, listByFtp, uploadByFtp } from '../../src/nmc/files/ftp.ts';
import type { FtpOptions } from '../../src/nmc/files/ftp-session.ts';
import { offersTls } from '../../src/nmc/files/ftp-tls.ts';
import type { HostKeyStore } from '../../src/nmc/session/ssh.ts';
import { makeIdentity } from '../support/devices/certificate.ts';
import { type RawFtp, type RawFtpOptions, startRawFtp } from '../support/devices/ftp-server.ts';

const FIRST = makeIdentity('card');
const SECOND = makeIdentity('card');
const image = Buffer.alloc(300_000, 'image');
let server: RawFtp;
afterEach(() => server?.close());

function store(known = new Map<string, string>()): HostKeyStore & { readonly known: Map<string, string> } {
  return {
    known,
    get: async (name) => known.get(name) ?? null,
    add: async (name, fingerprint) => {
      known.set(name, fingerprint);
    },
  };
}

async function start(how: RawFtpOptions, plaintext: boolean): Promise<NetworkAccess> {
  server = await startRawFtp(how);
  return { ...server.network, plaintext };
}

const options = (network: NetworkAccess, hostKeys?: HostKeyStore): FtpOptions => ({
  network,
  hostKeys,
  signal: new AbortController().signal,
  silenceSeconds: 20,
  clock: systemClock,
});

/** The same card at the same address, with another certificate or none. */
const sameName = (keys: ReturnType<typeof store>): string =>
  [...keys.known.keys()].join().replace(/\d+$/, String(server.network.ports.ftp));

const plaintextCommands = (): readonly string[] =>
  server.commands.filter((line) => !line.startsWith('encrypted ') && /^(USER|PASS)/.test(line));

describe('a server that offers encryption', () => {
  it('is used encrypted, without plaintext: true, and its certificate is stored', async () => {
    const network = await start({ identity: FIRST }, false);
    const keys = store();
    const upload = { folder: '/upsfw/', name: 'a.enc', bytes: image, progress: () => undefined };
    expect(await uploadByFtp({ ...options(network, keys), ...upload })).toBe('done');
    expect(server.files.get('a.enc')?.equals(image)).toBe(true);
    const print = new X509Certificate(FIRST.cert).fingerprint256.replaceAll(':', '');
    const expected = Buffer.from(print, 'hex').toString('base64').replace(/=+$/, '');
    expect([...keys.known]).toEqual([[`ftps://127.0.0.1:${network.ports.ftp}`, `SHA256:${expected}`]]);
    expect(await listByFtp(options(network, keys), '/upsfw/')).toEqual([{ name: 'a.enc', bytes: 300_000 }]);
    expect((await downloadByFtp(options(network, keys), 'a.enc', 300_000)).equals(image)).toBe(true);
    expect(plaintextCommands()).toEqual([]);
    expect(server.commands.filter((line) => line === 'encrypted PASS secret')).toHaveLength(3);
  });

  it('is refused with another certificate than the known one, before the login', async () => {
    const keys = store();
    await listByFtp(options(await start({ identity: FIRST }, true), keys), '/upsfw/');
    const [known = ''] = keys.known.values();
    await server.close();
    const network = await start({ identity: SECOND }, true);
    const moved = store(new Map([[sameName(keys), known]]));
    await expect(listByFtp(options(network, moved), '/upsfw/')).rejects.toMatchObject({
      code: 'link/certificate',
      message: expect.stringContaining(known),
      hint: expect.stringContaining('known-hosts.json'),
    });
    expect(server.commands.join()).not.toMatch(/USER|PASS/);
    expect([...moved.known.values()]).toEqual([known]);
  });

  it('is refused when it no longer offers encryption, also with plaintext: true', async () => {
    const keys = store();
    await listByFtp(options(await start({ identity: FIRST }, true), keys), '/upsfw/');
    await server.close();
    const network = await start({}, true);
    const moved = store(new Map([[sameName(keys), 'SHA256:first']]));
    await expect(listByFtp(options(network, moved), '/upsfw/')).rejects.toMatchObject({
      code: 'link/certificate',
      message: expect.stringContaining('offers no encryption now'),
    });
    expect(server.commands.join()).not.toMatch(/USER|PASS/);
  });

  it('is refused when its data connection is with another host, which gets no byte of the image', async () => {
    const network = await start({ identity: FIRST, dataIdentity: SECOND }, false);
    const upload = { folder: '/upsfw/', name: 'a.enc', bytes: image, progress: () => undefined };
    await expect(uploadByFtp({ ...options(network, store()), ...upload })).rejects.toMatchObject({
      code: 'link/certificate',
      message: expect.stringContaining('data connection'),
    });
    expect(server.files.get('a.enc')?.length ?? 0).toBe(0);
  });

  it('counts as plaintext without known hosts', async () => {
    const network = await start({ identity: FIRST }, false);
    await expect(listByFtp(options(network), '/upsfw/')).rejects.toMatchObject({ code: 'refused/plaintext' });
    const allowed = { ...network, plaintext: true };
    expect(await listByFtp(options(allowed), '/upsfw/')).toEqual([]);
    expect(plaintextCommands()).toEqual([]);
  });

  it('is not used without encryption when its encryption fails', async () => {
    const network = await start(
      {
        identity: FIRST,
        react: ({ verb, control }) => {
          if (verb !== 'AUTH') return false;
          control.write('234 Go ahead.\r\n530 hello\r\n');
          control.removeAllListeners('data');
          control.end('this is no handshake\r\n');
          return true;
        },
      },
      true,
    );
    await expect(listByFtp(options(network, store()), '/upsfw/')).rejects.toMatchObject({ code: 'link/ftp' });
    expect(server.commands.join()).not.toMatch(/USER|PASS/);
  });
});

describe('a server without encryption', () => {
  it('gets no user name and no password without plaintext: true', async () => {
    const network = await start({}, false);
    await expect(listByFtp(options(network, store()), '/upsfw/')).rejects.toMatchObject({
      code: 'refused/plaintext',
      hint: expect.stringContaining('plaintext: true'),
    });
    expect(server.commands.join()).not.toMatch(/USER|PASS/);
  });
});

describe('the offer of encryption', () => {
  it.each([
    ['211-Features:\n AUTH TLS\n211 End', true],
    ['211-Features\n AUTH SSL\n AUTH TLS\n PASV\n211 End', true],
    ['211-Extensions\n AUTH TLS;TLS-C;SSL;\n211 END', true],
    ['211-Extensions\n AUTH SSL;TLS;\n211 END', true],
    ['211-Features:\n AUTH SSL\n PBSZ\n211 End', false],
    ['211-Features:\n XAUTH TLS\n211 End', false],
    ['211 no features', false],
  ])('is read in %j', (reply, offered) => {
    expect(offersTls(reply)).toBe(offered);
  });
});
