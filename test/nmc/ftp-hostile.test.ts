import type { Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type NetworkAccess, Problem } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { downloadByFtp, listByFtp, removeByFtp, uploadByFtp } from '../../src/nmc/files/ftp.ts';
import { parseEpsv, parsePasv } from '../../src/nmc/files/ftp-data.ts';
import type { FtpOptions } from '../../src/nmc/files/ftp-session.ts';
import { makeIdentity } from '../support/devices/certificate.ts';
import {
  passive,
  type RawFtp,
  type RawFtpOptions,
  type Reaction,
  startRawFtp,
} from '../support/devices/ftp-server.ts';

const image = Buffer.alloc(300_000, 'image');
let server: RawFtp;
afterEach(() => server?.close());

const start = async (how: RawFtpOptions = {}): Promise<NetworkAccess> => {
  server = await startRawFtp(how);
  return server.network;
};
const options = (network: NetworkAccess, silenceSeconds = 20): FtpOptions => ({
  network,
  signal: new AbortController().signal,
  silenceSeconds,
  clock: systemClock,
});
const upload = (network: NetworkAccess, silenceSeconds = 20) =>
  uploadByFtp({
    ...options(network, silenceSeconds),
    folder: '/upsfw/',
    name: 'a.enc',
    bytes: image,
    progress: () => undefined,
  });

/** Answers one command with a line. */
const at =
  (command: string, line: string): Reaction =>
  ({ verb, control }) => {
    if (verb !== command) return false;
    control.write(`${line}\r\n`);
    return true;
  };

describe('a refusal', () => {
  it.each([
    ['USER', '421 Too many users.', 'device/login-limit'],
    ['PASS', '421 No more sessions.', 'device/login-limit'],
    ['PASS', '530 Sorry, the maximum number of clients (1) are already connected.', 'device/login-limit'],
    ['PASS', '530 Login incorrect.', 'device/login'],
    ['PASS', '332 Need account.', 'device/login-code'],
    ['USER', '332 Need account.', 'device/login-code'],
    ['USER', '331 Enter the one-time code that was sent to you.', 'device/login-code'],
    ['PASS', '331 Enter verification code.', 'device/login-code'],
    ['PASS', '530 Multi-factor authentication required.', 'device/login-code'],
    ['CWD', '550 No such folder.', 'device/no-room'],
    ['STOR', '452 Insufficient storage space.', 'device/no-room'],
    ['STOR', '552 Exceeded storage allocation.', 'device/no-room'],
    ['STOR', '553 File name not allowed.', 'device/no-room'],
    ['STOR', '550 Permission denied.', 'device/no-room'],
    ['STOR', '425 Cannot open data connection.', 'link/ftp'],
    ['STOR', '426 Connection closed, transfer aborted.', 'link/ftp'],
    ['PASV', '425 No port.', 'link/ftp'],
    ['PASV', '227 Nothing here.', 'device/garbage'],
    ['TYPE', '500 \u001b[31mWhat?\u0007', 'link/ftp'],
  ])('of %s by %j is %s', async (command, line, code) => {
    const network = await start({ react: at(command, line) });
    const problem = await upload(network).catch((thrown: unknown) => thrown);
    expect(problem).toMatchObject({ code });
    if (!(problem instanceof Problem)) throw problem;
    expect(problem.message).not.toMatch(/secret/);
    expect([...problem.message].every((letter) => letter >= ' ')).toBe(true);
    if (/42[56]/.test(line)) expect(problem.hint).toContain('passive ports');
  });

  it('to send or remove a file names the file or the folder', async () => {
    const network = await start();
    await expect(downloadByFtp(options(network), 'x', 9)).rejects.toMatchObject({ code: 'device/no-file' });
    await expect(removeByFtp(options(network), '/upsfw/', 'x')).rejects.toMatchObject({
      code: 'device/no-room',
    });
  });

  it('is read, also when its data connection is reset first', async () => {
    const network = await start({
      react: ({ verb, control, server: raw }) => {
        if (verb !== 'RETR') return false;
        void raw.data().then((data) => {
          data.resetAndDestroy();
          data.on('close', () => setTimeout(() => control.write('550 No such file.\r\n'), 100));
        });
        return true;
      },
    });
    await expect(downloadByFtp(options(network), 'x', 9)).rejects.toMatchObject({ code: 'device/no-file' });
  });

  it('of a connection, because all sessions are in use, is not blamed on the login', async () => {
    const network = await start({ greeting: '421 Too many connections.\r\n' });
    await expect(upload(network)).rejects.toMatchObject({ code: 'device/login-limit' });
  });

  it('of the data connection names the port and what to open', async () => {
    const closed = await startRawFtp();
    await closed.close();
    const network = await start({
      react: ({ verb, control }) => {
        if (verb !== 'PASV') return false;
        control.write(passive('127.0.0.1', closed.dataPort));
        return true;
      },
    });
    await expect(upload(network)).rejects.toMatchObject({
      code: 'link/ftp',
      message: expect.stringContaining(`127.0.0.1:${closed.dataPort}`),
      hint: expect.stringContaining('passive ports'),
    });
  });
});

