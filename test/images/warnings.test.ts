import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Image } from '../../src/core/index.ts';
import { IMAGE_WARNINGS, imageWarnings, readImage } from '../../src/images/index.ts';
import { buildImage } from '../../src/sim/index.ts';
import { anyText } from '../support/values/text.ts';

const BYTES = buildImage({ microLinkId: 18, version: '09.4', payloadBytes: 300 });
const INTACT = readImage(BYTES, 'x.enc');

function image(file: string, microLinkId = 18, version = '09.4'): Image {
  return { ...INTACT, file, microLinkId, version };
}

function codes(of: Image): readonly string[] {
  return imageWarnings(of, true).map(({ code }) => code);
}

describe('the name of an image file', () => {
  it.each([
    ['SMT18UPS_09-4.enc', 18, '09.4'],
    ['SMT18UPS_09_4.enc', 18, '09.4'],
    ['SMT18UPS 09-4.ENC', 18, '09.4'],
    ['smt18ups_9.4.enc', 18, '09.4'],
    ['SMX11UPS 03-8.enc', 11, '03.8'],
    ['SMT17UPS_07-1_Le.enc', 17, '07.1'],
    ['SMT17UPS 07-1 Le.enc', 17, '07.1'],
    ['SMT4UPS_07-1_Le_750.enc', 4, '07.1'],
    ['SMT4UPS_07-1_Le_NOT750.enc', 4, '07.1'],
    ['SMTSMX1031UPS_15-5.enc', 1031, '15.5'],
    ['LCE1037UPS_02-5 - 01-10-19.enc', 1037, '02.5'],
    ['Copy of SMT18UPS_09-4 (1).enc', 18, '09.4'],
    ['YAMUNA_03-8.enc', 1004, '03.8'],
    ['bootloader+Copy of Palomar_CTC_App.enc', 33, '09.4'],
    ['SMT18UPS_09-4.enc', 18, 'f09.4'],
    ['SMT1500 backup of 24-1-10.enc', 18, '09.4'],
    ['2024-12-5.enc', 18, '09.4'],
    ['.enc', 18, '09.4'],
  ])('%s agrees with ID %i, version %s', (file, id, version) => {
    expect(codes(image(file, id, version))).toEqual([]);
  });

  it.each([
    ['SMT18UPS_09-4.enc', 20, '09.4', ['NAME_OTHER_ID']],
    ['SMTSMX1031UPS_15-5.enc', 18, '15.5', ['NAME_OTHER_ID']],
    ['SMT18UPS_15-0.enc', 18, '09.4', ['NAME_OTHER_VERSION']],
    ['SMT18UPS 15_0 Le.enc', 18, '09.4', ['NAME_OTHER_VERSION']],
    ['YAMUNA_03-8.enc', 1004, '03.9', ['NAME_OTHER_VERSION']],
    ['LCE1037UPS_02-5 - 01-10-19.enc', 1038, '02.6', ['NAME_OTHER_ID', 'NAME_OTHER_VERSION']],
  ])('%s contradicts ID %i, version %s', (file, id, version, wanted) => {
    expect(codes(image(file, id, version))).toEqual(wanted);
  });

  it('gives both sides and the next action, and leaves the image usable', () => {
    const found = { ...readImage(BYTES, 'SMX20UPS_15-0.enc') };
    const warnings = imageWarnings(found, true);
    expect(warnings[0]?.message).toMatch(/states ID20, the content is for ID18\..*rename/);
    expect(warnings[1]?.message).toMatch(/states version 15\.0, the content is 09\.4\..*rename/);
    expect(found).toMatchObject({ microLinkId: 18, version: '09.4', problems: [] });
  });

  it('may be any text', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 300 }), (file) => {
        for (const { message } of imageWarnings(image(file), true)) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
          expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
    );
    expect(codes(image(`${'A1UPS'.repeat(50)}.enc`))).toEqual(['NAME_OTHER_ID']);
  });
});

describe('a hash', () => {
  it('missing in the catalogue is reported for intact images only', () => {
    expect(imageWarnings(INTACT, true)).toEqual([]);
    expect(imageWarnings(INTACT, false)).toMatchObject([
      { code: 'HASH_UNKNOWN', message: expect.stringContaining(INTACT.sha256) },
    ]);
    expect(imageWarnings(readImage(Buffer.alloc(0), 'SMX1050UPS_16-5.enc'), false)).toEqual([]);
  });
});

describe('docs/codes.md', () => {
  it('lists every warning with its meaning, and no other', () => {
    const text = readFileSync(new URL('../../docs/codes.md', import.meta.url), 'utf8');
    const [, section = ''] = text.split('## Warnings of image files');
    const [table = ''] = section.split('\n## ');
    const rows = [...table.matchAll(/^\| `([A-Z_]+)` *\| (.*?) *\|$/gm)];
    expect(Object.fromEntries(rows.map(([, code = '', says = '']) => [code, says]))).toEqual(IMAGE_WARNINGS);
    expect(rows.length).toBe(Object.keys(IMAGE_WARNINGS).length);
  });
});
