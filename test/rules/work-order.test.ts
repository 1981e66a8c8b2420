import { beforeAll, describe, expect, it } from 'vitest';
import type { Unit, WorkItem, WorkOrder } from '../../src/core/index.ts';
import { describedOrder, loadRules, type RuleBook, workOrder } from '../../src/rules/index.ts';
import { unitAt } from '../run/values.ts';
import { firmwareOf, folderImage, localUnit, orderFor, said } from './orders.ts';

let faq: RuleBook;
let today: RuleBook;
beforeAll(async () => {
  faq = await loadRules({ asOf: '2020-04-02' });
  today = await loadRules();
});

const GROUP_B = [
  ...['SMX2000RMLV2U', 'SMX2000RMLV2UNC', 'SMX2000RMLV2UNCQ', 'SMX2000RMLV2UQ', 'SMX2200RMHV2U'],
  ...['SMX2200RMHV2UQ', 'SMX2200RMLV2U', 'SMX2200RMLV2UQ', 'SMX3000RMHV2U', 'SMX3000RMHV2UNC'],
  ...['SMX3000RMHV2UNCQ', 'SMX3000RMHV2UQ', 'SMX3000RMLV2U', 'SMX3000RMLV2UNC', 'SMX3000RMLV2UNCQ'],
  ...['SMX3000RMLV2UQ', 'DLX3000R2LVJNC'],
];
const GROUP_C = [
  ...['FJX1500RMI2UNC', 'SMX1000', 'SMX1000I', 'SMX1000IQ', 'SMX1000Q', 'SMX1500RM2U', 'SMX1500RM2UNC'],
  ...['SMX1500RM2UNCQ', 'SMX1500RM2UQ', 'SMX1500RMI2U', 'SMX1500RMI2UNC', 'SMX1500RMI2UNCQ'],
  ...['SMX1500RMI2UQ', 'SMX750', 'SMX750I', 'SMX750IQ', 'SMX750-NMC', 'SMX750Q'],
];

function everyLine(order: WorkOrder): readonly WorkItem[] {
  const {
    first,
    bring,
    prepare,
    steps,
    check,
    ifItFails,
    unknown,
    notes,
    alternatives: otherWays,
    port,
    minutes,
  } = order;
  return [
    ...[first, bring, prepare, steps, check, ifItFails, unknown, notes].flat(),
    ...otherWays.flatMap((way) => way.steps),
    ...(port?.because ?? []),
    ...(minutes === null ? [] : [minutes]),
  ];
}

/** What every order for a running unit must tell, whatever the unit. */
function isWhole(order: WorkOrder, wizard: string | null, port: 'serial' | 'usb'): void {
  expect(order).toMatchObject({ procedure: 'wizard', wizard, port: { use: port } });
  expect(order.hops.length).toBeGreaterThan(0);
  expect(order.target).toMatchObject(order.hops.at(-1)?.to ?? {});
  if (wizard !== null) expect(said(order.bring)).toContain(`Firmware Upgrade Wizard ${wizard}`);
  const cable = port === 'serial' ? 'The serial cable that came with the unit.' : 'The USB cable that came';
  expect(said(order.bring)).toContain(cable);
  expect(said(order.prepare)).toMatch(/Power the load down/);
  expect(said(order.prepare)).toMatch(/Delete older copies/);
  expect(said(order.prepare)).toMatch(/Read the manual of the wizard/);
  expect(order.minutes?.text).toMatch(/minutes/);
  expect(order.steps.length).toBeGreaterThan(1);
  expect(said(order.check)).toContain(`The version is ${order.target?.version}`);
  expect(said(order.ifItFails)).toContain('technical support');
  for (const { text, source } of everyLine(order)) {
    expect(text).not.toMatch(/[{}]|undefined|null/);
    expect(source).not.toBe('');
    expect(source).not.toMatch(/[{}]/);
  }
}

