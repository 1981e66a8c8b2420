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
import { onByPort, type PortState, portWords, probePort } from './port-probe.ts';

/** Their libraries take longer to load than most looks last, so only a look at services loads them. */
const webProbe = () => import('./web-probe.ts');
const sshProbe = () => import('./ssh-probe.ts');

/** Longest time of one probe, in seconds of the world. A key exchange takes an old card far longer than anything else. */
export const PROBE_SECONDS = { port: 4, ftp: 6, http: 6, https: 15, ssh: 30 } as const;
export type ProbeSeconds = Readonly<Record<keyof typeof PROBE_SECONDS, number>>;

/** What a look at services works with. */
export interface ServiceDeps {
  readonly hub: SnmpHub;
  /** Certificates are pinned beside host keys, by `https://host:port`. */
  readonly hostKeys: HostKeyStore;
  readonly seconds?: ProbeSeconds;
}

interface Probe {
  readonly network: NetworkAccess;
  readonly tools: ServiceDeps;
  readonly seconds: ProbeSeconds;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Looks which services a card has on. One after the other, because cards serve few at a time; logs in nowhere, tries no
 * credential that the inventory does not hold, and writes nothing but pins. A card that does not answer gives services
 * that are not known. Throws Problem config/state, refused/no-path.
 */
export async function lookAtServices(
  tools: ServiceDeps,
  target: UnitTarget,
  context: LookContext,
): Promise<ServiceLook> {
  const network = networkOf(target);
  const probe = {
    network,
    tools,
    seconds: tools.seconds ?? PROBE_SECONDS,
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
      { service: 'telnet', on: onByPort(telnet), detail: portWords(telnet, network.ports.telnet) },
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
  const says = portWords(state, ports.ftp);
  if (state !== 'open')
    return { service: { service: 'ftp', on: onByPort(state), detail: says }, greeting: null, tls: null };
  const seen = await probeFtp(host, ports.ftp, probe.seconds.ftp, probe.signal);
  const words = [
    says,
    seen.greeting === null ? 'no greeting came' : `it says "${seen.greeting}"`,
    seen.tls === null ? 'encryption not known' : seen.tls ? 'offers TLS' : 'offers no TLS',
  ];
  const service: Service = { service: 'ftp', on: true, detail: words.join(', ') };
  return { service, greeting: seen.greeting, tls: seen.tls };
}

async function lookAtHttp(
  probe: Probe,
): Promise<{ readonly service: Service; readonly redirects: boolean | null }> {
  const { host, ports } = probe.network;
  const state = await portOf(probe, 'http');
  const says = portWords(state, ports.http);
  if (state !== 'open') {
    return { service: { service: 'http', on: onByPort(state), detail: says }, redirects: null };
  }
  const { probeWeb } = await webProbe();
  const answer = await probeWeb('http', host, ports.http, probe.seconds.http, probe.signal);
  const words =
    answer.status === null
      ? `no HTTP answer: ${answer.trouble}`
      : `it answers ${answer.status}${answer.redirects ? ' and leads to HTTPS' : ''}`;
  return {
    service: { service: 'http', on: true, detail: `${says}, ${words}` },
    redirects: answer.redirects,
  };
}

async function lookAtHttps(
  probe: Probe,
): Promise<{ readonly service: Service; readonly certificate: ServerCertificate | null }> {
  const { host, ports } = probe.network;
  const state = await portOf(probe, 'https');
  const says = portWords(state, ports.https);
  if (state !== 'open') {
    return { service: { service: 'https', on: onByPort(state), detail: says }, certificate: null };
  }
  const { pinnedCertificate, probeWeb } = await webProbe();
  const answer = await probeWeb('https', host, ports.https, probe.seconds.https, probe.signal);
  const certificate =
    answer.certificate === null
      ? null
      : await pinnedCertificate(answer.certificate, host, ports.https, probe.tools.hostKeys);
  const words = certificate === null ? unreadCertificate(answer.trouble) : certificateWords(certificate);
  return { service: { service: 'https', on: true, detail: `${says}, ${words}` }, certificate };
}

function unreadCertificate(trouble: string | null): string {
  return trouble === null ? 'its certificate cannot be read' : `no HTTPS answer: ${trouble}`;
}

function certificateWords(certificate: ServerCertificate): string {
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
  const says = portWords(state, ports.ssh);
  if (state !== 'open')
    return { service: { service: 'ssh', on: onByPort(state), detail: says }, offer: null };
  const { probeSsh } = await sshProbe();
  const offer = await probeSsh({
    host,
    port: ports.ssh,
    seconds: probe.seconds.ssh,
    clock: probe.clock,
    signal: probe.signal,
  });
  return { service: { service: 'ssh', on: true, detail: `${says}, ${offerWords(offer)}` }, offer };
}

function offerWords({ kex, hostKey, negotiated }: SshOffer): string {
  if (kex === null) return 'it offers no key exchange';
  const bits = hostKey === null || hostKey.bits === null ? '' : ` of ${hostKey.bits} bits`;
  const key = hostKey === null ? 'host key not seen' : `host key ${hostKey.type}${bits}`;
  return negotiated === null
    ? `the key exchange did not end, ${key}`
    : `agrees on ${negotiated.kex} and ${negotiated.cipher}, ${key}`;
}

/** Asks one object with the credential that the inventory holds for reading, and with no other. */
async function lookAtSnmp(probe: Probe, service: 'snmp-v1' | 'snmp-v3'): Promise<Service> {
  const access = accessFor(probe.network.snmp, service);
  if (access === null) {
    const needed = service === 'snmp-v3' ? 'SNMPv3 user' : 'community';
    return { service, on: null, detail: `not asked: the inventory has no ${needed} for reading` };
  }
  const { host, ports } = probe.network;
  try {
    const session = await probe.tools.hub.open(access, { host, port: ports.snmp });
    try {
      await session.get([OID.sysDescr]);
      return { service, on: true, detail: `port ${ports.snmp} answers` };
    } finally {
      session.close();
    }
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (isInternal(problem)) throw problem;
    // An agent that refuses the user, or answers with an error, speaks the protocol.
    const refused = problem.code === 'link/snmp-auth' && !hasCode(problem.cause, 'ERR_OSSL_EVP_UNSUPPORTED');
    const answered = refused || problem.code === 'link/snmp';
    return { service, on: answered ? true : null, detail: sanitize(problem.message) };
  }
}

/**
 * A community serves SNMPv1 and v2c alike on these cards, under one switch.
 * Source: docs/sources/snmp.md#agent-behaviour
 */
function accessFor(access: SnmpAccess | null, service: 'snmp-v1' | 'snmp-v3'): SnmpAccess | null {
  if (access === null) return null;
  if (service === 'snmp-v3') return access.version === '3' ? access : null;
  return access.version === '3' ? null : { ...access, version: '1' };
}
