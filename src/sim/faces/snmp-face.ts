import dgram, { type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import * as snmp from 'net-snmp';
import { ACCESS } from '../access.ts';
import type { SimulatedDevice } from '../device/device.ts';
import type { Face } from './face.ts';
import { type Mib, type SetRequest, SnmpTree } from './snmp-tree.ts';

/** The part of net-snmp's agent that is used; its types call all of it `any`. */
interface Agent {
  getMib(): Mib;
  getAuthorizer(): {
    addCommunity(name: string): void;
    addUser(user: snmp.User): void;
    getAccessControlModel(): {
      setCommunityAccess(name: string, level: number): void;
      setUserAccess(name: string, level: number): void;
    };
  };
  close(): void;
}

const START = 2;
const CLEAR = 1;

/** The agent of a simulated card, on an address and a free port. */
export async function openSnmpFace(device: SimulatedDevice, address: string): Promise<Face> {
  const wire = new Wire(device, address);
  const agent: Agent = snmp.createAgent(
    {
      address,
      transport: 'udp4',
      dgramModule: { createSocket: () => wire },
      accessControlModelType: snmp.AccessControlModelType.Simple,
    },
    // Bad datagrams end here; a card is silent about them.
    () => undefined,
  );
  grant(agent, device);
  const tree = new SnmpTree(agent.getMib(), device, (request: SetRequest) =>
    onUpdateObject(request, device, wire),
  );
  wire.refresh = () => tree.refresh();
  const port = await wire.ready;
  return {
    port,
    close: async () => {
      agent.close();
      await wire.closed;
    },
  };
}

function grant(agent: Agent, device: SimulatedDevice): void {
  const authorizer = agent.getAuthorizer();
  const model = authorizer.getAccessControlModel();
  if (device.persona.snmp === 'v3') {
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

/** A write comes twice, to try and to do; only the second one acts. */
function onUpdateObject(request: SetRequest, device: SimulatedDevice, wire: Wire): void {
  if (request.operation !== snmp.PduType.SetRequest) {
    request.done();
    return;
  }
  const value = Number(request.setValue);
  if (request.testSet === true) {
    if (device.has('set-lost') && value === START) {
      wire.loseNextAnswer = true;
      request.done({ errorStatus: snmp.ErrorStatus.GeneralError });
      return;
    }
    if (device.has('set-refused') || (value !== START && value !== CLEAR)) {
      if (value === START) device.counters.starts += 1;
      request.done({ errorStatus: snmp.ErrorStatus.BadValue });
      return;
    }
    request.done();
    return;
  }
  device.counters.snmpWrites += 1;
  if (value === CLEAR) {
    if (device.phase === 'idle') device.update = 1;
    request.done();
    return;
  }
  if (device.has('set-answer-lost')) wire.loseNextAnswer = true;
  const answer = device.start(null);
  // Whether the unit takes the file shows in the object, not in the answer to the write.
  if (answer === 'started' || answer === 'refused') request.done();
  else request.done({ errorStatus: snmp.ErrorStatus.InconsistentValue });
}

/** The agent's socket: binds a free port, brings the objects up to date before each request, may lose an answer. */
class Wire extends EventEmitter {
  readonly ready: Promise<number>;
  readonly closed: Promise<void>;
  loseNextAnswer = false;
  refresh: () => void = () => undefined;
  readonly #socket: Socket;
  readonly #address: string;

  constructor(device: SimulatedDevice, address: string) {
    super();
    this.#address = address;
    this.#socket = dgram.createSocket('udp4');
    this.ready = once(this.#socket, 'listening').then(() => this.#socket.address().port);
    this.closed = once(this.#socket, 'close').then(() => undefined);
    this.#socket.on('message', (message, from) => {
      if (!device.cardUp || (device.has('snmp-silent-during-update') && device.phase !== 'idle')) return;
      device.counters.snmpReads += 1;
      this.refresh();
      this.emit('message', message, from);
    });
    this.#socket.on('error', (error) => this.emit('error', error));
  }

  bind(): void {
    this.#socket.bind(0, this.#address);
  }

  unref(): void {}

  address(): { address: string; port: number } {
    return this.#socket.address();
  }

  send(
    bytes: Buffer,
    offset: number,
    length: number,
    port: number,
    address: string,
    done: (error: Error | null, bytes: number) => void,
  ): void {
    if (this.loseNextAnswer) {
      this.loseNextAnswer = false;
      done(null, length);
      return;
    }
    this.#socket.send(bytes, offset, length, port, address, done);
  }

  close(done?: () => void): void {
    this.#socket.close(done);
  }
}