describe('every row of the table of Micro-Link ids', () => {
  it.each([
    ['SMT750', 4, '07.0', 'SMT4UPS_07-1_Le_750', '07.1', '4.2.0'],
    ['SMT1000', 4, '07.0', 'SMT4UPS_07-1_Le_NOT750', '07.1', '4.2.0'],
    ['SMX3000RMHV2U', 10, '01.9', 'SMX10UPS_02-0', '02.0', '4.1.1'],
    ['SMX1500RM2U', 11, '03.7', 'SMX11UPS_03-8', '03.8', '4.1.1'],
    ['SMT1500', 17, '07.0', 'SMT17UPS_07-1_Le', '07.1', '4.2.0'],
    ['SMT1500', 18, '09.3', 'SMT18UPS_09-4', '09.4', '4.2.0'],
    ['SMT1500RM2U', 20, '10.0', 'SMT20UPS_10-1', '10.1', '4.2.0'],
    ['SMX3000RMHV2U', 23, '06.9', 'SMX23UPS_07-0', '07.0', '4.2.0'],
    ['SMC1000', 1000, '09.9', 'SMC1000UPS_10-0', '10.0', '4.2.0'],
    ['SMX2200RMLV2U', 1003, '07.3', 'SMX1003UPS_07-4', '07.4', '4.1.1'],
    ['SMC1500', 1005, '11.9', 'SMC1005UPS_12-0', '12.0', '4.2.0'],
    ['SMC3000I', 1007, '10.9', 'SMC1007UPS_11-0', '11.0', '4.2.0'],
    ['SMT1500C', 1015, '04.0', 'SMT1015UPS_04-1', '04.1', '4.2.0'],
    ['SMC1000C', 1018, '04.0', 'SMC1018UPS_04-1', '04.1', '4.2.0'],
    ['SCL500RM1UC', 1029, '02.2', 'SCL1029UPS_02-3', '02.3', '4.2.0'],
    ['SCL500RM1UC', 1030, '02.2', 'SCL1030UPS_02-3', '02.3', '4.2.0'],
  ])('%s of id %i at %s is sent %s', (sku, id, version, image, target, wizard) => {
    const unit = localUnit(firmwareOf(version, id), { sku, model: sku });
    const then = orderFor(faq, unit);
    if (then === null) throw new Error('no order as of the FAQ');
    isWhole(then, wizard, 'serial');
    expect(then.target).toEqual({
      version: target,
      microLinkId: id,
      image: { file: image, sha256: null, inFolder: false },
    });
    expect(then.minutes?.text).toContain('5 to 20 minutes');
    expect(said(then.bring)).toContain('Windows XP to Windows 10');

    const now = orderFor(today, unit);
    if (now === null) throw new Error('no order as of today');
    isWhole(now, '4.3.8', 'serial');
    expect(now.target?.microLinkId).toBe(id);
    expect((now.target?.version ?? '') >= target).toBe(true);
    for (const hop of now.hops) expect(hop.image?.sha256).toMatch(/^[0-9a-f]{64}$/);
    for (const part of [
      'SmartSlot',
      'PowerChute',
      'does not fall asleep',
      'runtime calibration',
      'signature',
    ])
      expect(said(now.prepare)).toContain(part);
    expect(said(now.bring)).toContain('no adapter from USB to serial');
    expect(said(now.steps)).toMatch(/Communication Port Selection[\s\S]*Device Found[\s\S]*Apply Upgrade/);
    expect(said(now.check)).toMatch(/The output is on[\s\S]*no alarm/);
    expect(said(now.ifItFails)).toContain('upsfw local inspect PORT');
  });

  it('makes no order at the target of the row', () => {
    const rows = [
      ['SMT1500', 18, '09.4'],
      ['SMC1500', 1005, '12.0'],
    ] as const;
    for (const [sku, id, version] of rows)
      expect(orderFor(faq, localUnit(firmwareOf(version, id), { sku }))).toBeNull();
  });
});

