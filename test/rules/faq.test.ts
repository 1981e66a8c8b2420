import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Decision,
  type DecisionInput,
  judgeDescribed,
  loadRules,
  type RuleBook,
} from '../../src/rules/index.ts';

/** The vendor FAQ alone: both sides of each of its bounds, and every row of its table. */
let faq: RuleBook;
beforeAll(async () => {
  faq = await loadRules({ asOf: '2020-04-02' });
});

function decide(given: Partial<DecisionInput>): Decision {
  return judgeDescribed(faq, { model: null, firmware: null, transport: 'serial', ...given });
}

function firmwareOf(version: string, id: number | null): string {
  return id === null ? `UPS ${version}` : `UPS ${version} (ID${id})`;
}

function codes({ reasons }: Decision): readonly string[] {
  return reasons.map(({ code, outcome }) => `${code} ${outcome}`);
}

describe('the table of Micro-Link IDs', () => {
  it.each([
    ['SMT750', 4, 'SMT4UPS_07-1_Le_750', '07.0', '07.1'],
    ['SMT1000', 4, 'SMT4UPS_07-1_Le_NOT750', '07.0', '07.1'],
    ['SMX3000RMHV2U', 10, 'SMX10UPS_02-0', '01.9', '02.0'],
    ['SMX1500RM2U', 11, 'SMX11UPS_03-8', '03.7', '03.8'],
    ['SMT1500', 17, 'SMT17UPS_07-1_Le', '07.0', '07.1'],
    ['SMT1500', 18, 'SMT18UPS_09-4', '09.3', '09.4'],
    ['SMT1500RM2U', 20, 'SMT20UPS_10-1', '10.0', '10.1'],
    ['SMX3000RMHV2U', 23, 'SMX23UPS_07-0', '06.9', '07.0'],
    ['SMC1000', 1000, 'SMC1000UPS_10-0', '09.9', '10.0'],
    ['SMX2200RMLV2U', 1003, 'SMX1003UPS_07-4', '07.3', '07.4'],
    ['SMC1500', 1005, 'SMC1005UPS_12-0', '11.9', '12.0'],
    ['SMC3000I', 1007, 'SMC1007UPS_11-0', '10.9', '11.0'],
    ['SMT1500C', 1015, 'SMT1015UPS_04-1', '04.0', '04.1'],
    ['SMC1000C', 1018, 'SMC1018UPS_04-1', '04.0', '04.1'],
    ['SCL500RM1UC', 1029, 'SCL1029UPS_02-3', '02.2', '02.3'],
    ['SCL500RM1UC', 1030, 'SCL1030UPS_02-3', '02.2', '02.3'],
  ])('gives %s of ID %i the image %s', (sku, id, image, below, target) => {
    const firmware = (version: string): string => `UPS ${version} (ID${id})`;
    expect(decide({ sku, firmware: firmware(below) })).toMatchObject({ image, target, upToDate: false });
    expect(decide({ sku, firmware: firmware(target) })).toMatchObject({ image, target, upToDate: true });
  });

  it.each([
    [749, null],
    [750, 'SMT4UPS_07-1_Le_750'],
    [751, null],
    [999, null],
    [1000, 'SMT4UPS_07-1_Le_NOT750'],
    [1001, 'SMT4UPS_07-1_Le_NOT750'],
  ])('gives ID 4 with a rating of %i VA the image %s', (ratedVA, image) => {
    expect(decide({ model: 'Smart-UPS', firmware: 'UPS 07.0 (ID4)', ratedVA }).image).toBe(image);
    expect(decide({ sku: `SMT${ratedVA}`, firmware: 'UPS 07.0 (ID4)' }).image).toBe(image);
  });
});

