import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';

/** Whether every address of 127.0.0.0/8 works without setup. */
export const MANY_ADDRESSES = process.platform === 'linux';

/** Addresses for the devices of one network, and the range that covers them. */
export interface Layout {
  readonly addresses: readonly string[];
  /** `127.20.4.0/24`. */
  readonly range: string;
}

/** Host addresses of a /24: neither .0 nor .255. */
const HOSTS = 254;

/** More would leave no room for several fleets beside each other. */
export const MOST_DEVICES = 128 * HOSTS;

/**
 * Loopback addresses for this many devices: one each, or 127.0.0.1 for all. Throws RangeError above
 * MOST_DEVICES.
 */
export function layOut(devices: number, each: boolean): Layout {
  if (!each) return { addresses: Array.from({ length: devices }, () => '127.0.0.1'), range: '127.0.0.1/32' };
  if (devices > MOST_DEVICES) throw new RangeError(`${devices} devices are more than ${MOST_DEVICES}`);
  const block = randomInt(16, 250);
  if (devices <= HOSTS) {
    const net = `127.${block}.${randomInt(1, 250)}`;
    // The first and the last address of the range are not used.
    const prefix = 32 - Math.ceil(Math.log2(devices + 2));
    return { addresses: hosts(net, devices), range: `${net}.0/${prefix}` };
  }
  const bits = Math.ceil(Math.log2(Math.ceil(devices / HOSTS)));
  const first = randomInt(0, 2 ** (8 - bits)) * 2 ** bits;
  const addresses: string[] = [];
  for (let net = first; addresses.length < devices; net += 1)
    addresses.push(...hosts(`127.${block}.${net}`, Math.min(HOSTS, devices - addresses.length)));
  return { addresses, range: `127.${block}.${first}.0/${24 - bits}` };
}

function hosts(net: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${net}.${index + 1}`);
}

/** Systems assign dynamic ports from 32768 on. */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_000;

/** A UDP port that is free on every address of this machine. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    const socket = dgram.createSocket('udp4');
    socket.bind(port);
    try {
      await once(socket, 'listening');
      return port;
    } catch {
      // The port is taken; try the next.
    } finally {
      socket.close();
    }
  }
}