describe('every row of the table of wizard 4.1.1', () => {
  it.each(GROUP_B)('%s: 4.2.0 from 05.0 to 07.0, 4.1.1 outside', (sku) => {
    for (const [version, wizard] of [
      ['04.9', '4.1.1'],
      ['05.0', '4.2.0'],
      ['07.0', '4.2.0'],
      ['07.1', '4.1.1'],
    ] as const) {
      const order = orderFor(faq, localUnit(firmwareOf(version, 1003), { sku }));
      if (order === null) throw new Error(`no order at ${version}`);
      isWhole(order, wizard, 'serial');
    }
  });

  it.each([...GROUP_C, 'SMX1500'])('%s: 4.1.1 below 07.0, 4.2.0 from there on', (sku) => {
    for (const [version, wizard] of [
      ['06.9', '4.1.1'],
      ['07.0', '4.2.0'],
    ] as const) {
      const order = orderFor(faq, localUnit(firmwareOf(version, 20), { sku }));
      if (order === null) throw new Error(`no order at ${version}`);
      isWhole(order, wizard, 'serial');
    }
  });

  it.each(['SMX750', 'SMX1000', 'SMX1500'])('%s: none for 02.x, by any wizard', (sku) => {
    for (const book of [faq, today]) {
      expect(orderFor(book, localUnit(firmwareOf('02.9', 11), { sku }))).toBeNull();
      expect(orderFor(book, localUnit(firmwareOf('03.0', 11), { sku }))).not.toBeNull();
    }
  });
});

describe('the port', () => {
  it.each([
    ['SMT1500', 18, '07.9', 'serial', 'USB needs 08.0'],
    ['SMT1500', 18, '08.0', 'usb', null],
    ['SMX1500RM2U', 20, '07.1', 'serial', 'USB needs 07.2'],
    ['SMX1500RM2U', 20, '07.2', 'usb', null],
    ['SMT1500C', 1015, '04.0', 'serial', 'the limit 08.0 is of an older series'],
    ['SCL500RM1UC', 1030, '02.2', 'serial', 'family SCL over USB is not stated'],
  ] as const)('as of the FAQ %s of id %i at %s: %s', (sku, id, version, port, why) => {
    const order = orderFor(faq, localUnit(firmwareOf(version, id), { sku }), 'usb');
    if (order === null) throw new Error('no order');
    isWhole(order, order.wizard, port);
    expect(order.port?.because.length).toBe(why === null ? 0 : 1);
    expect(said(order.port?.because)).toContain(why ?? '');
  });

  it.each([
    ['SMT1500', 18, '07.9', 'usb', 'serial', 'yes from 08.0 on'],
    ['SMT1500', 18, '08.0', 'usb', 'usb', null],
    ['SMT1500', 17, '07.0', 'usb', 'serial', 'over serial only'],
    ['SMX3000RMHV2U', 23, '06.9', 'usb', 'serial', 'for 15.0 nothing is stated'],
    ['SMC1500', 1005, '14.1', 'usb', 'usb', null],
    ['SRT5KXLI', 1020, '10.4', 'usb', 'serial', 'advise against USB'],
    ['SRT5KXLI', 1001, '02.6', 'usb', 'serial', 'USB upgrade not fixed for 1013'],
    ['SCL500RMI1U', 1036, '15.5', 'usb', 'usb', null],
    // Something speaks against either port, so the one of the inventory stays.
    ['SCL500RMI1U', 1036, '15.5', 'serial', 'serial', null],
  ] as const)('today %s of id %i at %s, asked over %s: %s', (sku, id, version, transport, port, why) => {
    const order = orderFor(today, localUnit(firmwareOf(version, id), { sku }), transport);
    if (order === null) throw new Error('no order');
    isWhole(order, '4.3.8', port);
    expect(said(order.port?.because)).toContain(why ?? '');
    if (why === null) expect(order.port?.because).toEqual([]);
    expect(order.unit).toMatchObject(
      transport === 'usb' ? { usb: '/dev/ttyUSB0' } : { serialPort: '/dev/ttyUSB0' },
    );
  });

  it('may not be there, which is told', () => {
    for (const [id, doubted] of [
      [1036, true],
      [1037, true],
      [1051, true],
      [1030, false],
    ] as const) {
      const order = orderFor(today, localUnit(firmwareOf('15.1', id)));
      expect(said(order?.notes).includes('are called USB only'), String(id)).toBe(doubted);
    }
  });

  it('is opened at the panel, which differs by family', () => {
    const panel = (id: number, sku: string, transport: 'serial' | 'usb') => {
      const order = orderFor(today, localUnit(firmwareOf('10.0', id), { sku }), transport);
      return { before: said(order?.prepare), unknown: said(order?.unknown) };
    };
    expect(panel(1005, 'SMC1500', 'serial').before).toContain('FU.1');
    expect(panel(1005, 'SMC1500', 'usb').before).not.toContain('FU.1');
    expect(panel(1005, 'SMC1500', 'usb').unknown).toContain('which setting opens USB is not published');
    expect(panel(18, 'SMT1500', 'serial').before).toContain('Serial Enable');
    expect(panel(18, 'SMT1500', 'usb').before).toContain('enable USB there');
    // A line of two families is no SMC.
    expect(panel(20, 'SMX1500RM2U', 'serial').before).toContain('Serial Enable');
  });
});