describe('the 120 V SMX units before week 37 of 2010', () => {
  it.each<readonly [string, Partial<DecisionInput>, string]>([
    ['02.9 is not supported', { firmware: 'UPS 02.9 (ID11)' }, 'PRE_1037_UNSUPPORTED block'],
    ['02.9 without an ID is not supported', { firmware: 'UPS 02.9' }, 'PRE_1037_UNSUPPORTED block'],
    ['03.0 is supported', { firmware: 'UPS 03.0 (ID11)' }, 'none'],
    ['02.9 of another ID is not known', { firmware: 'UPS 02.9 (ID23)' }, 'PRE_1037_RULE_ID_11_ONLY unknown'],
    ['03.0 of another ID is supported', { firmware: 'UPS 03.0 (ID23)' }, 'none'],
    [
      '02.9 at 230 V is not known',
      { sku: 'SMX1000I', firmware: 'UPS 02.9 (ID11)' },
      'PRE_1037_RULE_IS_120V unknown',
    ],
    ['03.0 at 230 V is supported', { sku: 'SMX1000I', firmware: 'UPS 03.0 (ID11)' }, 'none'],
    [
      '02.9 without a SKU is not known',
      { sku: null, model: 'Smart-UPS X 1000', firmware: 'UPS 02.9 (ID11)' },
      'PRE_1037_MODEL_UNKNOWN unknown',
    ],
    [
      '03.0 without a SKU is supported',
      { sku: null, model: 'Smart-UPS X 1000', firmware: 'UPS 03.0 (ID11)' },
      'none',
    ],
    ...(
      [
        ['02.9', 'AS1036123456', 'PRE_1037_MODEL_UNKNOWN unknown'],
        ['03.0', 'AS1036123456', 'DATE_CODE_CONFLICT unknown'],
        ['06.9', 'AS1036123456', 'DATE_CODE_CONFLICT unknown'],
        ['07.0', 'AS1036123456', 'none'],
        ['06.9', 'AS1037123456', 'none'],
      ] as const
    ).map(
      ([version, serial, expected]) =>
        [
          `${version} without a SKU, serial number ${serial}: ${expected}`,
          { sku: null, model: 'Smart-UPS X 1000', firmware: `UPS ${version} (ID11)`, serial },
          expected,
        ] as const,
    ),
    // A marketing name of a line that the rule does not cover.
    ...[4, 10, 17, 18, 23, 1000, 1003, 1005, 1007, 1015, 1018, 1029, 1030].map(
      (id) =>
        [
          `a marketing name of ID ${id} at 01.6 is not checked for week 37`,
          { sku: null, model: 'Smart-UPS 1500', firmware: `UPS 01.6 (ID${id})`, serial: 'AS1036123456' },
          'none',
        ] as const,
    ),
    [
      'SMX750-NC is the same model',
      { sku: 'SMX750-NC', firmware: 'UPS 02.4 (ID11)' },
      'PRE_1037_UNSUPPORTED block',
    ],
    [
      'SMX750NMC is the same model',
      { sku: 'SMX750NMC', firmware: 'UPS 02.4 (ID11)' },
      'PRE_1037_UNSUPPORTED block',
    ],
    [
      'SMX750C is another model',
      { sku: 'SMX750C', firmware: 'UPS 02.4 (ID11)' },
      'PRE_1037_RULE_IS_120V unknown',
    ],
    [
      'another family has no such rule',
      { sku: null, model: 'GVSUPS', firmware: '5.1 (ID5)', serial: 'AS1000123456' },
      'none',
    ],
    ['week 36 alone is not supported', { serial: 'AS1036123456' }, 'PRE_1037_BY_DATE_CODE block'],
    ['week 37 alone gives no reason', { serial: 'AS1037123456' }, 'none'],
    [
      'week 36 contradicts 03.0',
      { firmware: 'UPS 03.0 (ID11)', serial: 'AS1036123456' },
      'DATE_CODE_CONFLICT unknown',
    ],
    ['week 37 does not contradict 03.0', { firmware: 'UPS 03.0 (ID11)', serial: 'AS1037123456' }, 'none'],
    [
      'week 36 contradicts 06.9',
      { firmware: 'UPS 06.9 (ID11)', serial: 'AS1036123456' },
      'DATE_CODE_CONFLICT unknown',
    ],
    ['week 36 does not contradict 07.0', { firmware: 'UPS 07.0 (ID11)', serial: 'AS1036123456' }, 'none'],
    [
      'week 37 is shown beside 02.9',
      { firmware: 'UPS 02.9 (ID11)', serial: 'AS1037123456' },
      'DATE_CODE_CONFLICT pass',
    ],
    ['week 37 is not shown beside 03.0', { firmware: 'UPS 03.0 (ID11)', serial: 'AS1037123456' }, 'none'],
    [
      'week 36 agrees with 02.9',
      { firmware: 'UPS 02.9 (ID11)', serial: 'AS1036123456' },
      'PRE_1037_UNSUPPORTED block',
    ],
  ])('%s', (_name, given, expected) => {
    const found = codes(decide({ sku: 'SMX1000', ...given }));
    const relevant = found.filter((code) => /^(PRE_1037|DATE_CODE)/.test(code));
    if (expected === 'none') expect(relevant).toEqual([]);
    else expect(relevant).toContain(expected);
    if (given.serial === 'AS1036123456' && expected.startsWith('PRE_1037_UNSUPPORTED')) {
      expect(relevant).toEqual([expected]);
    }
  });
});

describe('an ID below 03.0 that is not listed', () => {
  it.each([
    ['02.9', true],
    ['03.0', false],
  ])('at %s has a reason beside the rule about 120 V units: %s', (version, expected) => {
    const { reasons } = decide({ sku: 'SMX1000', firmware: `UPS ${version} (ID1031)` });
    expect(reasons.some(({ rule }) => rule === 'faq-29-other-id-not-listed')).toBe(expected);
    expect(reasons.map(({ code }) => code)).toContain('ID_NOT_LISTED_NO_UPDATE');
  });
});

