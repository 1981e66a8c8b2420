import { once } from 'node:events';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { Client } from 'basic-ftp';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACCESS } from '../../src/sim/access.ts';
import { buildCardFile, type CardFileRecipe, cardFileName } from '../../src/sim/device/card-file-builder.ts';
import { portOf } from '../../src/sim/endpoints/endpoint.ts';
import {
  closeFtp,
  dial,
  dialIn,
  dialPassive,
  dialWhenOpen,
  type FtpDevice,
  fetched,
  login,
  makeFtp,
} from '../support/devices/ftp-device.ts';

const IMAGE = Buffer.alloc(300_000, 'a line\nand another\n');

let client: Client;
beforeEach(() => {
  client = new Client();
});
afterEach(async () => {
  client.close();
  await closeFtp();
});

const upload = (name: string, bytes: Buffer = IMAGE): Promise<unknown> =>
  client.uploadFrom(Readable.from([bytes]), name);

describe('the FTP server of a card', () => {
  it('stores a file in upsfw, lists it, returns it and deletes it', async () => {
    const { device, port } = await makeFtp();
    await login(client, port);
    await client.cd('upsfw');
    expect(await client.pwd()).toBe('/upsfw');
    await upload('a.enc');
    expect(device.files.get('a.enc')?.equals(IMAGE)).toBe(true);
    await client.send('CWD /');
    const line = await dialIn(port);
    expect(await line.send('LIST')).toBe('425 Use PASV or PORT first.');
    expect((await fetched(client, '/upsfw/a.enc')).equals(IMAGE)).toBe(true);
    expect((await client.send('DELE upsfw/a.enc')).code).toBe(250);
    expect(device.files.size).toBe(0);
    expect(device.counters).toMatchObject({ logins: 2, uploads: 1, downloads: 1, deletes: 1 });
    await expect(client.send('DELE upsfw/a.enc')).rejects.toMatchObject({ code: 550 });
    await expect(fetched(client, '/upsfw/a.enc')).rejects.toMatchObject({ code: 550 });
    await expect(client.cd('/etc')).rejects.toMatchObject({ code: 550 });
  });

  it('returns its event log and its settings, but not files that it only lists', async () => {
    const { device, port } = await makeFtp();
    await login(client, port);
    expect((await fetched(client, 'event.txt')).toString('latin1')).toBe(device.logText);
    expect((await fetched(client, '/config.ini')).toString('latin1')).toContain('[NetworkSNMP]');
    await expect(fetched(client, device.card.fileName('os'))).rejects.toMatchObject({ code: 550 });
    expect(device.writes).toBe(0);
  });

  it('keeps the event log in its own folder if the persona says so', async () => {
    const { device, port } = await makeFtp({ change: { logPlace: 'logs' } });
    await login(client, port);
    await client.cd('logs');
    expect((await fetched(client, 'event.txt')).toString('latin1')).toBe(device.logText);
  });

  it('doubles line ends in text mode, in both directions', async () => {
    const { device, port } = await makeFtp();
    await login(client, port);
    await client.send('TYPE A');
    await upload('/upsfw/a.enc', Buffer.from('one\ntwo\n'));
    expect(device.files.get('a.enc')?.toString()).toBe('one\r\ntwo\r\n');
    expect((await fetched(client, '/upsfw/a.enc')).toString()).toBe('one\r\r\ntwo\r\r\n');
  });

  it('connects to the client in active mode', async () => {
    const { device, port } = await makeFtp();
    device.files.set('a.enc', Buffer.from('content'));
    const line = await dialIn(port);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const mine = portOf(server);
    const got = once(server, 'connection').then(async ([socket]) => {
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      return text;
    });
    expect(await line.send('TYPE I')).toMatch(/^200 /);
    expect(await line.send(`PORT 127,0,0,1,${mine >> 8},${mine & 0xff}`)).toMatch(/^200 /);
    await line.send('RETR /upsfw/a.enc');
    expect(await got).toBe('content');
    await line.until(/^226 /m);
    server.close();
  });

  it('refuses other hosts in active mode, and reports a failed connection', async () => {
    const { port } = await makeFtp();
    const line = await dialIn(port);
    for (const wrong of ['127,0,0,2,9,9', '127,0,0,1,0,0', '127,0,0,1,256,1', '127,0,0,1,9', 'x'])
      expect(await line.send(`PORT ${wrong}`)).toMatch(/^501 /);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const gone = portOf(server);
    server.close();
    await once(server, 'close');
    await line.send(`PORT 127,0,0,1,${gone >> 8},${gone & 0xff}`);
    await line.send('LIST');
    await line.until(/^425 /m);
  });

  it('supports neither TLS nor features if the persona has none', async () => {
    const { port } = await makeFtp();
    const line = await dialIn(port);
    for (const command of ['FEAT', 'AUTH TLS', 'PBSZ 0', 'PROT P', 'EPSV', 'SIZE a.enc'])
      expect(await line.send(command)).toBe('502 Command not implemented.');
  });

  it('hangs up after a restart that switched it off', async () => {
    const { device, port } = await makeFtp();
    device.card.setFtp(false);
    await (await dial(port)).until(/^220 /);
    device.card.restart(10);
    await device.until(({ cardUp }) => cardUp);
    const line = await dialWhenOpen(port);
    await line.closed();
    expect(line.text()).toBe('');
  });

  it('refuses a wrong password, and any login before the first password is replaced', async () => {
    const { device, port } = await makeFtp();
    const line = await dial(port);
    await line.until(/^220 .*\r\n/);
    expect(await line.send('LIST')).toBe('530 Please login with USER and PASS.');
    await line.send(`USER ${ACCESS.user}`);
    expect(await line.send('PASS wrong')).toMatch(/^530 /);
    device.inject('password-change');
    await line.send(`USER ${ACCESS.user}`);
    expect(await line.send(`PASS ${ACCESS.password}`)).toMatch(/^530 /);
    expect(device.counters.logins).toBe(0);
  });
});

