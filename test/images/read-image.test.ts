import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
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
  it('tells id, version, parts and signature from the bytes', () => {
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

  it('has nothing against the images of the demonstration', () => {
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

  it('cut at any byte it is named damaged, and never throws', () => {
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

  it('with any one byte changed it is named damaged', () => {
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

  it('names a length beyond the file, an unknown format, and noise behind the last record', () => {
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

const LISTING = new URL('../../../shared/facts/image-headers.json', import.meta.url);
const have = existsSync(LISTING);
if (!have) process.stderr.write('skipped: headers of vendor images, ../shared/facts is not there\n');

const ListingSchema = z.object({
  files: z.array(
    z.object({
      file: z.string(),
      sizeBytes: z.number(),
      headerId: z.number().nullable(),
      upsVersion: z.string().nullable(),
      hasSignaturePackage: z.boolean(),
      expectedIdAfterInstall: z.number().nullable(),
      records: z.array(z.object({ format: z.number(), slot: z.number(), id: z.number(), name: z.string() })),
    }),
  ),
});

/** A file with the headers of a listed one and short payloads of zeros. */
function likeListed(records: z.infer<typeof ListingSchema>['files'][number]['records']): Buffer {
  return Buffer.concat(
    records.map(({ format, slot, id, name }) => {
      const header = Buffer.alloc(128);
      header[0] = format;
      header[1] = slot;
      header.writeUInt32BE(128, 0x06);
      header.writeUInt32BE(id, 0x0a);
      header[0x13] = name.length;
      header.write(name, 0x14, 'latin1');
      header.writeUInt16BE(checksum(header.subarray(0, 0x7e)), 0x7e);
      return Buffer.concat([header, Buffer.alloc(128)]);
    }),
  );
}

describe.runIf(have)('headers of vendor images', () => {
  const files = have ? ListingSchema.parse(JSON.parse(readFileSync(LISTING, 'utf8'))).files : [];
  it.each(files.filter((file) => file.sizeBytes > 0).map((file) => [file.file, file] as const))(
    '%s',
    (_name, file) => {
      const image = readImage(likeListed(file.records), file.file);
      expect({
        id: image.microLinkId,
        after: image.microLinkIdAfter,
        version: image.version,
        signed: image.signed,
        problems: image.problems.filter(({ code }) => code !== 'image/no-ups-record'),
      }).toEqual({
        id: file.headerId,
        after: file.expectedIdAfterInstall,
        version: file.upsVersion,
        signed: file.hasSignaturePackage,
        problems: [],
      });
    },
  );
});