describe('the wizard', () => {
  it.each([
    ['SMX3000RMLV2U', '04.9', '4.1.1', 'GROUP_B_411_OUTSIDE_5_0_TO_7_0'],
    ['SMX3000RMLV2U', '05.0', '4.2.0', 'GROUP_B_420_5_0_TO_7_0'],
    ['SMX3000RMLV2U', '07.0', '4.2.0', 'GROUP_B_420_5_0_TO_7_0'],
    ['SMX3000RMLV2U', '07.1', '4.1.1', 'GROUP_B_411_OUTSIDE_5_0_TO_7_0'],
    ['SMX1500', '06.9', '4.1.1', 'GROUP_C_411_BELOW_7_0'],
    ['SMX1500', '07.0', '4.2.0', 'GROUP_C_420_FROM_7_0'],
    ['SMX1500RM2U', '06.9', '4.1.1', 'GROUP_C_411_BELOW_7_0'],
    ['SMX1500RM2U', '07.0', '4.2.0', 'GROUP_C_420_FROM_7_0'],
    ['SMX2200HV', '06.9', '4.2.0', 'NOT_LISTED_420'],
    ['SMT1500', '06.9', '4.2.0', 'NOT_LISTED_420'],
  ])('%s at %s: %s', (sku, version, wizard, code) => {
    const id = sku === 'SMT1500' ? 18 : 23;
    const decision = decide({ sku, firmware: `UPS ${version} (ID${id})` });
    expect(decision.wizard).toBe(wizard);
    expect(codes(decision)).toContain(`${code} pass`);
    expect(decide({ sku, firmware: `UPS ${version} (ID${id})`, transport: 'nmc' }).wizard).toBeNull();
  });
});

describe('the port', () => {
  it.each([
    ['SMX1500RM2U', 1003, '07.1', 'SERIAL_ONLY_SMX_LT_07_2 block'],
    ['SMX1500RM2U', 1003, '07.2', 'none'],
    ['SMX1500RM2U', 1004, '07.1', 'SERIAL_ONLY_RULE_VERSION_SERIES unknown'],
    ['SMX1500RM2U', 1004, '07.2', 'none'],
    ['SMT1500', 18, '07.9', 'SERIAL_ONLY_SMT_LT_08_0 block'],
    ['SMT1500', 18, '08.0', 'none'],
    // IDs that no table contains, so only their number counts. ID 1003 is of the family SMX.
    ['SMT1500', 1002, '07.9', 'SERIAL_ONLY_SMT_LT_08_0 block'],
    ['SMT1500', 1004, '07.9', 'SERIAL_ONLY_RULE_VERSION_SERIES unknown'],
    ['SMT1500', 1004, '08.0', 'none'],
    ['SMT1500C', 1015, '07.9', 'SERIAL_ONLY_RULE_VERSION_SERIES unknown'],
    ['SMT1500C', 1015, '15.0', 'SERIAL_ONLY_RULE_VERSION_SERIES unknown'],
    ['SMT1500', null, '07.9', 'SERIAL_ONLY_SMT_LT_08_0 block'],
    ['SMT1500', null, '08.0', 'none'],
    ['SMX1500RM2U', null, '07.1', 'SERIAL_ONLY_SMX_LT_07_2 block'],
    ['SCL500RM1UC', 1030, '02.2', 'SCL_TRANSPORT_NOT_STATED warn'],
    ['SMC1500', 1005, '01.0', 'none'],
  ])('%s of ID %i at %s over USB: %s', (sku, id, version, expected) => {
    const relevant = codes(decide({ sku, firmware: firmwareOf(version, id), transport: 'usb' })).filter(
      (code) => /^(SERIAL_ONLY|SCL_TRANSPORT)/.test(code),
    );
    expect(relevant).toEqual(expected === 'none' ? [] : [expected]);
    const serial = codes(decide({ sku, firmware: firmwareOf(version, id) }));
    expect(serial.filter((code) => /^(SERIAL_ONLY|SCL_TRANSPORT)/.test(code))).toEqual([]);
  });

  it.each([
    ['SMX750', '10.1', true],
    ['SMX750', '10.2', false],
    ['SMX1500', '10.1', false],
  ])('%s of ID 20 at %s has a warning about 10.1: %s', (sku, version, warned) => {
    const found = codes(decide({ sku, firmware: `UPS ${version} (ID20)` }));
    expect(found.includes('WARN_10_1_COMM_FAULT_SMX750 warn')).toBe(warned);
  });

  it('gives no warning about 10.1 without an ID', () => {
    expect(codes(decide({ sku: 'SMX750', firmware: 'UPS 03.5' }))).toEqual([
      'GROUP_C_411_BELOW_7_0 pass',
      'ID_MISSING warn',
    ]);
  });
});
