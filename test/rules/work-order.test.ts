import { beforeAll, describe, expect, it } from 'vitest';
import type { Unit, WorkItem, WorkOrder } from '../../src/core/index.ts';
import { describedOrder, loadRules, type RuleBook, workOrder } from '../../src/rules/index.ts';
import { firmwareOf, folderImage, localUnit, orderFor, textOf } from '../support/values/orders.ts';
import { unitAt } from '../support/values/units.ts';

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

function allItems(order: WorkOrder): readonly WorkItem[] {
  const { first, bring, prepare, steps, check, ifItFails, unknown, notes, alternatives, port, minutes } =
    order;
  return [
    ...[first, bring, prepare, steps, check, ifItFails, unknown, notes].flat(),
    ...alternatives.flatMap(({ steps: own }) => own),
    ...(port?.because ?? []),
    ...(minutes === null ? [] : [minutes]),
  ];
}

/** What every work order for a running unit contains. */
function expectComplete(order: WorkOrder, wizard: string | null, port: 'serial' | 'usb'): void {
  expect(order).toMatchObject({ procedure: 'wizard', wizard, port: { use: port } });
  expect(order.hops.length).toBeGreaterThan(0);
  expect(order.target).toMatchObject(order.hops.at(-1)?.to ?? {});
  if (wizard !== null) expect(textOf(order.bring)).toContain(`Firmware Upgrade Wizard ${wizard}`);
  const cable = port === 'serial' ? 'The serial cable that came with the unit.' : 'The USB cable that came';
  expect(textOf(order.bring)).toContain(cable);
  expect(textOf(order.prepare)).toMatch(/Shut the load down/);
  expect(textOf(order.prepare)).toMatch(/Delete older copies/);
  expect(textOf(order.prepare)).toMatch(/Read the manual of the wizard/);
  expect(order.minutes?.text).toMatch(/minutes/);
  expect(order.steps.length).toBeGreaterThan(1);
  expect(textOf(order.check)).toContain(`The version is ${order.target?.version}`);
  expect(textOf(order.ifItFails)).toContain('technical support');
  for (const { text, source } of allItems(order)) {
    expect(text).not.toMatch(/[{}]|undefined|null/);
    expect(source).not.toBe('');
    expect(source).not.toMatch(/[{}]/);
  }
}

