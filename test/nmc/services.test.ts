import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type NetworkAccess,
  Secret,
  type ServiceLook,
  type ServiceName,
  type UnitTarget,
} from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { lookAtServices } from '../../src/nmc/index.ts';
import { readCertificate, signatureHash } from '../../src/nmc/services/certificate.ts';
import { readGreeting } from '../../src/nmc/services/ftp-probe.ts';
import { readHostKey, readOfferLine } from '../../src/nmc/services/ssh-probe.ts';
import { loadRules, type RuleBook, serviceFindings } from '../../src/rules/index.ts';
import { startFleet } from '../../src/sim/index.ts';
import { createSnmpHub, type SnmpHub } from '../../src/snmp/index.ts';
import { closedPort, httpPeer, httpsPeer, type Peer, sshPeer, tcpPeer } from '../support/devices/services.ts';
import { anyText } from '../support/values/text.ts';
import { LONG } from '../support/values/timeouts.ts';

const SECONDS = { port: 2, ftp: 2, http: 2, https: 4, ssh: 10 };
const OLD_SSH = {
  kex: ['diffie-hellman-group1-sha1' as const],
  serverHostKey: ['ssh-rsa' as const],
  cipher: ['aes128-cbc' as const],
  hmac: ['hmac-md5' as const],
};

let hub: SnmpHub;
let book: RuleBook;
let peers: Peer[];
let pins: Map<string, string>;
let closed: number;

beforeEach(async () => {
  hub = createSnmpHub({ clock: systemClock, timeoutMs: 1000, retries: 0 });
  book = await loadRules();
  peers = [];
  pins = new Map();
  closed = await closedPort();
});
afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
  await hub.close();
});

function keep<T extends Peer>(peer: T): T {
  peers.push(peer);
  return peer;
}

function target(ports: Partial<NetworkAccess['ports']>, network: Partial<NetworkAccess> = {}): UnitTarget {
  const all = {
    snmp: closed,
    ssh: closed,
    ftp: closed,
    telnet: closed,
    http: closed,
    https: closed,
    ...ports,
  };
  return {
    site: 'berlin',
    name: 'a',
    serial: null,
    network: {
      host: '127.0.0.1',
      ports: all,
      snmp: null,
      write: null,
      login: null,
      transfer: ['scp'],
      start: ['cli'],
      plaintext: false,
      legacySsh: false,
      ...network,
    },
    local: null,
    window: null,
    switchOutput: null,
    feeds: [],
    redundantWith: [],
  };
}

function look(at: UnitTarget, now = new Date('2026-12-01T00:00:00Z')): Promise<ServiceLook> {
  const hostKeys = {
    get: (name: string) => Promise.resolve(pins.get(name) ?? null),
    add: (name: string, fingerprint: string) => {
      pins.set(name, fingerprint);
      return Promise.resolve();
    },
  };
  const context = { clock: { ...systemClock, now: () => now }, signal: new AbortController().signal };
  return lookAtServices({ hub, hostKeys, seconds: SECONDS }, at, context);
}

function on(seen: ServiceLook, name: ServiceName): boolean | null | undefined {
  return seen.services.find(({ service }) => service === name)?.on;
}

function codes(seen: ServiceLook): readonly string[] {
  return serviceFindings(book, seen).map(({ code }) => code);
}

describe('a card with every port closed', { timeout: LONG }, () => {
  it('has its services off, and SNMP not known without a credential', async () => {
    const seen = await look(target({}));
    for (const name of ['telnet', 'ftp', 'http', 'https', 'ssh'] as const) expect(on(seen, name)).toBe(false);
    expect(on(seen, 'snmp-v1')).toBeNull();
    expect(on(seen, 'snmp-v3')).toBeNull();
    expect(codes(seen)).toEqual([]);
  });

  it('has SNMP not known if it is silent, which is no finding', async () => {
    const snmp = { version: '2c' as const, community: new Secret('very-secret') };
    const seen = await look(target({}, { snmp }));
    expect(on(seen, 'snmp-v1')).toBeNull();
    expect(JSON.stringify(seen)).not.toContain('very-secret');
    expect(codes(seen)).toEqual([]);
  });
});

