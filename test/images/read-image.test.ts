import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum, readImage } from '../../src/images/index.ts';
import { buildImage, DEMO_IMAGES } from '../../src/sim/index.ts';

const SMALL = buildImage({
  microLinkId: 18,
  version: '09.6',
  parts: ['UBL 08.5', 'dsp_ram_app'],
  payloadBytes: 300,
});

describe('checksum', () => {
  it('is the two running sums, high byte the sum of the sums', () => {
    expect(checksum(Buffer.from([]))).toBe(0);
    expect(checksum(Buffer.from([1, 2, 3]))).toBe(((1 + 3 + 6) << 8) | 6);
    // One byte that differs by 1, 62 places before the end, moves the low byte by 1 and the high byte by 62.
    const a = Buffer.alloc(126, 5);
    const b = Buffer.from(a);
    b[64] = 6;
    expect((checksum(b) & 0xff) - (checksum(a) & 0xff)).toBe(1);
    expect(((checksum(b) >> 8) - (checksum(a) >> 8) + 256) % 256).toBe(62);
  });
});

describe('reading an image', () => {
  it('finds ID, version, parts and signature in the bytes', () => {
    const bytes = buildImage({
      microLinkId: 1010,
      microLinkIdAfter: 1025,
      version: '15.6',
      parts: ['BBL 01.8', 'BMCa19.4', 'CBLL04.6'],
      signed: true,
      payloadBytes: 1000,
    });
    expect(readImage(bytes, 'anything.enc')).toMatchObject({
      microLinkId: 1010,
      microLinkIdAfter: 1025,
      version: '15.6',
      signed: true,
      sizeBytes: bytes.length,
      problems: [],
      parts: [
        { name: 'UPS', version: '15.6', slot: 0 },
        { name: 'BBL', version: '01.8' },
        { name: 'BMC', version: 'a19.4' },
        { name: 'CBLL', version: '04.6' },
        { name: 'COM', version: '15.6', slot: 1, id: 1025 },
        { name: 'PKG', version: '15.6', slot: 0x65, bytes: 2525 },
      ],
    });
  });

  it.each([
    ['UPS 15.0', 'UPS', '15.0'],
    ['UBL 08.5', 'UBL', '08.5'],
    ['SBL 08.31', 'SBL', '08.31'],
    ['SBL08.31', 'SBL', '08.31'],
    ['BMCa19.4', 'BMC', 'a19.4'],
    ['CTLp06.4', 'CTL', 'p06.4'],
    ['CBLL04.3', 'CBLL', '04.3'],
    ['DSPramApp', 'DSPramApp', null],
    ['dsp_ram_app', 'dsp_ram_app', null],
  ])('splits the record name %s into %s and %s', (record, name, version) => {
    const bytes = buildImage({ microLinkId: 18, version: '09.6', parts: [record], payloadBytes: 300 });
    expect(readImage(bytes, 'x').parts[0]).toMatchObject({ name, version });
    expect(readImage(bytes, 'x').problems.filter(({ code }) => code === 'image/name')).toEqual([]);
  });

  it.each(['UPS15.0', 'UPS 150', 'ups 15.0', 'SBL08.3', 'SBL08.311', 'x', ''])(
    'does not know the record name "%s"',
    (record) => {
      const bytes = buildImage({ microLinkId: 18, version: '09.6', parts: [record], payloadBytes: 300 });
      expect(readImage(bytes, 'x').problems.map(({ code }) => code)).toContain('image/name');
    },
  );

  it('accepts the images of the demo', () => {
    for (const [file, recipe] of Object.entries(DEMO_IMAGES)) {
      const image = readImage(buildImage(recipe), file);
      expect(image).toMatchObject({
        problems: [],
        microLinkId: recipe.microLinkId,
        version: recipe.version,
        signed: recipe.signed ?? false,
      });
    }
  });

  it('reports damage for a cut at any byte, and never throws', () => {
    const manifest = buildImage({
      microLinkId: 1015,
      version: '18.0',
      format: 4,
      parts: ['MBL 04.0', 'MCU 17.1'],
      payloadBytes: 300,
    });
    for (const whole of [SMALL, manifest]) {
      for (let cut = 0; cut < whole.length; cut += 1) {
        expect(readImage(whole.subarray(0, cut), 'cut.enc').problems, `cut at ${cut}`).not.toEqual([]);
      }
    }
    expect(readImage(Buffer.alloc(0), 'empty.enc').problems).toMatchObject([{ code: 'image/empty' }]);
  });

  it('reports damage for any changed byte', () => {
    fc.assert(
      fc.property(fc.nat(SMALL.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(SMALL);
        bytes[at] = ((bytes[at] ?? 0) + change) % 256;
        expect(readImage(bytes, 'changed.enc').problems).not.toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws on hostile bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(readImage(bytes, 'noise.enc').problems).not.toEqual([]);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(SMALL.length - 1), fc.nat(255)), { maxLength: 20 }), (changes) => {
        const bytes = Buffer.from(SMALL);
        for (const [at, value] of changes) bytes[at] = value;
        readImage(bytes, 'mutated.enc');
      }),
    );
  });

  it('reports a length beyond the file, an unknown format, and bytes after the last record', () => {
    const reseal = (bytes: Buffer): Buffer => {
      bytes.writeUInt16BE(checksum(bytes.subarray(0, 0x7e)), 0x7e);
      return bytes;
    };
    const long = Buffer.from(SMALL);
    long.writeUInt32BE(0xffffffff, 0x06);
    expect(readImage(reseal(long), 'x').problems.map(({ code }) => code)).toContain('image/truncated');
    const other = Buffer.from(SMALL);
    other[0] = 5;
    expect(readImage(reseal(other), 'x').problems.map(({ code }) => code)).toContain('image/format');
    const noise = Buffer.concat([SMALL, Buffer.alloc(128, 0xff)]);
    expect(readImage(noise, 'x').problems).not.toEqual([]);
    const nobody = Buffer.from(SMALL);
    nobody.writeUInt32BE(0, 0x0a);
    expect(readImage(reseal(nobody), 'x').problems.map(({ code }) => code)).toContain('image/format');
  });
});
