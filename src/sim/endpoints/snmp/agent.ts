import type { RemoteInfo } from 'node:dgram';
import * as snmp from 'net-snmp';
import { z } from 'zod';
import { ACCESS } from '../../access.ts';
import { SnmpTree } from './tree.ts';
import { type Place, Wire, type WireHooks } from './wire.ts';

/** Access to an agent: `v1` and `v2c` with both communities, `v3` with the one user. */
export type SnmpAccess = 'v1' | 'v2c' | 'v3';

/** A value of an answer. */
export interface Varbind {
  readonly oid: string;
  readonly type: number;
  readonly value: unknown;
}

/** An answer before encoding; changes to it are sent. */
export interface Answer {
  id: number;
  errorStatus?: number;
  errorIndex?: number;
  varbinds: Varbind[];
}

export interface AgentOptions extends Pick<WireHooks, 'transmit'> {
  readonly place: Place;
  /** Whether the agent receives a datagram. */
  readonly accepts?: (message: Buffer) => boolean;
  readonly access: SnmpAccess;
  /** Hexadecimal digits. */
  readonly engineId: string;
  /** Changes answers before they are encoded. */
  readonly rewrite?: (answer: Answer) => void;
}

/** A listening agent without objects. */
export interface RunningAgent {
  readonly tree: SnmpTree;
  readonly port: number;
  close(): Promise<void>;
}

/** The parts of a request that are used. */
interface Request {
  readonly version: number;
  readonly pdu: { readonly varbinds: readonly { readonly oid: string }[] };
}

/** The parts of net-snmp's agent that are used; its own types are `any`. */
interface Agent {
  setMib(mib: SnmpTree): void;
  getAuthorizer(): {
    addCommunity(name: string): void;
    addUser(user: snmp.User): void;
    getAccessControlModel(): {
      setCommunityAccess(name: string, level: number): void;
      setUserAccess(name: string, level: number): void;
    };
  };
  sendResponse(socket: unknown, to: RemoteInfo, request: Request, answer: Answer): void;
  close(): void;
}

/** Starts an agent on a socket. Rejects with the system's error if the address or port is not available. */
export async function openAgent(options: AgentOptions): Promise<RunningAgent> {
  const wire = new Wire(options.place, {
    accepts: (message) => options.accepts?.(message) ?? true,
    ...(options.transmit === undefined ? {} : { transmit: options.transmit }),
  });
  const agent: Agent = snmp.createAgent(
    {
      address: options.place.address,
      transport: 'udp4',
      engineID: options.engineId,
      dgramModule: { createSocket: () => wire },
      accessControlModelType: snmp.AccessControlModelType.Simple,
    },
    // Bad datagrams end here; a card does not answer them.
    () => undefined,
  );
  const tree = new SnmpTree();
  agent.setMib(tree);
  const send = agent.sendResponse;
  agent.sendResponse = (socket, to, request, answer) => {
    if (request.version === snmp.Version1) asVersion1(request, answer);
    options.rewrite?.(answer);
    send.call(agent, socket, to, request, answer);
  };
  grant(agent, options.access);
  if (options.access === 'v3') makeKeys(options.engineId);
  const port = await wire.ready;
  return { tree, port, close: () => wire.end() };
}

/**
 * Version 1 cannot report a missing object: the whole request fails. The library does not do that.
 * Source: docs/sources/snmp.md#agent-behaviour
 */
function asVersion1(request: Request, answer: Answer): void {
  const missing = answer.varbinds.findIndex(({ type }) => type >= snmp.ObjectType.NoSuchObject);
  if (missing === -1) return;
  answer.errorStatus = snmp.ErrorStatus.NoSuchName;
  answer.errorIndex = missing + 1;
  answer.varbinds = request.pdu.varbinds.map(({ oid }) => ({ oid, type: snmp.ObjectType.Null, value: null }));
}

/**
 * A card has its user keys long before a request; the library derives them at the first request and keeps
 * them.
 */
function makeKeys(engineId: string): void {
  const { passwordToKey } = Authentication.parse(Reflect.get(snmp, 'Authentication'));
  for (const password of [ACCESS.v3Auth, ACCESS.v3Priv])
    passwordToKey(snmp.AuthProtocols.sha, password, Buffer.from(engineId, 'hex'));
}

/** The part of the library that its types omit. */
const Authentication = z.object({
  passwordToKey: z.custom<(authProtocol: unknown, password: string, engineId: Buffer) => Buffer>(
    (value) => typeof value === 'function',
  ),
});

function grant(agent: Agent, access: SnmpAccess): void {
  const authorizer = agent.getAuthorizer();
  const model = authorizer.getAccessControlModel();
  if (access === 'v3') {
    authorizer.addUser({
      name: ACCESS.v3User,
      level: snmp.SecurityLevel.authPriv,
      authProtocol: snmp.AuthProtocols.sha,
      authKey: ACCESS.v3Auth,
      privProtocol: snmp.PrivProtocols.aes,
      privKey: ACCESS.v3Priv,
    });
    model.setUserAccess(ACCESS.v3User, snmp.AccessLevel.ReadWrite);
    return;
  }
  authorizer.addCommunity(ACCESS.read);
  model.setCommunityAccess(ACCESS.read, snmp.AccessLevel.ReadOnly);
  authorizer.addCommunity(ACCESS.write);
  model.setCommunityAccess(ACCESS.write, snmp.AccessLevel.ReadWrite);
}
