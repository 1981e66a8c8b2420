import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { walkDescriptor } from '../../src/local/microlink/descriptor.ts';
import { checkBytes, isWhole, writeFrame } from '../../src/local/microlink/frame.ts';
import { readHeader } from '../../src/local/microlink/header.ts';
import { answerTo } from '../../src/local/microlink/password.ts';

/** Published frames of real units and real software; the check bytes come last. */
const PUBLIC_FRAMES = [
  '00 0a108003ed07090001004000f802fe04 2104',
  '13 0331fc02fb001fffff03fc0af804fe0e 0c7e',
  '7f 0000000019c90013004e000001790000 3190',
  '7f 0000000019c90013004e000001790000 3190',
  '71 08 02 4104 5be3',
  '71 08 02 4122 1f02',
  '7e 0c 04 3de70dfe a897',
  '7e 0c 04 7067894c 9a29',
  '7e 0c 04 83a71801 2508',
  '7e 0c 04 4d3e9b60 9059',
  '00 0a206903fa27090001004000f802fe04fe0940fc1042fc1044fc20f80416fc10 32a6',
  '65 ffff00010000a0e80000c0bbb4e1000001040000001000000004000000000020 7350',
  '68 000000000000000000000008004c2943000000000966039a063b675601f30000 864f',
  '65 0a 04 8afb65f1 bdf0',
  '65 ffff000100000eaf62d88afb65f1000001040000001000000004000000000020 6227',
  `94 ${'ff'.repeat(16)} 8ddd`,
  `95 ${'ff'.repeat(8)}${'00'.repeat(8)} 7bee`,
  '98 04 04 8f959a53 6cdf',
  '04 032dfa016dfffff9000efffff804fe0e 262a',
  '05 fe0b22fc1021fc1016fc10fd090315fc cc87',
  '06 10ff14fffe08fd0a0317fc04fffffe0b c9d7',
  '07 1ffc02fbffff03fc08fffe081bfc02fb ccec',
  '16 f80315fc02fb0002f90002fffe0903fc af28',
  '17 16fff80327fc02fb000ff90002fffe09 f9a7',
  '18 02fffe0bf8032bfc02fb001ff90001ff 8916',
  '19 3afc02fb003ff90005fffe0503fc0618 6ae6',
  '29 00010000f9000110fc02fb000111fc02 902e',
  '2a fb0fff12fc02fb000313fc02fb7fff23 bf4a',
  '2b fffe0732fffe0b3bfc02fb000f3ffc02 050a',
  '2c fb0007ff36fc02fb31730234fc02fb00 aa1f',
].map((text) => Buffer.from(text.replaceAll(' ', ''), 'hex'));

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

describe('check bytes', () => {
  it.each(PUBLIC_FRAMES.map((frame) => [frame.toString('hex'), frame] as const))('of %s', (_, frame) => {
    expect(isWhole(frame)).toBe(true);
    expect(Buffer.from(checkBytes(frame.subarray(0, -2)))).toEqual(frame.subarray(-2));
  });

  it.each([
    ['ca', '259b'],
    ['cb', '19a6'],
    ['d5', 'a015'],
  ])('of the counter page with %s', (byte, check) => {
    const page = hex(`7f 0000000019${byte}0013004e000001790000`);
    expect(Buffer.from(checkBytes(page)).toString('hex')).toBe(check);
  });

  it('are never zero, and change with every other byte except its equivalent modulo 255', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.nat(59),
        fc.nat(255),
        (bytes, at, byte) => {
          const [first, second] = checkBytes(bytes);
          expect(Math.min(first, second)).toBeGreaterThan(0);
          const changed = Uint8Array.from(bytes);
          const index = at % bytes.length;
          changed[index] = byte;
          const isTwin = byte % 255 === (bytes[index] ?? 0) % 255;
          expect(isWhole(Buffer.from([...changed, first, second]))).toBe(isTwin);
        },
      ),
    );
  });
});

describe('a write', () => {
  it.each([
    [0x71, 0x08, '4104', '7108024104 5be3'],
    [0x7e, 0x0c, '3de70dfe', '7e0c043de70dfe a897'],
    [0x98, 0x04, '8f959a53', '9804048f959a53 6cdf'],
  ])('to page %d is framed as by real software', (page, offset, bytes, frame) => {
    expect(writeFrame(page, offset, hex(bytes))).toEqual(hex(frame));
  });
});

describe('page 0', () => {
  it.each([
    ['0a108003ed07090001004000f802fe04', { width: 16, pages: 128, seriesId: 1005, dataStart: 0x40 * 16 }],
    [
      '0a206903fa27090001004000f802fe04fe0940fc1042fc1044fc20f80416fc10',
      { width: 32, pages: 105, seriesId: 1018, dataStart: 0x40 * 32 },
    ],
  ])('%s', (page, header) => {
    expect(readHeader(hex(page))).toMatchObject({ ...header, hasDescriptor: true });
  });

  it.each([
    ['whose width differs from its declaration', '0a208003ed07090001004000f802fe04'],
    ['with a width that no unit has', '0a008003ed07090001004000f802fe04'],
    ['whose data begin behind its last page', '0a100503ed07090001004000f802fe04'],
    ['without a page', '0a100003ed07090001004000f802fe04'],
  ])('%s is rejected', (_, page) => {
    expect(readHeader(hex(page))).toBeNull();
  });
});