describe('firmware for the card over FTP', () => {
  const OS: CardFileRecipe = { platform: 'hw05', part: 'aos', version: 'v7.1.8' };

  it('closes the connection without a reply, and the port until the card is back', async () => {
    const { device, port } = await makeFtp({ speed: 600 });
    await login(client, port);
    const failed = upload(cardFileName(OS), buildCardFile(OS)).then(
      () => 'complete',
      (error: unknown) => String(error),
    );
    await device.until(({ cardUp }) => !cardUp);
    const refused = dial(port).then(
      () => 'open',
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(await failed).not.toBe('complete');
    expect(await refused).toBe('ECONNREFUSED');
    await device.until(({ cardUp }) => cardUp);
    expect(device.osVersion).toBe('v7.1.8');
    expect(device.counters).toMatchObject({ cardFlashes: 1, uploads: 0 });
  });

  it('is refused if the card cannot use it', async () => {
    const { device, port } = await makeFtp();
    await login(client, port);
    await expect(upload('anything.bin')).rejects.toMatchObject({ code: 550 });
    await expect(upload('/logs/a.enc')).rejects.toMatchObject({ code: 550 });
    expect(device.cardUp).toBe(true);
  });
});

describe('a fault of the FTP server', () => {
  it('ftp-pasv-other-host names another address, where nothing listens', async () => {
    const { port } = await makeFtp({ faults: ['ftp-pasv-other-host'] });
    const line = await dialIn(port);
    // The data connection is still available at the card's real address.
    const data = await dialPassive(line, '127,1,0,1');
    await line.send('LIST');
    await data.until(/upsfw\//);
  });

  it('ftp-floods answers the login with a line of a megabyte', async () => {
    const { port } = await makeFtp({ faults: ['ftp-floods'] });
    const line = await dialIn(port);
    expect(line.text().length).toBeGreaterThan(1_000_000);
    expect(line.text()).toMatch(/^230 x+\r\n$/);
  });

  it('ftp-stalls accepts half of a file and then stops responding', async () => {
    const { device, port } = await makeFtp({ faults: ['ftp-stalls'] });
    const line = await dialIn(port);
    const data = await dialPassive(line);
    await line.send('STOR /upsfw/a.enc');
    data.socket.end(IMAGE);
    line.socket.write('NOOP\r\n');
    // Other clients are served meanwhile.
    await login(client, port);
    await upload('/upsfw/small.enc', Buffer.from('small'));
    line.socket.end();
    await line.closed();
    data.socket.destroy();
    expect(line.text()).not.toMatch(/^[245]26 /m);
    expect([...device.files.keys()]).toEqual(['small.enc']);
  });

  it('ftp-login-limit sends 421 instead of a greeting and closes', async () => {
    const { device, port } = await makeFtp({ faults: ['ftp-login-limit'] });
    const line = await dial(port);
    await line.closed();
    expect(line.text()).toBe('421 Too many users logged in.\r\n');
    expect(device.counters.logins).toBe(0);
  });

  it('ftp-no-room refuses every file; a card with little flash refuses one that is too large', async () => {
    const { device, port } = await makeFtp({ faults: ['ftp-no-room'], change: { flashBytes: 100_000 } });
    await login(client, port);
    await expect(upload('/upsfw/a.enc', Buffer.from('small'))).rejects.toMatchObject({ code: 552 });
    device.clearFault('ftp-no-room');
    await upload('/upsfw/a.enc', Buffer.from('small'));
    await expect(upload('/upsfw/b.enc')).rejects.toThrow();
    expect([...device.files.keys()]).toEqual(['a.enc']);
  });

  it.each(['ftp-hang-up-half-way', 'ftp-no-final-reply'] as const)(
    '%s ends the control connection',
    async (fault) => {
      const { device, port } = await makeFtp({ faults: [fault] });
      await login(client, port);
      await expect(upload('/upsfw/a.enc')).rejects.toThrow();
      expect(device.counters.uploads).toBe(fault === 'ftp-no-final-reply' ? 1 : 0);
    },
  );
});

describe('arbitrary input', () => {
  const VERBS = 'USER PASS CWD PWD PASV PORT LIST RETR STOR DELE TYPE FEAT AUTH PBSZ PROT QUIT NOOP'.split(
    ' ',
  );
  const byte = fc.oneof(fc.integer({ min: 0, max: 31 }), fc.integer({ min: 0, max: 255 }));
  const junk = fc.array(byte, { maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const line = fc.tuple(fc.constantFrom(...VERBS, ''), junk).map(([verb, rest]) => `${verb} ${rest}\r\n`);

  it('never stops the server, with or without a login', async () => {
    const bench: FtpDevice = await makeFtp({ change: { ftpTls: true } });
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(fc.oneof(line, junk), { maxLength: 12 }),
        async (inside, lines) => {
          const hostile = await (inside ? dialIn(bench.port) : dial(bench.port));
          hostile.socket.end(Buffer.from(lines.join(''), 'latin1'));
          await hostile.closed();
          const next = await dialIn(bench.port);
          const answer = await next.send('NOOP');
          next.socket.destroy();
          return answer === '200 Command okay.';
        },
      ),
      { numRuns: 150 },
    );
    expect(bench.device.counters.uploads).toBe(0);
  });
});
