import ModbusRTU from 'modbus-serial';
import { afterEach, describe, expect, it } from 'vitest';
import { closePorts, type LocalPort, openPort } from '../support/devices/local-ports.ts';

afterEach(closePorts);

/** An independent client at the unit's port. */
async function withModbus(
  act: (client: ModbusRTU.default, bench: LocalPort) => Promise<void>,
  slave = 1,
  options: Parameters<typeof openPort>[1] = {},
): Promise<void> {
  const bench = await openPort('srt5000-modbus', options);
  await bench.raw.close();
  const client = new ModbusRTU.default();
  await client.connectRTUBuffered(bench.port, { baudRate: 9600 });
  try {
    client.setID(slave);
    client.setTimeout(5000);
    await act(client, bench);
  } finally {
    await new Promise<void>((resolve) => client.close(() => resolve()));
  }
}

describe('a unit that speaks Modbus', () => {
  it('gives an independent client its identity, its state and the test values', async () => {
    await withModbus(async (client, { device }) => {
      Object.assign(device, {
        batteryPercent: 50,
        loadPercent: 12.5,
        runtimeSeconds: 70_000,
        calibrating: true,
      });
      const read = async (register: number, count: number): Promise<Buffer> =>
        (await client.readHoldingRegisters(register, count)).buffer;
      const text = async (register: number, count: number): Promise<string> =>
        (await read(register, count)).toString('latin1').replace(/^\0+|[\0 ]+$/g, '');
      const { unit } = device.persona;
      expect(await text(516, 8)).toBe('UPS 09.2');
      expect(await text(532, 16)).toBe(unit.model);
      expect(await text(548, 16)).toBe(unit.sku);
      expect(await text(564, 8)).toBe(device.serial);
      expect(await text(596, 8)).toBe('upsfw simulated');
      expect((await read(588, 2)).toString('hex')).toBe('13881194');
      expect((await read(0, 2)).readUInt32BE()).toBe(1 << 1);
      expect((await read(3, 2)).readUInt32BE()).toBe(1);
      expect((await read(24, 1)).readUInt16BE()).toBe(1 << 1);
      expect((await read(128, 2)).readUInt32BE()).toBe(70_000);
      expect((await read(130, 1)).readUInt16BE() / 512).toBe(50);
      expect((await read(136, 1)).readUInt16BE() / 256).toBe(12.5);
      expect((await read(512, 2)).readUInt16BE()).toBe(unit.microLinkId);
      expect((await read(2048, 14)).toString('hex')).toBe(
        '30302e3531323334353637381234 5678fffffffb1234fffb2020dfe0'.replaceAll(' ', ''),
      );
      device.outputOn = false;
      expect((await read(0, 2)).readUInt32BE()).toBe((1 << 1) | (1 << 4));
      // The whole blocks too.
      for (const [first, count] of [
        [0, 27],
        [128, 44],
        [516, 88],
      ] as const)
        expect((await read(first, count)).length).toBe(2 * count);
      expect(device.dangerous).toBe(0);
    });
  });

  it('refuses what it does not have, and counts what could act', async () => {
    await withModbus(async (client, { device }) => {
      const refused = (modbusCode: number): object => expect.objectContaining({ modbusCode });
      await expect(client.readHoldingRegisters(26, 2)).rejects.toEqual(refused(2));
      await expect(client.readHoldingRegisters(4000, 1)).rejects.toEqual(refused(2));
      expect(device.dangerous).toBe(0);
      await expect(client.writeRegister(1540, 1)).rejects.toEqual(refused(1));
      await expect(client.writeRegisters(1538, [0, 4])).rejects.toEqual(refused(1));
      await expect(client.readInputRegisters(0, 1)).rejects.toEqual(refused(1));
      expect(device.dangerous).toBe(2);
      expect((await client.readHoldingRegisters(2058, 1)).data).toEqual([0x1234]);
    });
  });

  it('has its Micro-Link ID in a register only if the persona says so', async () => {
    const change = {
      change: (persona: LocalPort['device']['persona']) => ({
        ...persona,
        modbus: { mapId: '00.4', idRegister: false },
      }),
    };
    await withModbus(
      async (client) => {
        await expect(client.readHoldingRegisters(512, 2)).rejects.toMatchObject({ modbusCode: 2 });
      },
      1,
      change,
    );
  });

  it.each([
    ['another slave', '02030800 0002 c658'],
    ['a damaged frame', '01030800 0002 c66c'],
    ['half of a frame', '010308'],
    ['Microlink', 'f7fd'],
  ])('does not answer %s', async (_, bytes) => {
    const { raw } = await openPort('srt5000-modbus');
    raw.write(Buffer.from(bytes.replaceAll(' ', ''), 'hex'));
    // Bytes that follow too soon would count as part of it.
    const asking = setInterval(() => raw.write(Buffer.from('010308000002c66b', 'hex')), 100);
    try {
      expect((await raw.take(7)).toString('hex')).toBe('01030430302e35');
    } finally {
      clearInterval(asking);
    }
  });
});

describe('a unit that speaks UPS-Link', () => {
  it('answers the queries after Y, and counts every other letter', async () => {
    const { raw, device } = await openPort('sua1500-upslink');
    raw.write('b');
    raw.write('Y');
    expect(await raw.takeUntil('\r\n')).toBe('SM\r\n');
    for (const [question, answer] of [
      ['b', '617.3.I'],
      ['V', 'FWI'],
      ['n', device.serial],
      ['\u0001', 'Smart-UPS 1500 RM'],
    ] as const) {
      raw.write(question);
      expect(await raw.takeUntil('\r\n')).toBe(`${answer}\r\n`);
    }
    raw.write('\u001b');
    raw.write('Y');
    expect(await raw.takeUntil('\r\n')).toBe('SM\r\n');
    expect(device.dangerous).toBe(0);
    for (const letter of ['S', 'K', 'Z', '@', 'U', 'W', 'A', 'D']) raw.write(letter);
    raw.write('Y');
    await raw.takeUntil('SM\r\n');
    expect(device.dangerous).toBe(8);
  });

  it('sees nothing dangerous in requests at 9600 baud for other protocols', async () => {
    const { raw, device } = await openPort('sua1500-upslink');
    await raw.setRate(9600);
    const sent = [
      Buffer.from([0xf7, 0xfd]),
      Buffer.from([0xfe]),
      Buffer.from('010302040008 0475'.replace(' ', ''), 'hex'),
    ];
    for (const bytes of sent) raw.write(bytes);
    while (device.bytesArrived < Buffer.concat(sent).length)
      await new Promise((resolve) => setImmediate(resolve));
    await raw.setRate(2400);
    raw.write('Y');
    expect(await raw.takeUntil('SM\r\n')).toBe('SM\r\n');
    expect(device.dangerous).toBe(0);
  });
});