describe('an upload without a final answer', () => {
  /** Accepts every byte, then acts on the control connection instead of answering. */
  const afterTheImage =
    (then: (control: Socket) => void): Reaction =>
    ({ verb, control, server: raw }) => {
      if (verb !== 'STOR') return false;
      control.write('150 Ready.\r\n');
      void raw.data().then((data) => {
        data.resume();
        data.on('end', () => then(control));
      });
      return true;
    };

  it.each<[string, (control: Socket) => void]>([
    ['because the card is gone', (control) => control.destroy()],
    ['because the card resets the connection', (control) => control.resetAndDestroy()],
    ['because the card is silent', () => undefined],
    ['because nonsense comes instead', (control) => control.write(Buffer.alloc(300_000, 0xff))],
  ])('is unknown %s', async (_, then) => {
    const network = await start({ react: afterTheImage(then) });
    expect(await upload(network, 1)).toBe('unknown');
  });

  it('is no success when the card reports an error', async () => {
    const network = await start({ react: afterTheImage((control) => control.write('552 Full.\r\n')) });
    await expect(upload(network)).rejects.toMatchObject({ code: 'device/no-room' });
  });
});

describe('a server that never stops', () => {
  it.each([
    ['a line without an end', Buffer.alloc(64 * 1024, 'x')],
    ['a reply without an end', Buffer.from('220-hello\r\n'.repeat(4000))],
    ['preliminary replies', Buffer.from('120 Soon.\r\n'.repeat(4000))],
    ['lines that are no replies', Buffer.from('hello\r\n'.repeat(4000))],
    ['the same question', Buffer.from('331 Password?\r\n'.repeat(4000))],
  ])('sending %s is disconnected, and little of it is kept', async (_, block) => {
    let taken = 0;
    const network = await start({
      greeting: null,
      react: () => true,
    });
    server.onControl((control) => {
      const more = (): void => {
        if (!control.writable) return;
        taken += block.length;
        control.write(block, more);
      };
      more();
    });
    const problem = await listByFtp(options(network), '/').catch((thrown: unknown) => thrown);
    expect(problem).toMatchObject({ code: expect.stringMatching(/^(device\/garbage|link\/ftp)$/) });
    // The system has buffers of its own; upsfw reads no more than this.
    expect(taken).toBeLessThan(16 * 1024 * 1024);
  });

  it('sending a listing is disconnected', async () => {
    const network = await start({
      react: ({ verb, control, server: raw }) => {
        if (verb !== 'LIST') return false;
        control.write('150 Here it comes.\r\n');
        void raw.data().then((data) => {
          const more = (): void => {
            if (data.writable) data.write(Buffer.alloc(64 * 1024, '1 Nov  5  2020  a\r\n'), more);
          };
          more();
        });
        return true;
      },
    });
    await expect(listByFtp(options(network), '/')).rejects.toMatchObject({ code: 'device/garbage' });
  });

  it.each<[string, RawFtpOptions]>([
    ['is silent', { greeting: null }],
    ['answers no command', { react: () => true }],
    [
      'does not finish its handshake',
      {
        identity: makeIdentity('card'),
        react: ({ verb, control }) => {
          if (verb !== 'AUTH') return false;
          control.removeAllListeners('data');
          control.resume();
          control.write('234 Go ahead.\r\n');
          return true;
        },
      },
    ],
  ])('but %s is disconnected in time', async (_, how) => {
    const network = await start(how);
    await expect(listByFtp(options(network, 1), '/')).rejects.toMatchObject({ code: 'link/timeout' });
  });

  it('is disconnected at once when the operator stops', async () => {
    const stop = new AbortController();
    const network = await start({
      react: () => {
        stop.abort(new Error('stopped'));
        return true;
      },
    });
    await expect(listByFtp({ ...options(network), signal: stop.signal }, '/')).rejects.toThrow('stopped');
  });
});

