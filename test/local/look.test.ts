import { afterEach, describe, expect, it } from 'vitest';
import { UNKNOWN_CONDITION } from '../../src/core/index.ts';
import type { LocalFault } from '../../src/sim/index.ts';
import { type LocalUnit, openLocalUnit } from '../support/devices/local-unit.ts';
import { LONG } from '../support/values/timeouts.ts';

let bench: LocalUnit | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

async function open(...args: Parameters<typeof openLocalUnit>): Promise<LocalUnit> {
  bench = await openLocalUnit(...args);
  return bench;
}

const HEALTHY = {
  onLine: true,
  outputOn: true,
  batteryPercent: 100,
  runtimeSeconds: 2700,
  loadPercent: 24,
  calibrating: false,
  selfTest: false,
  alarms: [],
  notices: [],
  linkUp: null,
};

describe('a look at a unit that speaks Microlink', { timeout: LONG }, () => {
  it.each([
    ['smc1000i-serial', 'SMC1000I', '12.0', 1005, '2015-08-11', ['MCU 06.0', 'UBL 01.4', 'MBL 06.0']],
    ['smt1500c-serial', 'SMT1500C', '14.1', 1015, '2019-03-05', ['MCU 14.2', 'UBL 03.1', 'MBL 04.0']],
    ['smx1500-usb', 'SMX1500RM2U', '09.8', 20, '2014-11-20', ['MCU 10.3', 'UBL 07.5', 'MBL 03.2']],
    ['scl500-usb', 'SCL500RMI1UC', '15.6', 1036, '2020-06-16', ['MCU 17.0', 'UBL 04.2', 'MBL 04.0']],
  ] as const)(
    '%s reports everything and writes nothing',
    async (persona, sku, version, microLinkId, made, parts) => {
      const { device, look } = await open(persona);
      device.onLine = false;
      device.outputOn = false;
      const { unit, problem, kind, seen } = await look();
      expect(problem).toBeNull();
      expect(kind).toBe('smart-ups');
      expect(unit).toMatchObject({
        serial: device.serial,
        model: device.persona.unit.model,
        sku,
        manufactured: made,
        ratingVA: device.persona.unit.ratingVA,
        reachable: true,
        simulated: true,
        firmware: { version, microLinkId },
      });
      expect(unit.condition).toEqual({
        ...HEALTHY,
        onLine: false,
        outputOn: false,
        alarms: ['on battery', 'input not acceptable'],
      });
      expect(seen).toMatchObject({ protocol: 'microlink', parts, exchange: null, notes: [] });
      expect(device).toMatchObject({ writes: 0, authenticated: false });
    },
  );

  it.each([
    'microlink-drops-bytes',
    'microlink-bad-sum',
    'microlink-stalls',
    'microlink-goes-quiet',
    'microlink-stray-fe',
    'microlink-check-ff',
  ] as const satisfies readonly LocalFault[])('is complete with %s', async (fault) => {
    // A record that lacks a byte takes the whole timeout; without stalls a short one is enough.
    const timeouts = fault === 'microlink-drops-bytes' ? { record: 0.06 } : {};
    const { device, look } = await open('smt1500c-serial', [fault], timeouts);
    const { unit, problem, seen } = await look();
    expect(problem).toBeNull();
    expect(seen?.notes).toEqual([]);
    expect(unit).toMatchObject({
      serial: device.serial,
      sku: 'SMT1500C',
      firmware: { version: '14.1', microLinkId: 1015 },
      condition: HEALTHY,
    });
  });

  it('lists what prevents an update', async () => {
    const { device, look } = await open('smc1000i-serial', ['on-battery']);
    device.calibrating = true;
    device.selfTest = true;
    const { unit } = await look();
    expect(unit.condition).toMatchObject({ onLine: false, calibrating: true, selfTest: true });
    expect(unit.condition.alarms).toEqual(
      expect.arrayContaining(['on battery', 'self-test in progress', 'runtime calibration']),
    );
  });

  it('reports only the ID if there is no descriptor', async () => {
    const { look } = await open('smc1000i-serial', ['microlink-no-descriptor']);
    const { unit, problem, seen } = await look();
    expect(problem).toBeNull();
    expect(unit.firmware).toMatchObject({ version: null, microLinkId: 1005 });
    expect(unit.condition).toEqual(UNKNOWN_CONDITION);
    expect(seen?.notes).toEqual([expect.stringContaining('no descriptor')]);
  });

  it('is unknown beyond the page where it stops answering', async () => {
    const { look } = await open('smc1000i-serial', ['microlink-silent-mid-page']);
    const { unit, seen } = await look();
    expect(unit.firmware.microLinkId).toBe(1005);
    expect(Object.values(unit.condition)).toContain(null);
    expect(seen?.notes).toHaveLength(1);
  });

  it('without a first page is identified by its USB strings', async () => {
    const { device, look } = await open('smx1500-usb', ['microlink-no-page-zero']);
    const { unit, problem, seen } = await look();
    expect(problem).toBeNull();
    expect(seen?.protocol).toBe('usb-strings');
    expect(unit).toMatchObject({ serial: device.serial, firmware: { version: '09.8', microLinkId: 20 } });
    expect(unit.condition).toEqual(UNKNOWN_CONDITION);
    expect(seen?.notes[0]).toContain('neither Microlink nor Modbus');
  });

  it('without a first page on a serial line counts as silent', async () => {
    const { device, look } = await open('smc1000i-serial', ['microlink-no-page-zero']);
    expect((await look()).problem).toMatchObject({ code: 'link/silent' });
    expect(device.writes).toBe(0);
  });

  it('waits for a late first answer over USB', async () => {
    const { look } = await open('scl500-usb', ['usb-slow-first-answer']);
    expect((await look()).seen?.protocol).toBe('microlink');
  });
});