describe('the images', () => {
  const at093 = localUnit(firmwareOf('09.3', 18), { sku: 'SMT1500' });
  const old = folderImage({ version: '09.6', parts: ['UBL 08.5'] }, 'SMT18UPS_09-6.enc');
  const newest = folderImage({}, 'SMT18UPS_15-0.enc');

  it('are a route, also where the folder lacks its stepping stone', () => {
    const order = orderFor(today, at093, 'serial', [newest]);
    expect(order?.hops.map(({ from, to, image }) => [from.version, to.version, image?.inFolder])).toEqual([
      ['09.3', '09.6', false],
      ['09.6', '15.0', true],
    ]);
    expect(order?.hops[0]?.image).toMatchObject({ file: 'SMT18UPS_09-6.enc' });
    expect(order?.hops[1]?.image).toMatchObject({ sha256: newest.sha256 });
    expect(said(order?.steps)).toContain('There are 2 hops.');
    expect(said(order?.ifItFails)).toContain('local recover PORT IMAGE --expect-id ID');
    expect(said(order?.bring)).toContain('every image that this paper names as not in the images folder');
  });

  it('are those of the folder where nothing stands against them', () => {
    const order = orderFor(today, at093, 'serial', [old, newest]);
    expect(order?.hops.map(({ image }) => image?.inFolder)).toEqual([true, true]);
    expect(said(order?.bring)).toContain('SMT18UPS_09-6.enc, then SMT18UPS_15-0.enc');
    expect(said(order?.bring)).not.toContain('not in the images folder');
    // One image is one hop, and its name is in the command.
    const single = orderFor(today, localUnit(firmwareOf('09.6', 18)), 'serial', [newest]);
    expect(said(single?.ifItFails)).toContain('local recover PORT SMT18UPS_15-0.enc --expect-id 18');
    expect(said(single?.ifItFails)).not.toContain('--expect-id ID');
    expect(said(single?.steps)).not.toContain('There are');
  });

  it('are not those of the folder that are damaged', () => {
    const bytes = { ...newest, problems: [{ code: 'image/truncated', message: 'cut' }] as const };
    const order = orderFor(today, localUnit(firmwareOf('09.6', 18)), 'serial', [bytes]);
    expect(order?.hops).toHaveLength(1);
    expect(order?.hops[0]?.image?.inFolder).toBe(false);
  });

  it('change the id on the way, which is told', () => {
    const order = orderFor(today, localUnit(firmwareOf('02.6', 1001), { sku: 'SRT5KXLI' }));
    expect(order?.hops.map(({ to }) => to.microLinkId)).toEqual([1013, 1013]);
    expect(said(order?.steps)).toContain('Communication Error shows for some seconds: that is normal');
    expect(said(order?.check)).toContain('is 1013 now; before it was 1001');
    const other = orderFor(today, at093);
    expect(said(other?.steps)).not.toContain('Communication Error');
    expect(said(other?.check)).not.toContain('Micro-Link id under About is');
  });

  it('of id 4 are told by the rating, which is asked for', () => {
    const order = orderFor(today, localUnit(firmwareOf('07.0', 4)));
    expect(order?.target).toMatchObject({ version: '07.1', image: null });
    expect(said(order?.unknown)).toContain('750 VA takes SMT4UPS_07-1_Le_750');
    expect(said(orderFor(today, localUnit(firmwareOf('07.0', 4), { sku: 'SMT750' }))?.unknown)).not.toContain(
      'rating is not known',
    );
  });

  it('with odd names are quoted in commands', () => {
    const odd = folderImage({}, 'new "image" - 1.enc');
    const order = orderFor(today, localUnit(firmwareOf('09.6', 18)), 'serial', [odd]);
    expect(said(order?.ifItFails)).toContain('recover PORT "new \\"image\\" - 1.enc" --expect-id 18');
  });
});

