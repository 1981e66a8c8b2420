import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { Readable } from 'node:stream';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { Client } from 'basic-ftp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ACCESS } from '../../src/sim/access.ts';
import { selfSigned } from '../../src/sim/endpoints/certificate.ts';
import { portOf } from '../../src/sim/endpoints/endpoint.ts';
import { openTelnetEndpoint } from '../../src/sim/endpoints/telnet.ts';
import { openHttpEndpoint, openHttpsEndpoint } from '../../src/sim/endpoints/web.ts';
import { type SimulatedFleet, startFleet } from '../../src/sim/fleet.ts';
import { loadPersona, type Persona } from '../../src/sim/personas.ts';
import { type DeviceOptions, makeDevice } from '../support/devices/device.ts';
import { closeFtp, dial, fetched, keepEndpoint, type Line, makeFtp } from '../support/devices/ftp-device.ts';

let client: Client;
let fleet: SimulatedFleet | null = null;
beforeEach(() => {
  client = new Client();
});
afterEach(async () => {
  client.close();
  await fleet?.close();
  fleet = null;
  await closeFtp();
});

/** The certificate that a TLS server presents. */
async function shown(port: number): Promise<X509Certificate> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  if (certificate === undefined) throw new Error('no certificate was shown');
  return certificate;
}

describe('a self-signed certificate of a card', () => {
  it('is readable by others, with the name of the card, its own signature and a year of validity', () => {
    for (const name of ['ZA1532123456', 'a name that is longer, up to the 64 characters that it may have']) {
      const { cert } = selfSigned(name);
      const read = new X509Certificate(cert);
      expect(read.subject).toBe(`CN=${name.replace(',', '\\,')}`);
      expect(read.issuer).toBe(read.subject);
      expect(read.checkIssued(read)).toBe(true);
      expect(read.verify(read.publicKey)).toBe(true);
      expect(Date.parse(read.validFrom)).toBeLessThan(Date.now());
      expect(Date.parse(read.validTo)).toBeGreaterThan(Date.now() + 300 * 86_400_000);
    }
  });

  it('is the same for a name and number, and differs between them', () => {
    expect(selfSigned('a').cert).toBe(selfSigned('a', 0).cert);
    expect(new Set([selfSigned('a').cert, selfSigned('a', 1).cert, selfSigned('b').cert]).size).toBe(3);
  });

  it('works in a handshake with a client that trusts it', async () => {
    const { key, cert } = selfSigned('card.example');
    const server = createServer({ key, cert }, (socket) => socket.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server);
    const socket: TLSSocket = connect({
      port,
      host: '127.0.0.1',
      ca: cert,
      checkServerIdentity: () => undefined,
    });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
    server.close();
  });
});