describe('any bytes', () => {
  const VERBS = ['greeting', 'FEAT', 'USER', 'PASS', 'TYPE', 'CWD', 'EPSV', 'PASV', 'STOR'];
  const line = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.integer({ min: 100, max: 699 }), fc.constantFrom(' ', '-', ''), fc.string({ maxLength: 40 }))
      .map(([code, sign, text]) => Buffer.from(`${code}${sign}${text}\r\n`)),
  );

  it('instead of a reply give a Problem, or have no effect', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...VERBS), fc.array(line, { maxLength: 4 }), async (where, lines) => {
        const bytes = Buffer.concat(lines);
        const raw = await startRawFtp({
          ...(where === 'greeting' ? { greeting: null } : {}),
          react: ({ verb, control }) => {
            if (verb !== where) return false;
            control.end(bytes);
            return true;
          },
        });
        if (where === 'greeting') raw.onControl((control) => control.end(bytes));
        try {
          expect(['done', 'unknown']).toContain(await upload(raw.network, 2));
        } catch (thrown) {
          if (!(thrown instanceof Problem)) throw thrown;
          expect(thrown.code).toMatch(/^(link|device)\//);
        } finally {
          await raw.close();
        }
      }),
      { numRuns: 150 },
    );
  });

  it('of split replies are joined', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 9 }),
        async (sizes) => {
          const raw = await startRawFtp({ pieces: sizes });
          raw.files.set('a.enc', image);
          try {
            expect(await listByFtp(options(raw.network), '/upsfw/')).toEqual([
              { name: 'a.enc', bytes: image.length },
            ]);
          } finally {
            await raw.close();
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('are read as a data address only if they are one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 }),
        fc.constantFrom('(', '', '=', ' '),
        (numbers, before) => {
          const port = (numbers[4] ?? 0) * 256 + (numbers[5] ?? 0);
          expect(parsePasv(`227 Passive ${before}${numbers.join(',')}${before === '(' ? ')' : ''}.`)).toEqual(
            port === 0 ? null : { host: numbers.slice(0, 4).join('.'), port },
          );
        },
      ),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        for (const reply of [text, `227 ${text}`, `229 ${text}`]) {
          const port = parseEpsv(reply) ?? parsePasv(reply)?.port ?? 1;
          expect(port >= 1 && port <= 65_535).toBe(true);
        }
      }),
    );
    for (const reply of [
      '227 (1,2,3,4,5)',
      '227 (1,2,3,4,5,6,7)',
      '227 (256,2,3,4,5,6)',
      '227 (1,2,3,4,999,6)',
      '227 (1,2,3,-4,5,6)',
      '228 (1,2,3,4,5,6)',
      '227 1.2.3.4,5,6',
    ])
      expect(parsePasv(reply), reply).toBeNull();
    expect(parseEpsv('229 Entering Extended Passive Mode (|||6446|)')).toBe(6446);
    expect(parseEpsv('229 Entering (!!!6446!)')).toBe(6446);
    for (const reply of [
      '229 (|||0|)',
      '229 (|||65536|)',
      '229 (|1|1.2.3.4|99|)',
      '229 (||!99|)',
      '200 (|||99|)',
    ])
      expect(parseEpsv(reply), reply).toBeNull();
  });
});
