import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { SimulatedLocalDevice } from '../../src/sim/local/device.ts';
import { type Packet, PacketReader } from '../../src/sim/local/loader/packets.ts';
import { Transfer } from '../../src/sim/local/loader/transfer.ts';
import { SECTION_NAMES } from '../../src/sim/local/microlink/fields.ts';
import { layOut } from '../../src/sim/local/microlink/layout.ts';
import { Pages } from '../../src/sim/local/microlink/pages.ts';
import { MicrolinkSerialEndpoint } from '../../src/sim/local/microlink/serial-endpoint.ts';
import { MicrolinkUsbEndpoint } from '../../src/sim/local/microlink/usb-endpoint.ts';
import { ModbusEndpoint } from '../../src/sim/local/modbus/endpoint.ts';
import { type LocalPersona, type LocalPersonaName, loadLocalPersona } from '../../src/sim/local/personas.ts';
import type { Line } from '../../src/sim/local/port/line.ts';
import { UpsLinkEndpoint } from '../../src/sim/local/ups-link.ts';
import { describeBlob } from '../support/peers/raw-microlink.ts';
import { blockOf, EOT } from '../support/peers/raw-xmodem.ts';

const devices: SimulatedLocalDevice[] = [];
afterEach(() => {
  for (const device of devices.splice(0)) device.close();
});

function deviceOf(persona: LocalPersona): SimulatedLocalDevice {
  const device = new SimulatedLocalDevice({
    name: 'bench',
    serial: 'AS1533123456',
    persona,
    speed: 1,
    faults: [],
  });
  devices.push(device);
  return device;
}

/** A line that records what is sent. */
function lineTo(sent: Buffer[]): Line {
  return {
    send: (bytes) => {
      sent.push(Buffer.from(bytes));
    },
    isOpen: () => true,
    unplug: () => undefined,
  };
}

/** Bytes in pieces of any length. */
const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 80 }), { maxLength: 30 });

function cut(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const parts: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...parts, bytes.subarray(at)];
}

function packetsOf(parts: readonly Uint8Array[]): readonly Packet[] {
  const reader = new PacketReader();
  const packets: Packet[] = [];
  for (const part of parts) {
    reader.push(Buffer.from(part));
    for (let packet = reader.next(); packet !== null; packet = reader.next()) packets.push(packet);
  }
  return packets;
}

describe('packets of XMODEM', () => {
  const images = fc.uint8Array({ minLength: 384, maxLength: 384 }).map((bytes) => Buffer.from(bytes));

  it('are the same however they are split', () => {
    fc.assert(
      fc.property(images, fc.array(fc.integer({ min: 1, max: 140 })), (image, lengths) => {
        const sent = Buffer.concat([
          ...[1, 2, 3].map((number) => blockOf(image, number)),
          Buffer.from([EOT]),
        ]);
        const packets = packetsOf(cut(sent, lengths));
        expect(packets.map((packet) => packet.kind)).toEqual(['block', 'block', 'block', 'end']);
        const data = packets.flatMap((packet) => (packet.kind === 'block' ? [packet.data] : []));
        expect(Buffer.concat(data).equals(image)).toBe(true);
      }),
    );
  });

  it('are damaged by any flipped bit after the first byte', () => {
    fc.assert(
      fc.property(images, fc.integer({ min: 8, max: 133 * 8 - 1 }), (image, bit) => {
        const frame = blockOf(image, 1);
        const place = bit >> 3;
        frame[place] = (frame[place] ?? 0) ^ (1 << (bit & 7));
        expect(packetsOf([frame])).toEqual([{ kind: 'damaged' }]);
      }),
    );
  });
});

describe('pages of Microlink', () => {
  it('are described correctly in any order and with any gaps', async () => {
    const persona = await loadLocalPersona('smt1500c-serial');
    const { microlink } = persona;
    if (microlink === null) throw new Error('no pages');
    const orders = fc.shuffledSubarray([...SECTION_NAMES], { minLength: SECTION_NAMES.length });
    const gaps = fc.array(fc.integer({ min: 0, max: 60 }), {
      minLength: SECTION_NAMES.length,
      maxLength: SECTION_NAMES.length,
    });
    fc.assert(
      fc.property(orders, gaps, fc.integer({ min: 0, max: 31 }), (order, sizes, offset) => {
        const laid = { ...microlink, order, gaps: sizes, dataAt: { page: 60, offset } };
        const pages = new Pages(deviceOf({ ...persona, microlink: laid }));
        const passwords = { master: Buffer.from('11112222', 'hex'), slave: Buffer.from('33334444', 'hex') };
        const blob = Buffer.concat(
          Array.from({ length: laid.pageCount }, (_, page) => pages.page(page, passwords)),
        );
        const fields = describeBlob(blob, 32);
        const found = [...fields.values()].filter(({ hidden }) => !hidden).map((field) => field.offset);
        const placed = layOut(laid).slots.map((slot) => slot.offset);
        expect(found.every((at) => placed.includes(at))).toBe(true);
        const text = (path: string): string => {
          const { offset: at = 0, size = 0 } = fields.get(path) ?? {};
          return blob.toString('latin1', at, at + size).trim();
        };
        expect([text('2:4.9.40'), text('3:4A'), text('2:4.82')]).toEqual([
          'AS1533123456',
          'UPS 14.1',
          'upsfw simulated unit',
        ]);
        const slave = fields.get('2:4.8.5')?.offset ?? 0;
        expect(blob.toString('hex', slave - 4, slave + 4)).toBe('1111222233334444');
        // Both in one page.
        expect(Math.floor((slave - 4) / 32)).toBe(Math.floor((slave + 3) / 32));
      }),
      { numRuns: 40 },
    );
  });
});

describe('an endpoint at a port', () => {
  const endpoints: readonly [
    LocalPersonaName,
    new (device: SimulatedLocalDevice, line: Line) => { receive(bytes: Buffer): void },
  ][] = [
    ['smc1000i-serial', MicrolinkSerialEndpoint],
    ['smx1500-usb', MicrolinkUsbEndpoint],
    ['srt5000-modbus', ModbusEndpoint],
    ['sua1500-upslink', UpsLinkEndpoint],
  ];

  it.each(endpoints)('for %s survives any bytes', async (name, EndpointClass) => {
    const persona = await loadLocalPersona(name);
    fc.assert(
      fc.property(pieces, (parts) => {
        const sent: Buffer[] = [];
        const device = deviceOf(persona);
        const endpoint = new EndpointClass(device, lineTo(sent));
        for (const part of parts) endpoint.receive(Buffer.from(part));
        device.close();
        expect(sent.every((bytes) => bytes.length > 0)).toBe(true);
      }),
    );
  });

  it('for a boot loader survives any bytes', async () => {
    const persona = await loadLocalPersona('smt1500-loader');
    fc.assert(
      fc.property(pieces, (parts) => {
        const device = deviceOf(persona);
        const nothing = (): void => undefined;
        const transfer = new Transfer(device, lineTo([]), {
          begun: nothing,
          over: nothing,
          restarts: nothing,
          ended: nothing,
        });
        for (const part of parts) transfer.receive(Buffer.from(part));
        expect(device.bytesReceived).toBe(0);
        device.close();
      }),
    );
  });
});