describe('FTP with explicit TLS', () => {
  const OPTIONS: DeviceOptions = { change: { ftpTls: true } };
  const enter = async (port: number): Promise<void> => {
    await client.connect('127.0.0.1', port);
    await client.useTLS({ rejectUnauthorized: false });
    await client.login(ACCESS.user, ACCESS.password);
    await client.useDefaultSettings();
  };

  /** A connection that is about to be encrypted. */
  const dialTls = async (port: number): Promise<Line> => {
    const line = await dial(port);
    await line.until(/^220 .*\r\n/);
    expect(await line.send('AUTH TLS')).toMatch(/^234 /);
    return line;
  };
  const encrypted = async ({ socket }: Line): Promise<TLSSocket> => {
    socket.removeAllListeners('data');
    const secure = connect({ socket, rejectUnauthorized: false });
    secure.on('error', () => undefined);
    await once(secure, 'secureConnect');
    return secure;
  };

  it('encrypts the login and files in both directions', async () => {
    const { device, port } = await makeFtp(OPTIONS);
    await enter(port);
    expect((await client.features()).get('AUTH')).toBe('TLS');
    const image = Buffer.alloc(200_000, 'image\n');
    await client.uploadFrom(Readable.from([image]), '/upsfw/a.enc');
    expect(device.files.get('a.enc')?.equals(image)).toBe(true);
    expect((await fetched(client, '/upsfw/a.enc')).equals(image)).toBe(true);
    expect(device.counters).toMatchObject({ logins: 1, uploads: 1, downloads: 1 });
  });

  it('drops what was sent unencrypted, and accepts PBSZ and PROT only when encrypted', async () => {
    const { device, port } = await makeFtp(OPTIONS);
    const line = await dial(port);
    await line.until(/^220 .*\r\n/);
    expect(await line.send('PROT P')).toMatch(/^501 /);
    expect(await line.send('AUTH SSL')).toMatch(/^501 /);
    await line.send(`USER ${ACCESS.user}`);
    expect(await line.send('AUTH TLS\r\nDELE /upsfw/a.enc')).toMatch(/^234 /);
    const secure = await encrypted(line);
    const answer = once(secure, 'data');
    secure.write(`PASS ${ACCESS.password}\r\n`);
    expect(String(await answer)).toBe('530 Login incorrect.\r\n');
    expect(device.counters.logins).toBe(0);
  });

  it('ends when the card goes down', async () => {
    const { device, port } = await makeFtp(OPTIONS);
    const secure = await encrypted(await dialTls(port));
    const closed = once(secure, 'close');
    device.card.stop();
    await closed;
    await expect(dial(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('closes on an invalid handshake', async () => {
    const { port } = await makeFtp(OPTIONS);
    const line = await dialTls(port);
    line.socket.write('this is no handshake\r\n');
    await line.closed();
    await enter(port);
  });

  it.each([
    ['ftp-tls-certificate-changes' as const, [false, true, true]],
    [null, [false, false, false]],
  ])('presents certificates as its faults send (%s)', async (fault, changed) => {
    const { device, port } = await makeFtp({ ...OPTIONS, faults: fault === null ? [] : [fault] });
    const first = new X509Certificate(selfSigned(device.cardSerial).cert).fingerprint256;
    for (const other of changed) {
      client = new Client();
      await enter(port);
      const { socket } = client.ftp;
      const seen = 'getPeerX509Certificate' in socket ? socket.getPeerX509Certificate() : undefined;
      expect(seen?.fingerprint256 === first).toBe(!other);
      client.close();
    }
  });

  it('is not offered from the second connection on with ftp-tls-gone', async () => {
    const { port } = await makeFtp({ ...OPTIONS, faults: ['ftp-tls-gone'] });
    const answers: string[] = [];
    for (let connection = 0; connection < 3; connection += 1) {
      const line = await dial(port);
      await line.until(/^220 .*\r\n/);
      answers.push((await line.send('AUTH TLS')).slice(0, 3));
      line.socket.destroy();
    }
    expect(answers).toEqual(['234', '502', '502']);
  });
});

describe('telnet', () => {
  const open = async (options: DeviceOptions = {}) => {
    const { device } = await makeDevice(options);
    return { device, port: (await keepEndpoint(openTelnetEndpoint(device, '127.0.0.1'))).port };
  };

  it('asks for name and password, hides the password, and then gives the command line', async () => {
    const { device, port } = await open();
    const line = await dial(port);
    await line.until(/^User Name : $/);
    line.socket.write(`${ACCESS.user}\r\n`);
    await line.until(/Password {2}: $/);
    line.socket.write(`${ACCESS.password}\r\0`);
    await line.until(/apc>$/);
    line.socket.write('whoami\r\n');
    await line.until(/E000: Success\r\napc\r\n[\s\S]*apc>$/);
    expect(line.text()).not.toContain(ACCESS.password);
    expect(line.text()).toMatch(/Telnet +: Disabled/);
    line.socket.write('exit\r\n');
    await line.closed();
    expect(line.text()).toContain('Connection Closed - Bye');
    expect(device.counters).toMatchObject({ logins: 1, commands: 2 });
  });

  it('closes after three wrong passwords', async () => {
    const { device, port } = await open();
    const line = await dial(port);
    for (let attempt = 0; attempt < 3; attempt += 1) line.socket.write(`${ACCESS.user}\r\nwrong\r\n`);
    await line.closed();
    expect(line.text().match(/User Name : /g)).toHaveLength(3);
    expect(device.counters).toMatchObject({ logins: 0, commands: 0 });
  });

  it('drops protocol commands, however they are split', async () => {
    const { device, port } = await open({ change: { telnet: true } });
    const line = await dial(port);
    await line.until(/^User Name : $/);
    const typed = `\u00ff\u00fb\u0018a\u00ff\u00fa\u0018\u0000linux\u00ff\u00f0p\u00ff\u00f1c\r\n${ACCESS.password}\r\n`;
    line.socket.setNoDelay(true);
    for (const byte of Buffer.from(typed, 'latin1')) {
      line.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await line.until(/apc>$/);
    expect(line.text()).toMatch(/^User Name : apc\r\n/);
    expect(line.text()).toMatch(/Telnet +: Enabled/);
    expect(device.counters.logins).toBe(1);
  });

  it('is closed and refused while the card is down', async () => {
    const { device, port } = await open();
    const line = await dial(port);
    device.card.stop();
    await line.closed();
    await expect(dial(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('the web page', () => {
  const fetch = async (url: string): Promise<{ response: IncomingMessage; text: string }> => {
    const get = url.startsWith('https:') ? getSecure : getPlain;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { agent: false, rejectUnauthorized: false }, resolve).on('error', reject);
    });
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return { response, text };
  };

  it('names the card, over HTTP and over HTTPS', async () => {
    const { device } = await makeDevice({ change: { http: 'plain' } });
    const plain = await keepEndpoint(openHttpEndpoint(device, '127.0.0.1', null));
    const secure = await keepEndpoint(openHttpsEndpoint(device, '127.0.0.1'));
    for (const url of [`http://127.0.0.1:${plain.port}/`, `https://127.0.0.1:${secure.port}/any`]) {
      const { response, text } = await fetch(url);
      expect(response.statusCode).toBe(200);
      expect(text).toContain(`${device.persona.card.model} rack`);
    }
    expect(device.writes).toBe(0);
  });

  it('only redirects to HTTPS if the persona says so', async () => {
    const { device } = await makeDevice({ change: { http: 'redirect' } });
    const secure = await keepEndpoint(openHttpsEndpoint(device, '127.0.0.1'));
    const plain = await keepEndpoint(openHttpEndpoint(device, '127.0.0.1', secure.port));
    const { response, text } = await fetch(`http://127.0.0.1:${plain.port}/`);
    expect(response.statusCode).toBe(301);
    expect(response.headers.location).toBe(`https://127.0.0.1:${secure.port}/`);
    expect(text).toBe('');
    expect((await fetch(response.headers.location ?? '')).response.statusCode).toBe(200);
  });

  it('presents the same certificate each time, and with certificate-changes another from the second time on', async () => {
    const { device } = await makeDevice();
    const { port } = await keepEndpoint(openHttpsEndpoint(device, '127.0.0.1'));
    const first = (await shown(port)).fingerprint256;
    expect((await shown(port)).fingerprint256).toBe(first);
    device.inject('certificate-changes');
    expect((await shown(port)).fingerprint256).not.toBe(first);
  });

  it('survives invalid requests and handshakes, and closes with the card', async () => {
    const { device } = await makeDevice({ change: { http: 'plain' } });
    const plain = await keepEndpoint(openHttpEndpoint(device, '127.0.0.1', null));
    const secure = await keepEndpoint(openHttpsEndpoint(device, '127.0.0.1'));
    for (const { port } of [plain, secure]) {
      const line = await dial(port);
      line.socket.write('\0\u0001 neither\r\n\r\n');
      await line.closed();
      const leaving = await dial(port);
      leaving.socket.write('GET');
      leaving.socket.resetAndDestroy();
    }
    expect((await shown(secure.port)).subject).toBe(`CN=${device.cardSerial}`);
    const open = connect({ port: secure.port, host: '127.0.0.1', rejectUnauthorized: false });
    open.on('error', () => undefined);
    await once(open, 'secureConnect');
    const closed = once(open, 'close');
    device.card.stop();
    await closed;
    await expect(shown(secure.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('a fleet', () => {
  it('lists in its inventory exactly the ports that a unit has', async () => {
    const persona: Persona = {
      ...(await loadPersona('smx1500-current')),
      telnet: true,
      http: 'redirect',
      https: true,
    };
    fleet = await startFleet({
      speed: 1000,
      units: [
        { name: 'all', site: 'here', persona },
        { name: 'few', site: 'here', persona: 'smx1500-current' },
      ],
    });
    const [all, few] = fleet.units;
    const ports: unknown = parse(fleet.inventory('images')).sites[0].units.map(
      (unit: { ports: unknown }) => unit.ports,
    );
    const { telnet: _, http: __, https: ___, ...older } = few?.ports ?? {};
    expect(ports).toEqual([all?.ports, older]);
    expect(Object.values(all?.ports ?? {}).every((port) => port !== null && port > 0)).toBe(true);
    expect([few?.ports.telnet, few?.ports.http, few?.ports.https]).toEqual([null, null, null]);
  });
});