describe('every row of the table of Micro-Link IDs', () => {
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
  ])('%s of ID %i at %s gets %s', (sku, id, version, image, target, wizard) => {
    const unit = localUnit(firmwareOf(version, id), { sku, model: sku });
    const then = orderFor(faq, unit);
    if (then === null) throw new Error('no work order as of the FAQ');
    expectComplete(then, wizard, 'serial');
    expect(then.target).toEqual({
      version: target,
      microLinkId: id,
      image: { file: image, sha256: null, inFolder: false },
    });
    expect(then.minutes?.text).toContain('5 to 20 minutes');
    expect(textOf(then.bring)).toContain('Windows XP to Windows 10');

    const now = orderFor(today, unit);
    if (now === null) throw new Error('no order as of today');
    expectComplete(now, '4.3.8', 'serial');
    expect(now.target?.microLinkId).toBe(id);
    expect((now.target?.version ?? '') >= target).toBe(true);
    for (const hop of now.hops) expect(hop.image?.sha256).toMatch(/^[0-9a-f]{64}$/);
    for (const part of ['SmartSlot', 'PowerChute', 'standby', 'runtime calibration', 'signature'])
      expect(textOf(now.prepare)).toContain(part);
    expect(textOf(now.bring)).toContain('Do not use a USB-to-serial adapter');
    expect(textOf(now.steps)).toMatch(/Communication Port Selection[\s\S]*Device Found[\s\S]*Apply Upgrade/);
    expect(textOf(now.check)).toMatch(/The output is on[\s\S]*no alarm/);
    expect(textOf(now.ifItFails)).toContain('upsfw local inspect PORT');
  });

  it('gives no work order at the target of the row', () => {
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
      expectComplete(order, wizard, 'serial');
    }
  });

  it.each([...GROUP_C, 'SMX1500'])('%s: 4.1.1 below 07.0, 4.2.0 from there on', (sku) => {
    for (const [version, wizard] of [
      ['06.9', '4.1.1'],
      ['07.0', '4.2.0'],
    ] as const) {
      const order = orderFor(faq, localUnit(firmwareOf(version, 20), { sku }));
      if (order === null) throw new Error(`no order at ${version}`);
      expectComplete(order, wizard, 'serial');
    }
  });

  it.each(['SMX750', 'SMX1000', 'SMX1500'])('%s: no work order for 02.x with any wizard', (sku) => {
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
    ['SMT1500C', 1015, '04.0', 'serial', 'the limit 08.0 belongs to an older series'],
    ['SCL500RM1UC', 1030, '02.2', 'serial', 'the document does not say whether the family SCL'],
  ] as const)('as of the FAQ, %s of ID %i at %s: %s', (sku, id, version, port, why) => {
    const order = orderFor(faq, localUnit(firmwareOf(version, id), { sku }), 'usb');
    if (order === null) throw new Error('no order');
    expectComplete(order, order.wizard, port);
    expect(order.port?.because.length).toBe(why === null ? 0 : 1);
    expect(textOf(order.port?.because)).toContain(why ?? '');
  });

  it.each([
    ['SMT1500', 18, '07.9', 'usb', 'serial', 'yes from 08.0 on'],
    ['SMT1500', 18, '08.0', 'usb', 'usb', null],
    ['SMT1500', 17, '07.0', 'usb', 'serial', 'over serial only'],
    ['SMX3000RMHV2U', 23, '06.9', 'usb', 'serial', 'no source names a port for 15.0'],
    ['SMC1500', 1005, '14.1', 'usb', 'usb', null],
    ['SRT5KXLI', 1020, '10.4', 'usb', 'serial', 'advise against USB'],
    ['SRT5KXLI', 1001, '02.6', 'usb', 'serial', 'USB upgrade not fixed for 1013'],
    ['SCL500RMI1U', 1036, '15.5', 'usb', 'usb', null],
    // Rules advise against both ports, so the one of the inventory stays.
    ['SCL500RMI1U', 1036, '15.5', 'serial', 'serial', null],
  ] as const)('today, %s of ID %i at %s, requested over %s: %s', (sku, id, version, transport, port, why) => {
    const order = orderFor(today, localUnit(firmwareOf(version, id), { sku }), transport);
    if (order === null) throw new Error('no order');
    expectComplete(order, '4.3.8', port);
    expect(textOf(order.port?.because)).toContain(why ?? '');
    if (why === null) expect(order.port?.because).toEqual([]);
    expect(order.unit).toMatchObject(
      transport === 'usb' ? { usb: '/dev/ttyUSB0' } : { serialPort: '/dev/ttyUSB0' },
    );
  });

  it('may be missing, which is noted', () => {
    for (const [id, doubted] of [
      [1036, true],
      [1037, true],
      [1051, true],
      [1030, false],
    ] as const) {
      const order = orderFor(today, localUnit(firmwareOf('15.1', id)));
      expect(textOf(order?.notes).includes('USB only'), String(id)).toBe(doubted);
    }
  });

  it('is opened on the panel, by a setting of the family', () => {
    const panel = (id: number, sku: string, transport: 'serial' | 'usb') => {
      const order = orderFor(today, localUnit(firmwareOf('10.0', id), { sku }), transport);
      return { prepare: textOf(order?.prepare), unknown: textOf(order?.unknown) };
    };
    expect(panel(1005, 'SMC1500', 'serial').prepare).toContain('FU.1');
    expect(panel(1005, 'SMC1500', 'usb').prepare).not.toContain('FU.1');
    expect(panel(1005, 'SMC1500', 'usb').unknown).toContain('Which setting opens USB is not published');
    expect(panel(18, 'SMT1500', 'serial').prepare).toContain('Serial Enable');
    expect(panel(18, 'SMT1500', 'usb').prepare).toContain('enable USB there');
    // A line of two families is no SMC.
    expect(panel(20, 'SMX1500RM2U', 'serial').prepare).toContain('Serial Enable');
  });
});