it('a host name without an address gives unknown services and no error', async () => {
  const seen = await look(
    target({}, { host: 'no-such-host.invalid', snmp: { version: '1', community: new Secret('x') } }),
  );
  expect(seen.services.map((service) => service.on)).toEqual([null, null, null, null, null, null, null]);
  expect(codes(seen)).toEqual([]);
});

it('a look that is stopped throws its reason', async () => {
  const control = new AbortController();
  control.abort(new Error('stopped'));
  const hostKeys = { get: () => Promise.resolve(null), add: () => Promise.resolve() };
  const context = { clock: systemClock, signal: control.signal };
  await expect(lookAtServices({ hub, hostKeys }, target({}), context)).rejects.toThrow('stopped');
});

describe('telnet', { timeout: LONG }, () => {
  it('is on if its port is open', async () => {
    const seen = await look(target({ telnet: keep(await tcpPeer('User Name : ')).port }));
    expect(on(seen, 'telnet')).toBe(true);
    expect(codes(seen)).toEqual(['TELNET_ON']);
  });
});

describe('ftp', { timeout: LONG }, () => {
  const GREETING = '220 AP9630 Network Management Card AOS v6.0.6 FTP server ready.\r\n';

  it('has a greeting, and is a finding without TLS', async () => {
    const peer = keep(
      await tcpPeer(GREETING, { FEAT: '211-Features:\r\n SIZE\r\n211 End\r\n', QUIT: '221 Bye\r\n' }),
    );
    const seen = await look(target({ ftp: peer.port }));
    expect(seen.services[1]?.detail).toContain(
      '"AP9630 Network Management Card AOS v6.0.6 FTP server ready."',
    );
    expect(seen.ftpTls).toBe(false);
    expect(codes(seen)).toEqual(['FTP_ON']);
    expect(peer.lines).toEqual(['FEAT', 'QUIT']);
  });

  it('that offers TLS is no finding', async () => {
    const features = '211-Features:\r\n AUTH TLS\r\n SIZE\r\n211 End\r\n';
    const seen = await look(
      target({ ftp: keep(await tcpPeer(GREETING, { FEAT: features, QUIT: '221 Bye\r\n' })).port }),
    );
    expect(seen.ftpTls).toBe(true);
    expect(codes(seen)).toEqual([]);
  });

  it('offers no TLS if it rejects FEAT; if it demands a login first, TLS is not known', async () => {
    const refused = await look(target({ ftp: keep(await tcpPeer(GREETING)).port }));
    expect(refused.ftpTls).toBe(false);
    const loginFirst = await look(
      target({ ftp: keep(await tcpPeer(GREETING, { FEAT: '530 Log in first.\r\n' })).port }),
    );
    expect(loginFirst.ftpTls).toBeNull();
    expect(codes(loginFirst)).toEqual(['FTP_ON']);
  });

  it('that never sends a greeting is on, with nothing else known', async () => {
    const seen = await look(target({ ftp: keep(await tcpPeer('')).port }));
    expect(on(seen, 'ftp')).toBe(true);
    expect(seen.services[1]?.detail).toContain('no greeting');
  });

  it('shows model and version in its greeting, without a login', () => {
    expect(readGreeting(GREETING)).toMatchObject({ model: 'AP9630', os: 'v6.0.6' });
    expect(readGreeting('220 \u001b[31mhello')).toEqual({ greeting: 'hello', model: null, os: null });
  });
});