describe('units without an order', () => {
  it.each<readonly [string, Unit, 'serial' | 'usb' | 'nmc']>([
    ['SUA', localUnit('652.13.I', { sku: 'SUA1500RMI2U' }), 'serial'],
    ['SU', localUnit('617.3.I', { sku: 'SU1400NET' }), 'usb'],
    ['SURT', localUnit(firmwareOf('09.3', 18), { sku: 'SURT3000XLI' }), 'serial'],
    ['SRC, whose images are made for single models', localUnit(firmwareOf('01.0', 1006)), 'serial'],
    ['what runs the newest release', localUnit(firmwareOf('15.0', 18), { sku: 'SMT1500' }), 'serial'],
    ['an id of another family', localUnit(firmwareOf('09.3', 18), { sku: 'SMC1500' }), 'serial'],
    ['a firmware string without an id', localUnit('UPS 09.3'), 'serial'],
    ['an id that nobody knows', localUnit(firmwareOf('01.0', 9999)), 'serial'],
    ['a unit that did not answer', localUnit(firmwareOf('09.3', 18), { reachable: false }), 'usb'],
    ['a unit that its card updates', unitAt('09.4'), 'nmc'],
  ])('%s', (_name, unit, transport) => {
    const images = [folderImage({}), folderImage({ microLinkId: 1006, version: '09.0' })];
    expect(orderFor(today, unit, transport, images)).toBeNull();
  });

  it('and a line of which no port is known, however many images there are', () => {
    const images = [folderImage({ microLinkId: 1004, version: '09.0' })];
    expect(orderFor(today, localUnit(firmwareOf('01.0', 1004)), 'serial', images)).toBeNull();
  });

  it('and a unit that is blocked only by how it stands', () => {
    const low = unitAt('09.4', { condition: { ...unitAt('09.4').condition, batteryPercent: 20 } });
    expect(orderFor(today, low, 'nmc', [folderImage({})])).toBeNull();
  });
});

describe('units behind a card', () => {
  const shut = (overrides: Partial<Unit> = {}): Unit =>
    unitAt('15.0', {
      sku: 'SRT5KXLI',
      firmware: { raw: firmwareOf('15.0', 1020), version: '15.0', microLinkId: 1020 },
      ...overrides,
    });
  const image = folderImage({
    microLinkId: 1020,
    version: '15.9',
    signed: true,
    parts: ['MBL 03.3', 'MCU 11.3'],
  });

  it('are sent to the serial port where the installed firmware shuts the card path', () => {
    const order = orderFor(today, shut(), 'nmc', [image]);
    if (order === null) throw new Error('no order');
    isWhole(order, '4.3.8', 'serial');
    expect(order.unit).toMatchObject({ host: '127.0.0.1', serialPort: null, usb: null });
    expect(said(order.port?.because)).toContain(
      'release 15.0 shut the card path of id 1020 and 15.5 opens it again',
    );
    expect(order.first).toEqual([]);
    expect(order.unknown.some(({ text }) => text.includes('Mains must be present'))).toBe(false);
  });

  it('and where the card is none that can', () => {
    const card = { ...unitAt('09.4').card, model: 'AP9619', generation: 'nmc1' as const };
    const old = unitAt('09.4', {
      card: { ...card, serial: null, platform: null, boot: null, os: null, app: null },
    });
    expect(orderFor(today, old, 'nmc', [folderImage({})])).toMatchObject({ port: { use: 'serial' } });
  });

  it('are told what to clear first, and what could not be seen', () => {
    const condition = { ...unitAt('15.0').condition, onLine: false, batteryPercent: null };
    const order = orderFor(today, shut({ condition }), 'nmc', [image]);
    expect(said(order?.first)).toContain('on line: no');
    expect(said(order?.first)).not.toContain('battery');
    expect(said(order?.unknown)).toContain('The battery must be charged to half at least.');
  });

  it('are not told that their output is on where nobody saw it', () => {
    const local = orderFor(today, localUnit(firmwareOf('02.6', 1001), { sku: 'SRT5KXLI' }));
    expect(said(local?.first)).toBe('');
    expect(said(local?.notes)).not.toContain('the output is on');
    expect(said(local?.unknown)).toContain('Whether the output is on must be known');
    const seen = localUnit(firmwareOf('02.6', 1001), {
      sku: 'SRT5KXLI',
      condition: unitAt('09.4').condition,
    });
    expect(said(orderFor(today, seen)?.first)).toContain('the output is on');
  });

  it('are told of a doubt about who they are', () => {
    const reasons = [
      {
        code: 'OTHER_SERIAL',
        rule: 'identity',
        outcome: 'block',
        because: 'the inventory says AS1, the unit says AS2',
        remedy: 'Check.',
        source: 'inventory and look',
      },
    ] as const;
    const order = workOrder(today, {
      key: 'berlin/closet-3',
      unit: localUnit(firmwareOf('09.6', 18)),
      verdict: { status: 'blocked', reasons },
      transport: 'serial',
      images: [],
    });
    expect(said(order?.first)).toContain('the unit says AS2');
  });
});