describe('the images', () => {
  const at093 = localUnit(firmwareOf('09.3', 18), { sku: 'SMT1500' });
  const old = folderImage({ version: '09.6', parts: ['UBL 08.5'] }, 'SMT18UPS_09-6.enc');
  const newest = folderImage({ version: '15.1' }, 'SMT18UPS_15-1.enc');

  it('are a route, even if the folder lacks the first image', () => {
    const order = orderFor(today, at093, 'serial', [newest]);
    expect(order?.hops.map(({ from, to, image }) => [from.version, to.version, image?.inFolder])).toEqual([
      ['09.3', '09.6', false],
      ['09.6', '15.1', true],
    ]);
    expect(order?.hops[0]?.image).toMatchObject({ file: 'SMT18UPS_09-6.enc' });
    expect(order?.hops[1]?.image).toMatchObject({ sha256: newest.sha256 });
    expect(textOf(order?.steps)).toContain('This route has 2 hops.');
    expect(textOf(order?.ifItFails)).toContain('local recover PORT IMAGE --expect-id ID');
    expect(textOf(order?.bring)).toContain(
      'every image that this work order marks as not in the images folder',
    );
  });

  it('come from the folder if no rule refuses them', () => {
    const order = orderFor(today, at093, 'serial', [old, newest]);
    expect(order?.hops.map(({ image }) => image?.inFolder)).toEqual([true, true]);
    expect(textOf(order?.bring)).toContain('SMT18UPS_09-6.enc, then SMT18UPS_15-1.enc');
    expect(textOf(order?.bring)).not.toContain('not in the images folder');
    // With one hop the command contains the image name.
    const single = orderFor(today, localUnit(firmwareOf('09.6', 18)), 'serial', [newest]);
    expect(textOf(single?.ifItFails)).toContain('local recover PORT SMT18UPS_15-1.enc --expect-id 18');
    expect(textOf(single?.ifItFails)).not.toContain('--expect-id ID');
    expect(textOf(single?.steps)).not.toContain('This route has');
  });

  it('are never damaged images of the folder', () => {
    const bytes = { ...newest, problems: [{ code: 'image/truncated', message: 'cut' }] as const };
    const order = orderFor(today, localUnit(firmwareOf('09.6', 18)), 'serial', [bytes]);
    expect(order?.hops).toHaveLength(1);
    expect(order?.hops[0]?.image?.inFolder).toBe(false);
  });

  it('may change the ID, which is noted', () => {
    const order = orderFor(today, localUnit(firmwareOf('02.6', 1001), { sku: 'SRT5KXLI' }));
    expect(order?.hops.map(({ to }) => to.microLinkId)).toEqual([1013, 1013]);
    expect(textOf(order?.steps)).toContain('Communication Error shows for some seconds, which is normal');
    expect(textOf(order?.check)).toContain('is now 1013. Before the update it was 1001');
    const other = orderFor(today, at093);
    expect(textOf(other?.steps)).not.toContain('Communication Error');
    expect(textOf(other?.check)).not.toContain('Micro-Link ID under About is');
  });

  it('for ID 4 depend on the rating, which must be found on site', () => {
    const order = orderFor(today, localUnit(firmwareOf('07.0', 4)));
    expect(order?.target).toMatchObject({ version: '07.1', image: null });
    expect(textOf(order?.unknown)).toContain('750 VA takes SMT4UPS_07-1_Le_750');
    expect(
      textOf(orderFor(today, localUnit(firmwareOf('07.0', 4), { sku: 'SMT750' }))?.unknown),
    ).not.toContain('rating is not known');
  });

  it('with special characters in the name are quoted in commands', () => {
    const odd = folderImage({}, 'new "image" - 1.enc');
    const order = orderFor(today, localUnit(firmwareOf('09.6', 18)), 'serial', [odd]);
    expect(textOf(order?.ifItFails)).toContain('recover PORT "new \\"image\\" - 1.enc" --expect-id 18');
  });
});

describe('units without a work order', () => {
  it.each<readonly [string, Unit, 'serial' | 'usb' | 'nmc']>([
    ['SUA', localUnit('652.13.I', { sku: 'SUA1500RMI2U' }), 'serial'],
    ['SU', localUnit('617.3.I', { sku: 'SU1400NET' }), 'usb'],
    ['SURT', localUnit(firmwareOf('09.3', 18), { sku: 'SURT3000XLI' }), 'serial'],
    ['SRC, with images for single models', localUnit(firmwareOf('01.0', 1006)), 'serial'],
    ['a unit with the newest release', localUnit(firmwareOf('15.1', 18), { sku: 'SMT1500' }), 'serial'],
    ['an ID of another family', localUnit(firmwareOf('09.3', 18), { sku: 'SMC1500' }), 'serial'],
    ['a firmware string without an ID', localUnit('UPS 09.3'), 'serial'],
    ['an unknown ID', localUnit(firmwareOf('01.0', 9999)), 'serial'],
    ['a unit that did not answer', localUnit(firmwareOf('09.3', 18), { reachable: false }), 'usb'],
    ['a unit that is updated through its card', unitAt('09.4'), 'nmc'],
  ])('%s', (_name, unit, transport) => {
    const images = [folderImage({}), folderImage({ microLinkId: 1006, version: '09.0' })];
    expect(orderFor(today, unit, transport, images)).toBeNull();
  });

  it('a line without a known port, even with an image', () => {
    const images = [folderImage({ microLinkId: 1004, version: '09.0' })];
    expect(orderFor(today, localUnit(firmwareOf('01.0', 1004)), 'serial', images)).toBeNull();
  });

  it('a unit that is blocked only by its condition', () => {
    const low = unitAt('09.4', { condition: { ...unitAt('09.4').condition, batteryPercent: 20 } });
    expect(orderFor(today, low, 'nmc', [folderImage({})])).toBeNull();
  });
});