describe('the password exchange', { timeout: LONG }, () => {
  it.each(['smc1000i-serial', 'smt1500c-serial', 'smx1500-usb'] as const)(
    'is verified on both sides with %s',
    async (persona) => {
      const { device, look } = await open(persona);
      expect((await look(true)).seen?.exchange).toBe('both');
      expect(device).toMatchObject({ authenticated: true, writes: 1 });
      // The password must be exchanged each time.
      expect((await look(true)).seen?.exchange).toBe('both');
    },
  );

  it('detects a copy of a unit', async () => {
    const { look } = await open('smc1000i-serial', ['microlink-false-answer']);
    expect((await look(true)).seen?.exchange).toBe('false-answer');
  });

  it('is not tried with a nonce that may be old', async () => {
    const { device, look } = await open('smt1500c-serial', ['microlink-bad-sum', 'microlink-locks']);
    for (let tried = 0; tried < 3; tried += 1) {
      expect(['both', 'not-known']).toContain((await look(true)).seen?.exchange);
      expect((await look()).problem).toBeNull();
    }
    expect(device.dangerous).toBe(0);
  });

  it('sends the right answer to a unit that locks after a wrong one', async () => {
    const { look } = await open('smc1000i-serial', ['microlink-locks']);
    expect((await look(true)).seen?.exchange).toBe('both');
    expect((await look()).problem).toBeNull();
  });
});

describe('a look at other devices', { timeout: LONG }, () => {
  it('reads a unit that speaks Modbus, without its ID', async () => {
    const { device, look } = await open('srt5000-modbus');
    const { unit, problem, seen } = await look();
    expect(problem).toBeNull();
    expect(unit).toMatchObject({
      serial: device.serial,
      sku: 'SRT5KXLI',
      simulated: true,
      firmware: { version: '09.2', microLinkId: null },
      condition: HEALTHY,
    });
    expect(seen?.notes).toEqual([expect.stringContaining('panel')]);
  });

  it('identifies a UPS-Link unit, and sends it nothing that acts', async () => {
    const { device, look } = await open('sua1500-upslink');
    const { unit, seen } = await look();
    expect(seen?.protocol).toBe('ups-link');
    expect(unit).toMatchObject({
      serial: device.serial,
      model: 'Smart-UPS 1500 RM',
      firmware: { raw: '617.3.I' },
    });
    expect(device.dangerous).toBe(0);
  });

  it('finds a waiting boot loader, and sends it nothing', async () => {
    const { device, look } = await open('smt1500-loader');
    const { unit, problem, seen } = await look();
    expect(problem).toMatchObject({
      code: 'device/boot-loader',
      hint: expect.stringContaining('local recover'),
    });
    expect(unit).toMatchObject({
      reachable: true,
      simulated: true,
      firmware: { version: null, microLinkId: null },
    });
    expect(seen?.loader?.lines).toContain('4.5G Smart-UPS Tower');
    expect(device).toMatchObject({ bytesArrived: 0, attempts: 0, state: 'loader' });
  });

  it.each([
    ['port-echoes', 'echoes what it receives'],
    ['port-babbles', 'unasked'],
  ] as const)('identifies %s', async (fault, args) => {
    const { device, look } = await open('smc1000i-serial', [fault]);
    const { unit, problem } = await look();
    expect(problem).toMatchObject({ code: 'device/garbage', message: expect.stringContaining(args) });
    expect(unit.reachable).toBe(false);
    expect(device.dangerous).toBe(0);
  });

  it('reports that the cable was pulled', async () => {
    const { look } = await open('smc1000i-serial', ['cable-pulled']);
    expect((await look()).problem).toMatchObject({ code: 'link/closed' });
  });
});