describe('http', { timeout: LONG }, () => {
  it('that serves its page is a finding', async () => {
    const seen = await look(
      target({ http: keep(await httpPeer((_request, response) => response.end('page'))).port }),
    );
    expect(seen.httpRedirects).toBe(false);
    expect(codes(seen)).toEqual(['HTTP_ON']);
  });

  it('that redirects to HTTPS is none, and is asked once', async () => {
    const requests: (string | undefined)[] = [];
    const peer = keep(
      await httpPeer((request, response) => {
        requests.push(`${request.method} ${request.url}`);
        response.writeHead(303, { location: 'https://card/' }).end();
      }),
    );
    const seen = await look(target({ http: peer.port }));
    expect(seen.httpRedirects).toBe(true);
    expect(codes(seen)).toEqual([]);
    expect(requests).toEqual(['GET /']);
  });

  it('that redirects to another HTTP page is a finding', async () => {
    const peer = keep(
      await httpPeer((_request, response) => response.writeHead(302, { location: '/logon.htm' }).end()),
    );
    expect(codes(await look(target({ http: peer.port })))).toEqual(['HTTP_ON']);
  });

  it('with another protocol is on, and its redirect is not known', async () => {
    const seen = await look(target({ http: keep(await tcpPeer('hello\r\n')).port }));
    expect(on(seen, 'http')).toBe(true);
    expect(seen.httpRedirects).toBeNull();
    expect(codes(seen)).toEqual(['HTTP_ON']);
  });
});

describe('https', { timeout: LONG }, () => {
  it('stores the first certificate and reports another one later', async () => {
    const first = keep(await httpsPeer('good'));
    const at = target({ https: first.port });
    const seen = await look(at);
    expect(seen.certificate).toMatchObject({
      keyType: 'ec',
      keyBits: null,
      signatureHash: 'sha256',
      sameAsBefore: true,
    });
    expect([...pins.keys()]).toEqual([`https://127.0.0.1:${first.port}`]);
    expect(codes(seen)).toEqual([]);
    expect(codes(await look(at))).toEqual([]);
    await first.close();
    peers.length = 0;
    keep(await httpsPeer('other', first.port));
    const then = await look(at);
    expect(then.certificate).toMatchObject({ keyType: 'rsa', keyBits: 2048, sameAsBefore: false });
    expect(codes(then)).toEqual(['CERTIFICATE_CHANGED']);
    // The first one stays stored: a second look must not accept the new one.
    expect(codes(await look(at))).toEqual(['CERTIFICATE_CHANGED']);
  });

  it('finds weak and expired certificates', async () => {
    const seen = await look(target({ https: keep(await httpsPeer('weak')).port }));
    expect(seen.certificate).toMatchObject({ keyBits: 1024, signatureHash: 'sha1' });
    expect(codes(seen)).toEqual(['CERTIFICATE_EXPIRED', 'CERTIFICATE_WEAK', 'CERTIFICATE_WEAK']);
  });

  it('finds a certificate that is not valid yet', async () => {
    const seen = await look(
      target({ https: keep(await httpsPeer('good')).port }),
      new Date('2020-01-01T00:00:00Z'),
    );
    expect(codes(seen)).toEqual(['CERTIFICATE_EXPIRED']);
  });

  it('without TLS has no certificate, and no finding', async () => {
    const seen = await look(target({ https: keep(await tcpPeer('hello\r\n')).port }));
    expect(on(seen, 'https')).toBe(true);
    expect(seen.certificate).toBeNull();
    expect(codes(seen)).toEqual([]);
  });

  it('reads no signature from bytes that are no certificate', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(signatureHash(bytes)).toBeNull();
        expect(readCertificate(Buffer.from(bytes))).toBeNull();
      }),
    );
  });
});