describe('units behind a card', () => {
  const closed = (overrides: Partial<Unit> = {}): Unit =>
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

  it('use the serial port if the installed firmware closes the card gate', () => {
    const order = orderFor(today, closed(), 'nmc', [image]);
    if (order === null) throw new Error('no order');
    expectComplete(order, '4.3.8', 'serial');
    expect(order.unit).toMatchObject({ host: '127.0.0.1', serialPort: null, usb: null });
    expect(textOf(order.port?.because)).toContain(
      'ID 1020 accepts no update through the card with 15.0: release 15.0 closed the gate, release 15.5 opens it again',
    );
    expect(order.first).toEqual([]);
    expect(order.unknown.some(({ text }) => text.includes('on mains'))).toBe(false);
  });

  it('use the serial port if the card cannot transfer an update', () => {
    const card = { ...unitAt('09.4').card, model: 'AP9619', generation: 'nmc1' as const };
    const old = unitAt('09.4', {
      card: { ...card, serial: null, platform: null, boot: null, os: null, app: null },
    });
    expect(orderFor(today, old, 'nmc', [folderImage({})])).toMatchObject({ port: { use: 'serial' } });
  });

  it('show what to clear first, and what could not be read', () => {
    const condition = { ...unitAt('15.0').condition, onLine: false, batteryPercent: null };
    const order = orderFor(today, closed({ condition }), 'nmc', [image]);
    expect(textOf(order?.first)).toContain('on mains: no');
    expect(textOf(order?.first)).not.toContain('battery');
    expect(textOf(order?.unknown)).toContain('The battery must be charged to at least 50 %.');
  });

  it('do not report an output as on if it was not read', () => {
    const local = orderFor(today, localUnit(firmwareOf('02.6', 1001), { sku: 'SRT5KXLI' }));
    expect(textOf(local?.first)).toBe('');
    expect(textOf(local?.notes)).not.toContain('the output is on');
    expect(textOf(local?.unknown)).toContain('The tool must know whether the output is on');
    const seen = localUnit(firmwareOf('02.6', 1001), {
      sku: 'SRT5KXLI',
      condition: unitAt('09.4').condition,
    });
    expect(textOf(orderFor(today, seen)?.first)).toContain('the output is on');
  });

  it('show a doubt about their identity', () => {
    const reasons = [
      {
        code: 'OTHER_SERIAL',
        rule: 'identity',
        outcome: 'block',
        because: 'the inventory says AS1, the unit says AS2',
        remedy: 'Check.',
        source: 'inventory and unit',
      },
    ] as const;
    const order = workOrder(today, {
      key: 'berlin/closet-3',
      unit: localUnit(firmwareOf('09.6', 18)),
      verdict: { status: 'blocked', reasons },
      transport: 'serial',
      images: [],
    });
    expect(textOf(order?.first)).toContain('the unit says AS2');
  });
});

describe('the output', () => {
  it.each([
    ['SRT5KXLI', 1020, '10.0', 'is updated with its output off', 'Turning Off UPS'],
    ['SRT5KXLI', 1020, '10.1', 'can be updated with its output on', 'Firmware Upgrade With Output On: the'],
    ['SRT8KXLI', 1021, '12.0', 'is updated with its output off', 'Turning Off UPS'],
    ['SMT1500', 18, '09.6', 'Expect the output to go off', 'With Output On instead'],
  ])('%s of ID %i at %s: %s', (sku, id, version, preparation, screen) => {
    const order = orderFor(today, localUnit(firmwareOf(version, id), { sku }));
    expect(order?.prepare.filter(({ text }) => /output (?:off|on|to)/.test(text))).toHaveLength(1);
    expect(textOf(order?.prepare)).toContain(preparation);
    expect(order?.steps.filter(({ text }) => /Turning Off UPS/.test(text))).toHaveLength(1);
    expect(textOf(order?.steps)).toContain(screen);
  });
});