/** Tokens, followed by data. */
function walk(tokens: string, dataBytes = 64): ReturnType<typeof walkDescriptor> {
  const bytes = hex(tokens);
  return walkDescriptor(Buffer.concat([bytes, Buffer.alloc(dataBytes)]), 0, bytes.length);
}

function placesOf(
  { fields }: ReturnType<typeof walkDescriptor>,
  from: number,
): Record<string, [number, number]> {
  return Object.fromEntries([...fields].map(([path, { offset, size }]) => [path, [offset - from, size]]));
}

describe('a descriptor', () => {
  it('gives fields their paths and places', () => {
    const tokens = 'f802 fe04 fe09 40fc10 42fc14 19 ff fe05 20 21 ff ff ff f803 4afc08 ff';
    expect(placesOf(walk(tokens), hex(tokens).length)).toEqual({
      '2:4.9.40': [0, 16],
      '2:4.9.42': [16, 20],
      '2:4.9.19': [36, 2],
      '2:4.5.20': [38, 2],
      '2:4.5.21': [40, 2],
      '3:4A': [42, 8],
    });
  });

  it('skips masks and limits, by the size before them', () => {
    const tokens = 'f802 0afc04fb00001fff 0b f9000f 2dfa0164ffff f7 0c ff';
    expect(placesOf(walk(tokens), hex(tokens).length)).toEqual({
      '2:A': [0, 4],
      '2:B': [4, 2],
      '2:2D': [6, 2],
      '2:C': [8, 2],
    });
  });

  it('reads the body of a collection once per entry', () => {
    const tokens = 'f802 fe04 fd3d03 b6fc04 15 ff 77 ff ff';
    expect(placesOf(walk(tokens), hex(tokens).length)).toEqual({
      '2:4.3D[0].B6': [0, 4],
      '2:4.3D[0].15': [4, 2],
      '2:4.3D[1].B6': [6, 4],
      '2:4.3D[1].15': [10, 2],
      '2:4.3D[2].B6': [12, 4],
      '2:4.3D[2].15': [16, 2],
      '2:4.77': [18, 2],
    });
  });

  it('returns to where a block was opened, and takes data for hidden fields', () => {
    const tokens = 'f802 fe04 f803 15 ff 16 f5 17fc06 f4 18 ff ff ff';
    expect(placesOf(walk(tokens), hex(tokens).length)).toEqual({
      '3:15': [0, 2],
      '2:4.16': [2, 2],
      '2:4.18': [10, 2],
    });
  });

  it.each([
    ['a token that is not known', 'f802 11 e3'],
    ['a zero', 'f802 11 00'],
    ['an open end', 'f802 11 fe04 12'],
    ['a collection of nothing', 'f802 11 fd1200 13 ff'],
    ['more data than there are', 'f802 11 12fcff ff'],
  ])('stops at %s, and keeps the fields before it', (_, tokens) => {
    const found = walk(tokens);
    expect(found.whole).toBe(false);
    expect([...found.fields.keys()][0]).toBe('2:11');
  });

  it('never throws, never places a field outside, and terminates', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(64), (bytes, data) => {
        const to = Math.max(0, bytes.length - data);
        for (const { offset, size } of walkDescriptor(bytes, 0, to).fields.values()) {
          expect(offset).toBeGreaterThanOrEqual(to);
          expect(offset + size).toBeLessThanOrEqual(bytes.length);
        }
      }),
    );
  });

  it('with nested collections is bounded', () => {
    const nest = `f802 ${'fd01ff '.repeat(15)} 11 ${'ff'.repeat(16)}`;
    expect(walk(nest, 2_000_00).whole).toBe(false);
  });
});

describe('an answer to a nonce', () => {
  it('matches the one public exchange, whose serial number was removed', () => {
    // Two bytes can lead to any state: those that give the host's answer must also give the unit's answer.
    const seed = hex('0a206903fa270900');
    const fitting: Buffer[] = [];
    for (let first = 0; first < 255; first += 1) {
      for (let second = 0; second < 255; second += 1) {
        const serial = Buffer.from([first, second]);
        if (answerTo(seed, serial, hex('a0e8')).equals(hex('65f1'))) fitting.push(serial);
      }
    }
    expect(fitting).toHaveLength(1);
    for (const serial of fitting) expect(answerTo(seed, serial, hex('8afb'))).toEqual(hex('62d8'));
  });

  it('depends on the padding of the serial number', () => {
    const seed = hex('0a108003ed070900');
    const nonce = hex('0101');
    const short = answerTo(seed, Buffer.from('AS1234567890  '), nonce);
    expect(answerTo(seed, Buffer.from('AS1234567890    '), nonce)).not.toEqual(short);
  });
});
