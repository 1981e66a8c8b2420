import {
  asProblem,
  type Clock,
  hasCode,
  isInternal,
  type LookContext,
  type NetworkAccess,
  type ServerCertificate,
  type Service,
  type ServiceLook,
  type SnmpAccess,
  type SshOffer,
  sanitize,
  type UnitTarget,
} from '../../core/index.ts';
import { OID, type SnmpHub } from '../../snmp/index.ts';
import { networkOf } from '../deps.ts';
import type { HostKeyStore } from '../session/ssh.ts';
import { probeFtp } from './ftp-probe.ts';
import { describePort, onByPort, type PortState, probePort } from './port-probe.ts';

/** Loaded on demand: these libraries take longer to load than most commands run. */
const webProbe = () => import('./web-probe.ts');
const sshProbe = () => import('./ssh-probe.ts');

/** Longest time of each probe, in seconds of real time. The key exchange of an old card takes longest. */
export const PROBE_SECONDS = { port: 4, ftp: 6, http: 6, https: 15, ssh: 30 } as const;
export type ProbeSeconds = Readonly<Record<keyof typeof PROBE_SECONDS, number>>;

/** What a look at services needs. */
export interface ServiceDeps {
  readonly hub: SnmpHub;
  /** Certificates are kept beside host keys, as `https://host:port`. */
  readonly hostKeys: HostKeyStore;
  readonly seconds?: ProbeSeconds;
}