describe('alternatives', () => {
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
    // No source names the first release.
    [1017, '15.0', false],
    [18, '09.6', false],
  ])('a USB drive for ID %i at %s: %s', (id, version, offered) => {
    expect(titles(version, id).includes('A USB drive')).toBe(offered);
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
  ])('the panel for ID %i at %s: %s', (id, version, offered) => {
    expect(titles(version, id).includes('Install on the')).toBe(offered);
    const steps = textOf(orderFor(today, localUnit(firmwareOf(version, id)))?.steps);
    expect(steps.includes('choose FW Install')).toBe(offered);
  });

  it('name what is published about a USB drive, and what is not', () => {
    const order = orderFor(today, localUnit(firmwareOf('10.1', 1020), { sku: 'SRT5KXLI' }));
    const [usbDrive] = order?.alternatives ?? [];
    const text = textOf(usbDrive?.steps);
    for (const part of [
      'FAT32',
      'upsfw local usb-drive DIR SRT1020UPS_15-9.enc',
      '10.1 or later',
      'Not published',
      'FW Install',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('hops');
  });

  it('start the installation of XU units on their panel', () => {
    for (const [id, expected] of [
      [1017, true],
      [1033, true],
      [1016, false],
    ] as const) {
      const order = orderFor(today, localUnit(firmwareOf('15.0', id)));
      expect(textOf(order?.steps).includes('start the installation on the panel'), String(id)).toBe(expected);
    }
  });

  it.each([
    [1034, '04.9', 'longer than 25 minutes'],
    [1035, '04.9', 'longer than 25 minutes'],
    [1062, '04.0', '5 to 20 minutes'],
    [1034, '05.0', 'about 25 minutes'],
    [1035, '05.0', 'about 25 minutes'],
  ])('ID %i at %s takes %s', (id, version, minutes) => {
    expect(orderFor(today, localUnit(firmwareOf(version, id)))?.minutes?.text).toContain(minutes);
  });

  it('name the next step if an SCL refuses', () => {
    expect(textOf(orderFor(today, localUnit(firmwareOf('15.5', 1030)))?.ifItFails)).toContain('by hand');
    expect(textOf(orderFor(today, localUnit(firmwareOf('09.6', 18)))?.ifItFails)).not.toContain('by hand');
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
    ['nmc3', ['960-0603', '9600 baud', '115200 baud', '.nmc3'], ['940-0299', '57600']],
    [null, ['940-0299', '960-0603', 'Read the model on the card'], []],
    ['nmc1', ['For other models than these no source names cable or speed'], []],
  ] as const)('of generation %s gets a work order for its console', (generation, parts, others) => {
    const order = ordered(generation);
    expect(order).toMatchObject({
      procedure: 'card-console',
      target: null,
      port: null,
      hops: [],
      wizard: null,
    });
    if (order === null) throw new Error('no order');
    const text = textOf(allItems(order));
    for (const part of [...parts, '8 data bits', 'BM>', 'audit --unit berlin/a'])
      expect(text).toContain(part);
    for (const part of others) expect(text).not.toContain(part);
    expect(textOf(order.steps)).toMatch(/reset[\s\S]*boot monitor by XMODEM[\s\S]*AOS[\s\S]*application/);
  });

  it('is not assumed for other problems', () => {
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
  it('gets the same work order, without its condition', () => {
    const input = { model: null, sku: 'SMT1500', firmware: firmwareOf('09.3', 18) };
    const order = describedOrder(today, { ...input, transport: 'serial' });
    if (order === null) throw new Error('no order');
    expectComplete(order, '4.3.8', 'serial');
    expect(textOf(order.unknown)).not.toContain('Read remotely');
    expect(textOf(order.unknown)).toContain('The serial number is not known');
    expect(describedOrder(today, { ...input, transport: 'nmc' })).toBeNull();
    expect(describedOrder(today, { ...input, serial: 'AS1234567890', transport: 'usb' })?.port?.use).toBe(
      'usb',
    );
  });
});

describe('every line of the catalogue', () => {
  it('gives complete work orders over each port', () => {
    let orders = 0;
    for (const line of today.lines.values()) {
      for (const transport of ['serial', 'usb'] as const) {
        const order = orderFor(today, localUnit(firmwareOf('00.1', line.id)), transport);
        if (order === null) continue;
        orders += 1;
        expectComplete(order, order.wizard, order.port?.use ?? transport);
      }
    }
    expect(orders).toBeGreaterThan(90);
  });
});
