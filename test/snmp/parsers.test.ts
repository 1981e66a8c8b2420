import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModuleFile, parseSysDescr } from '../../src/snmp/look/card.ts';
import { parseFlags } from '../../src/snmp/look/condition.ts';
import { anyText } from '../support/values/text.ts';

const NORMAL = `0001010000000000001${'0'.repeat(45)}`;

describe('state flags', () => {
  it('of a healthy unit give no alarm', () => {
    expect(parseFlags(NORMAL)).toMatchObject({ alarms: [], notices: [] });
  });

  it('that block an update are named, one by one', () => {
    const raised = (flag: number): string => `${NORMAL.slice(0, flag - 1)}1${NORMAL.slice(flag)}`;
    for (const flag of [
      1, 2, 3, 9, 10, 11, 12, 16, 17, 18, 20, 21, 22, 25, 26, 28, 29, 30, 31, 33, 36, 39, 40, 41, 44, 45, 50,
      53, 56,
    ]) {
      expect(parseFlags(raised(flag))?.alarms, `flag ${flag}`).toHaveLength(1);
    }
    for (const flag of [5, 7, 8, 51, 57])
      expect(parseFlags(raised(flag))).toMatchObject({ alarms: [], notices: [expect.any(String)] });
    expect(parseFlags(`00010${NORMAL.slice(5).replace(/^1/, '0')}`)?.alarms).toEqual([
      'no communication with the card',
    ]);
  });

  it.each([null, 'UNKNOWN', 'NOT SUPPORTED', NORMAL.slice(1), `${NORMAL}0`, NORMAL.replace('1', '2'), ''])(
    '%j are not known',
    (text) => {
      expect(parseFlags(text)).toBeNull();
    },
  );
});

describe('sysDescr', () => {
  it('keeps spaces within values, and takes no other text for a key', () => {
    const fields = parseSysDescr(
      'APC Web/SNMP Management Card (MB:v4.1.0 PF:v7.0.8 PN:apc_hw05_aos_708.bin AF1:v7.0.8 AN1:apc_hw05_sumx_708.bin MN: AP9606 HR:08 SN: ZA1815031283  MD:04/10/2018 ) (Embedded)',
    );
    expect(fields).toMatchObject({ MN: 'AP9606', SN: 'ZA1815031283', MD: '04/10/2018', PF: 'v7.0.8' });
    expect(parseSysDescr('Linux host 5.10')).toBeNull();
  });

  it('gives platform and module of a file', () => {
    expect(parseModuleFile('apc_hw05_rpdu2g_672.bin')).toEqual({ platform: 'hw05', name: 'rpdu2g' });
    expect(parseModuleFile('apc_hw21_su_1.3.3.1.bin')).toEqual({ platform: 'hw21', name: 'su' });
    expect(parseModuleFile('aos309a.bin')).toBeNull();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 2000 }), (text) => {
        parseSysDescr(text);
        parseSysDescr(`(MB:${text}`);
        parseModuleFile(text);
        parseFlags(text);
      }),
    );
  });
});