interface Probe {
  readonly network: NetworkAccess;
  readonly deps: ServiceDeps;
  readonly seconds: ProbeSeconds;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Finds out which services a card offers. The probes run one after the other, because cards serve few
 * connections at a time. It sends no login, uses only credentials of the inventory and writes only to known
 * hosts. A card that does not answer has services that are not known. Throws Problem config/state,
 * refused/no-path.
 */
export async function lookAtServices(
  deps: ServiceDeps,
  target: UnitTarget,
  context: LookContext,
): Promise<ServiceLook> {
  const network = networkOf(target);
  const probe = {
    network,
    deps,
    seconds: deps.seconds ?? PROBE_SECONDS,
    clock: context.clock,
    signal: context.signal,
  };
  const telnet = await portOf(probe, 'telnet');
  const ftp = await lookAtFtp(probe);
  const http = await lookAtHttp(probe);
  const https = await lookAtHttps(probe);
  const ssh = await lookAtSsh(probe);
  const v1 = await lookAtSnmp(probe, 'snmp-v1');
  const v3 = await lookAtSnmp(probe, 'snmp-v3');
  return {
    services: [
      { service: 'telnet', on: onByPort(telnet), detail: describePort(telnet, network.ports.telnet) },
      ftp.service,
      http.service,
      https.service,
      ssh.service,
      v1,
      v3,
    ],
    at: context.clock.now(),
    ftpGreeting: ftp.greeting,
    ftpTls: ftp.tls,
    httpRedirects: http.redirects,
    ssh: ssh.offer,
    certificate: https.certificate,
  };
}

function portOf(probe: Probe, name: 'telnet' | 'ftp' | 'http' | 'https' | 'ssh'): Promise<PortState> {
  const { network, seconds, signal } = probe;
  return probePort(network.host, network.ports[name], seconds.port, signal);
}

interface FtpSeen {
  readonly service: Service;
  readonly greeting: string | null;
  readonly tls: boolean | null;
}

async function lookAtFtp(probe: Probe): Promise<FtpSeen> {
  const { host, ports } = probe.network;
  const state = await portOf(probe, 'ftp');
  const portText = describePort(state, ports.ftp);
  if (state !== 'open')
    return { service: { service: 'ftp', on: onByPort(state), detail: portText }, greeting: null, tls: null };
  const seen = await probeFtp(host, ports.ftp, probe.seconds.ftp, probe.signal);
  const parts = [
    portText,
    seen.greeting === null ? 'no greeting' : `greeting "${seen.greeting}"`,
    seen.tls === null ? 'encryption not known' : seen.tls ? 'offers TLS' : 'offers no TLS',
  ];
  const service: Service = { service: 'ftp', on: true, detail: parts.join(', ') };
  return { service, greeting: seen.greeting, tls: seen.tls };
}

async function lookAtHttp(
  probe: Probe,
): Promise<{ readonly service: Service; readonly redirects: boolean | null }> {
  const { host, ports } = probe.network;
  const state = await portOf(probe, 'http');
  const portText = describePort(state, ports.http);
  if (state !== 'open') {
    return { service: { service: 'http', on: onByPort(state), detail: portText }, redirects: null };
  }
  const { probeWeb } = await webProbe();
  const answer = await probeWeb('http', host, ports.http, probe.seconds.http, probe.signal);
  const parts =
    answer.status === null
      ? `no HTTP answer: ${answer.error}`
      : `answers ${answer.status}${answer.redirects ? ' and redirects to HTTPS' : ''}`;
  return {
    service: { service: 'http', on: true, detail: `${portText}, ${parts}` },
    redirects: answer.redirects,
  };
}

async function lookAtHttps(
  probe: Probe,
): Promise<{ readonly service: Service; readonly certificate: ServerCertificate | null }> {
  const { host, ports } = probe.network;
  const state = await portOf(probe, 'https');
  const portText = describePort(state, ports.https);
  if (state !== 'open') {
    return { service: { service: 'https', on: onByPort(state), detail: portText }, certificate: null };
  }
  const { compareCertificate, probeWeb } = await webProbe();
  const answer = await probeWeb('https', host, ports.https, probe.seconds.https, probe.signal);
  const certificate =
    answer.certificate === null
      ? null
      : await compareCertificate(answer.certificate, host, ports.https, probe.deps.hostKeys);
  const parts = certificate === null ? unreadCertificate(answer.error) : describeCertificate(certificate);
  return { service: { service: 'https', on: true, detail: `${portText}, ${parts}` }, certificate };
}

function unreadCertificate(error: string | null): string {
  return error === null ? 'its certificate cannot be read' : `no HTTPS answer: ${error}`;
}

function describeCertificate(certificate: ServerCertificate): string {
  const { keyType, keyBits, signatureHash, fingerprint } = certificate;
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  const key = `${keyType ?? 'unknown'} key${keyBits === null ? '' : ` of ${keyBits} bits`}`;
  const until = `valid ${day(certificate.validFrom)} to ${day(certificate.validTo)}`;
  return `certificate ${fingerprint}, ${until}, ${key}, signed with ${signatureHash ?? 'an unknown hash'}`;
}

async function lookAtSsh(
  probe: Probe,
): Promise<{ readonly service: Service; readonly offer: SshOffer | null }> {
  const { host, ports } = probe.network;
  const state = await portOf(probe, 'ssh');
  const portText = describePort(state, ports.ssh);
  if (state !== 'open')
    return { service: { service: 'ssh', on: onByPort(state), detail: portText }, offer: null };
  const { probeSsh } = await sshProbe();
  const offer = await probeSsh({
    host,
    port: ports.ssh,
    seconds: probe.seconds.ssh,
    clock: probe.clock,
    signal: probe.signal,
  });
  return { service: { service: 'ssh', on: true, detail: `${portText}, ${describeOffer(offer)}` }, offer };
}

function describeOffer({ kex, hostKey, negotiated }: SshOffer): string {
  if (kex === null) return 'offers no key exchange';
  const bits = hostKey === null || hostKey.bits === null ? '' : ` of ${hostKey.bits} bits`;
  const key = hostKey === null ? 'host key not seen' : `host key ${hostKey.type}${bits}`;
  return negotiated === null
    ? `key exchange not completed, ${key}`
    : `agrees on ${negotiated.kex} and ${negotiated.cipher}, ${key}`;
}

/** Reads one object with the read credential of the inventory, and with no other. */
async function lookAtSnmp(probe: Probe, service: 'snmp-v1' | 'snmp-v3'): Promise<Service> {
  const access = accessFor(probe.network.snmp, service);
  if (access === null) {
    const needed = service === 'snmp-v3' ? 'SNMPv3 user' : 'community';
    return { service, on: null, detail: `not asked: the inventory has no ${needed} for reading` };
  }
  const { host, ports } = probe.network;
  try {
    const session = await probe.deps.hub.open(access, { host, port: ports.snmp });
    try {
      await session.get([OID.sysDescr]);
      return { service, on: true, detail: `port ${ports.snmp} answers` };
    } finally {
      session.close();
    }
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (isInternal(problem)) throw problem;
    // An agent that refuses the user or answers with an error does speak the protocol.
    const refused = problem.code === 'link/snmp-auth' && !hasCode(problem.cause, 'ERR_OSSL_EVP_UNSUPPORTED');
    const answered = refused || problem.code === 'link/snmp';
    return { service, on: answered ? true : null, detail: sanitize(problem.message) };
  }
}

/**
 * On these cards one switch enables SNMPv1 and v2c for a community.
 * Source: docs/sources/snmp.md#agent-behaviour
 */
function accessFor(access: SnmpAccess | null, service: 'snmp-v1' | 'snmp-v3'): SnmpAccess | null {
  if (access === null) return null;
  if (service === 'snmp-v3') return access.version === '3' ? access : null;
  return access.version === '3' ? null : { ...access, version: '1' };
}