describe('ssh', { timeout: LONG }, () => {
  it('finds old algorithms and a short key, without a login', async () => {
    const peer = keep(await sshPeer(OLD_SSH, 1024));
    const seen = await look(target({ ssh: peer.port }));
    expect(seen.ssh).toMatchObject({
      kex: ['diffie-hellman-group1-sha1'],
      hostKeys: ['ssh-rsa'],
      ciphers: ['aes128-cbc'],
      macs: ['hmac-md5'],
      hostKey: { type: 'ssh-rsa', bits: 1024 },
      negotiated: { kex: 'diffie-hellman-group1-sha1', cipher: 'aes128-cbc' },
    });
    expect(codes(seen)).toEqual(['LEGACY_SSH', 'LEGACY_SSH', 'LEGACY_SSH', 'LEGACY_SSH']);
    expect(peer.logins).toBe(0);
  });

  it('has no finding for a current server with a key of 2048 bits', async () => {
    const today = {
      kex: ['ecdh-sha2-nistp256' as const],
      serverHostKey: ['rsa-sha2-256' as const],
      cipher: ['aes128-ctr' as const],
      hmac: ['hmac-sha2-256' as const],
    };
    const seen = await look(target({ ssh: keep(await sshPeer(today, 2048)).port }));
    expect(seen.ssh?.hostKey).toEqual({ type: 'ssh-rsa', bits: 2048 });
    expect(codes(seen)).toEqual([]);
  });

  it('knows nothing about a port without SSH', async () => {
    const seen = await look(target({ ssh: keep(await tcpPeer('220 hello\r\n'.repeat(5))).port }));
    expect(on(seen, 'ssh')).toBe(true);
    expect(seen.ssh).toMatchObject({ kex: null, hostKey: null, negotiated: null });
    expect(codes(seen)).toEqual([]);
  });

  it('reads any list and any key, within bounds', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 300 }), (text) => {
        for (const name of readOfferLine(`Handshake: (remote) KEX method: ${text}`)?.kex ?? []) {
          expect(name.length).toBeLessThanOrEqual(60);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
          expect(name).not.toMatch(/[\u0000-\u001f]/);
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(readHostKey(Buffer.from(bytes))?.bits ?? null).toBeNull();
      }),
    );
  });
});

describe('snmp', { timeout: LONG }, () => {
  it('v1 is on if the card answers the community of the inventory, also if the inventory uses v2c', async () => {
    const fleet = await startFleet({
      units: [{ name: 'a', site: 'berlin', persona: 'smt1500-nmc2' }],
      speed: 60,
      addresses: 'one',
    });
    try {
      const community = new Secret(fleet.environment.UPSFW_SIM_READ ?? '');
      const port = fleet.units[0]?.ports.snmp ?? 0;
      const seen = await look(target({ snmp: port }, { snmp: { version: '2c', community } }));
      // A v2c agent need not accept v1, so v1 is tested itself.
      expect(on(seen, 'snmp-v3')).toBeNull();
      const answered = on(seen, 'snmp-v1') === true;
      expect(codes(seen)).toEqual(answered ? ['SNMPV1_ON'] : []);
      expect(fleet.device('a').counters).toMatchObject({ snmpWrites: 0, logins: 0, commands: 0 });
    } finally {
      await fleet.close();
    }
  });

  it('v3 is on if the card answers the user; v1 is then not known', async () => {
    const fleet = await startFleet({
      units: [{ name: 'b', site: 'oslo', persona: 'smx1500-nmc3' }],
      speed: 60,
      addresses: 'one',
    });
    try {
      const { environment } = fleet;
      const user = {
        version: '3' as const,
        user: 'audit',
        auth: 'sha' as const,
        authKey: new Secret(environment.UPSFW_SIM_AUTH ?? ''),
        priv: 'aes' as const,
        privKey: new Secret(environment.UPSFW_SIM_PRIV ?? ''),
      };
      const port = fleet.units[0]?.ports.snmp ?? 0;
      const seen = await look(target({ snmp: port }, { snmp: user }));
      expect(on(seen, 'snmp-v3')).toBe(true);
      expect(on(seen, 'snmp-v1')).toBeNull();
      expect(codes(seen)).toEqual([]);
    } finally {
      await fleet.close();
    }
  });
});