describe('the output', () => {
  it.each([
    ['SRT5KXLI', 1020, '10.0', 'is updated with its output off', 'Turning Off UPS'],
    ['SRT5KXLI', 1020, '10.1', 'can be updated with its output on', 'Firmware Upgrade With Output On: the'],
    ['SRT8KXLI', 1021, '12.0', 'is updated with its output off', 'Turning Off UPS'],
    ['SMT1500', 18, '09.6', 'Expect the output to go off', 'With Output On instead'],
  ])('%s of id %i at %s: %s', (sku, id, version, before, screen) => {
    const order = orderFor(today, localUnit(firmwareOf(version, id), { sku }));
    expect(order?.prepare.filter(({ text }) => /output (?:off|on|to)/.test(text))).toHaveLength(1);
    expect(said(order?.prepare)).toContain(before);
    expect(order?.steps.filter(({ text }) => /Turning Off UPS/.test(text))).toHaveLength(1);
    expect(said(order?.steps)).toContain(screen);
  });
});

describe('other ways', () => {
  const titles = (version: string, id: number): readonly string[] => {
    const order = orderFor(today, localUnit(firmwareOf(version, id)));
    return (order?.alternatives ?? []).map(({ title }) => title.split(' ').slice(0, 3).join(' '));
  };

  it.each([
    [1020, '10.0', false],
    [1020, '10.1', true],
    [1021, '11.9', false],
    [1021, '12.0', true],
    [1016, '02.2', false],
    [1016, '02.3', true],
    // Nobody says from which release on.
    [1017, '15.0', false],
    [18, '09.6', false],
  ])('a stick for id %i at %s: %s', (id, version, offered) => {
    expect(titles(version, id).includes('A USB stick')).toBe(offered);
  });

  it.each([
    [1010, '07.8', false],
    [1010, '07.9', true],
    [1019, '07.0', false],
    [1019, '07.1', true],
    [1020, '10.0', false],
    [1020, '10.1', true],
    [1021, '11.9', false],
    [1021, '12.0', true],
    [1024, '00.3', false],
    [1024, '00.4', true],
    [1025, '07.8', false],
    [1025, '07.9', true],
    [18, '09.6', false],
  ])('the panel for id %i at %s: %s', (id, version, offered) => {
    expect(titles(version, id).includes('Install at the')).toBe(offered);
    const steps = said(orderFor(today, localUnit(firmwareOf(version, id)))?.steps);
    expect(steps.includes('choose FW Install')).toBe(offered);
  });

  it('say exactly what is published of a stick, and what is not', () => {
    const order = orderFor(today, localUnit(firmwareOf('10.1', 1020), { sku: 'SRT5KXLI' }));
    const [stick] = order?.alternatives ?? [];
    const text = said(stick?.steps);
    for (const part of [
      'FAT32',
      'upsfw local usb-drive DIR SRT1020UPS_15-9.enc',
      '10.1 or later',
      'not published',
      'FW Install',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('hops');
  });

  it('tell XU units to be installed at their panel', () => {
    for (const [id, told] of [
      [1017, true],
      [1033, true],
      [1016, false],
    ] as const) {
      const order = orderFor(today, localUnit(firmwareOf('15.0', id)));
      expect(said(order?.steps).includes('start the installation at the panel'), String(id)).toBe(told);
    }
  });

  it.each([
    [1034, '04.9', '5 to 20 minutes'],
    [1034, '05.0', 'about 25 minutes'],
    [1035, '05.0', 'about 25 minutes'],
  ])('id %i at %s takes %s', (id, version, minutes) => {
    expect(orderFor(today, localUnit(firmwareOf(version, id)))?.minutes?.text).toContain(minutes);
  });

  it('tell an SCL what to do where it refuses', () => {
    expect(said(orderFor(today, localUnit(firmwareOf('15.5', 1030)))?.ifItFails)).toContain('by hand');
    expect(said(orderFor(today, localUnit(firmwareOf('09.6', 18)))?.ifItFails)).not.toContain('by hand');
  });
});

describe('a card that answers without its application', () => {
  const card = {
    model: 'AP9631',
    serial: null,
    generation: 'nmc2' as const,
    platform: 'hw05',
    boot: null,
    os: 'v6.9.6',
    app: null,
  };
  const ordered = (generation: 'nmc1' | 'nmc2' | 'nmc3' | null, code = 'device/no-application' as const) =>
    workOrder(today, {
      key: 'berlin/a',
      unit: localUnit('', { port: 161, host: '10.0.0.1', serial: null, card: { ...card, generation } }),
      verdict: { status: 'unknown', reasons: [] },
      transport: 'nmc',
      images: [],
      problem: { code },
    });

  it.each([
    ['nmc2', ['940-0299', '57600'], ['960-0603']],
    ['nmc3', ['960-0603', '9600 baud', '.nmc3'], ['940-0299', '57600']],
    [null, ['940-0299', '960-0603', 'Read the model on the card'], []],
    ['nmc1', ['Of other models than these nothing is said'], []],
  ] as const)('of generation %s gets its own console', (generation, parts, others) => {
    const order = ordered(generation);
    expect(order).toMatchObject({
      procedure: 'card-console',
      target: null,
      port: null,
      hops: [],
      wizard: null,
    });
    if (order === null) throw new Error('no order');
    const text = said(everyLine(order));
    for (const part of [...parts, '8 data bits', 'BM>', 'audit --unit berlin/a'])
      expect(text).toContain(part);
    for (const part of others) expect(text).not.toContain(part);
    expect(said(order.steps)).toMatch(/reset[\s\S]*boot monitor by XMODEM[\s\S]*AOS[\s\S]*application/);
  });

  it('is none of the other problems', () => {
    const order = workOrder(today, {
      key: 'berlin/a',
      unit: localUnit('', { reachable: false, card }),
      verdict: { status: 'unreachable', reasons: [] },
      transport: 'nmc',
      images: [],
      problem: { code: 'link/silent' },
    });
    expect(order).toBeNull();
  });
});

describe('a described unit', () => {
  it('gets the same order, without a word of how it stands', () => {
    const input = { model: null, sku: 'SMT1500', firmware: firmwareOf('09.3', 18) };
    const order = describedOrder(today, { ...input, transport: 'serial' });
    if (order === null) throw new Error('no order');
    isWhole(order, '4.3.8', 'serial');
    expect(said(order.unknown)).not.toContain('Seen from here');
    expect(said(order.unknown)).toContain('The serial number is not known here');
    expect(describedOrder(today, { ...input, transport: 'nmc' })).toBeNull();
    expect(describedOrder(today, { ...input, serial: 'AS1234567890', transport: 'usb' })?.port?.use).toBe(
      'usb',
    );
  });
});

describe('every line of the catalogue', () => {
  it('gives an order that is whole wherever it gives one, over each way', () => {
    let orders = 0;
    for (const line of today.lines.values()) {
      for (const transport of ['serial', 'usb'] as const) {
        const order = orderFor(today, localUnit(firmwareOf('00.1', line.id)), transport);
        if (order === null) continue;
        orders += 1;
        isWhole(order, order.wizard, order.port?.use ?? transport);
      }
    }
    expect(orders).toBeGreaterThan(90);
  });
});
