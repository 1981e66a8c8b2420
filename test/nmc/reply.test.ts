import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFields, parseListing, parseReply } from '../../src/nmc/session/reply.ts';
import { anyText } from '../support/values/text.ts';

describe('answers', () => {
  it('have their code at the start of a line, before or after other text', () => {
    expect(parseReply('\r\nE000: Success\r\nModel: X\r\n\r\n')).toEqual({
      code: 'E000',
      lines: ['E000: Success', 'Model: X'],
    });
    expect(parseReply('\rSearching... found.\rE000: Success\rCompatible with UPS: Yes\r').code).toBe('E000');
    expect(parseReply('\r\nSerial: XE100: 7\r\n').code).toBeNull();
    expect(parseReply('\r\n')).toEqual({ code: null, lines: [] });
  });

  it('do not contain the restart reminder printed before every prompt', () => {
    const reminder = '* Reboot required for change to take effect.';
    expect(parseReply(`\r\nE002: Success\r\nReboot required\r\n\r\n${reminder}\r\n`).lines).toEqual([
      'E002: Success',
      'Reboot required',
    ]);
  });

  it('give fields by lowercase label; the first of equal labels counts', () => {
    const fields = parseFields([
      'Model Number: \t\tAP9641',
      'Name:   su',
      'Name: again',
      'nonsense',
      ': empty',
    ]);
    expect(fields.get('model number')).toBe('AP9641');
    expect(fields.get('name')).toBe('su');
    expect(fields.size).toBe(2);
  });
});

describe('listings', () => {
  it('are read in both formats; folders and other lines are skipped', () => {
    const lines = [
      'E000: Success',
      '     3137536 Nov  5  2020  apc_hw05_aos_696.bin',
      '           0 Nov  5  2020  upsfw/',
      '-rw-rw-rw-   1 admin    admin      194176 Mar  3 12:01 SMT18UPS_15-0.enc',
      'total 3',
    ];
    expect(parseListing(lines)).toEqual([
      { name: 'apc_hw05_aos_696.bin', bytes: 3137536 },
      { name: 'SMT18UPS_15-0.enc', bytes: 194176 },
    ]);
  });
});

describe('hostile text', () => {
  it('makes no parser throw', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 3000 }), (text) => {
        parseReply(text);
        const lines = text.split(/\r|\n/);
        parseFields(lines);
        for (const file of parseListing(lines)) expect(Number.isSafeInteger(file.bytes)).toBe(true);
      }),
    );
  });

  it('of a megabyte is read without delay', () => {
    const long = `${'A'.repeat(1_000_000)}>`;
    expect(parseReply(long).code).toBeNull();
    expect(parseListing([long, `${' '.repeat(500_000)}1 Nov 1 2020 x`])).toEqual([]);
    expect(parseFields([`${'a'.repeat(500_000)}: x`]).size).toBe(0);
  });
});
