import type { Socket } from 'node:net';
import type { Connection } from 'ssh2';
import type { SimulatedDevice } from '../../device/device.ts';

/** Cards refuse client idents that are shorter than this. Source: docs/sources/card.md#ssh */
const SHORTEST_IDENT = 13;
const LONGEST_IDENT = 255;
const SLOW_HANDSHAKE_SECONDS = 20;
const BANNER_PACKET = 53;
const MORE_THAN_THERE_IS = 0x7fff_ffff;

/** Handles a connection before SSH starts: checks the ident, and may delay the rest. */
export function guardSocket(device: SimulatedDevice, socket: Socket): void {
  let head = '';
  const inspect = (chunk: Buffer): void => {
    head += chunk.toString('latin1');
    const end = head.indexOf('\n');
    if (end === -1 && head.length < LONGEST_IDENT) return;
    socket.off('data', inspect);
    const ident = head.slice(0, end === -1 ? undefined : end).replace(/\r$/, '');
    if (!ident.startsWith('SSH-2') || ident.length < SHORTEST_IDENT) {
      socket.destroy();
      return;
    }
    if (!device.has('ssh-slow-handshake')) return;
    // The rest of the exchange waits in the socket while the card computes.
    socket.pause();
    device.after(SLOW_HANDSHAKE_SECONDS, () => socket.resume());
  };
  socket.on('data', inspect);
}

/** The packet writer inside the server library, which has no types and no public access. */
interface PacketWriter {
  readonly allocStart: number;
  finalize(packet: Buffer, force?: boolean): Buffer;
}

/**
 * Makes the banner malformed, as third-generation cards with a System Message send it: the length of the
 * language tag exceeds the packet. False if the library has changed and the banner stays valid.
 * Source: docs/sources/card.md#ssh
 */
export function corruptBanner(connection: Connection): boolean {
  const writer = field(field(field(connection, '_protocol'), '_packetRW'), 'write');
  if (!isWriter(writer)) return false;
  const original = writer.finalize;
  writer.finalize = function corrupted(this: PacketWriter, packet, force) {
    const start = this.allocStart;
    if (packet[start] === BANNER_PACKET) {
      const text = packet.readUInt32BE(start + 1);
      packet.writeUInt32BE(MORE_THAN_THERE_IS, start + 5 + text);
    }
    return original.call(this, packet, force);
  };
  return true;
}

function field(from: unknown, name: string): unknown {
  return typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;
}

function isWriter(value: unknown): value is PacketWriter {
  return typeof field(value, 'allocStart') === 'number' && typeof field(value, 'finalize') === 'function';
}
