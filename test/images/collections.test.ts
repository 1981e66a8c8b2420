import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageWarnings, openPaths, readImage } from '../../src/images/index.ts';
import { buildImage } from '../../src/sim/index.ts';
import {
  type CollectedImage,
  FIRST_COLLECTION,
  SECOND_COLLECTION,
  SECOND_IMAGES,
  SECOND_NOTES,
} from '../support/values/image-collections.ts';
import { buildRecord, type ImageRecord } from '../support/values/image-records.ts';

/**
 * The bytes of the two public collections are not here, and those of the second one were never read by this
 * project. These files have the same names, and records with the same IDs, versions and signature.
 */
const built = ({ microLinkId, microLinkIdAfter, version, signed }: CollectedImage): Buffer =>
  buildImage({ microLinkId, microLinkIdAfter, version, signed, payloadBytes: 2000 });

describe('an image of a public collection', () => {
  it('is in the lists', () => {
    expect(FIRST_COLLECTION.length).toBeGreaterThan(75);
    expect(SECOND_COLLECTION.length).toBe(49);
  });

  it.each([...FIRST_COLLECTION, ...SECOND_COLLECTION].map((image) => [image.file, image] as const))(
    'is read with the ID and version of its name: %s',
    (file, image) => {
      const read = readImage(built(image), file);
      const { microLinkId, microLinkIdAfter, version, signed } = image;
      expect(read).toMatchObject({ microLinkId, microLinkIdAfter, version, signed, problems: [] });
      // The name agrees with the content, in each spelling that the collections have.
      expect(imageWarnings(read, true)).toEqual([]);
    },
  );

  it.each([...FIRST_COLLECTION, ...SECOND_COLLECTION].map((image) => [image.file, image] as const))(
    'is noticed under the name of another release: %s',
    (file, image) => {
      const other = built({ ...image, microLinkId: 4321, version: '99.9' });
      const codes = imageWarnings(readImage(other, file), true).map(({ code }) => code);
      // One name has no ID.
      const hasId = !file.startsWith('YAMUNA');
      expect(codes).toEqual([...(hasId ? ['NAME_OTHER_ID'] : []), 'NAME_OTHER_VERSION']);
    },
  );
});

/** The four newest images, with the parts that they are known to have. */
const NEWEST: Readonly<Record<string, readonly (readonly [string, number, number])[]>> = {
  'SMT18UPS_15-1.enc': [['UPS 15.1', 0x01, 18]],
  'SRTL1034UPS_06-9.enc': lithium(1034, 1034, '06.9'),
  'SRTL1062UPS_04-9.enc': lithium(1062, 1062, '04.9'),
  'SRTL1063UPS_04-9.enc': lithium(1063, 1062, '04.9'),
};

/** Manifest, three processors with their boot loaders, signature. Shared parts keep another ID. */
function lithium(
  id: number,
  shared: number,
  version: string,
): readonly (readonly [string, number, number])[] {
  return [
    [`UPS ${version}`, 0x00, id],
    ['MBL 04.1', 0x82, shared],
    ['MCU 05.3', 0x02, shared],
    ['CBL 07.0', 0x81, id],
    ['COM 08.1', 0x01, id],
    ['LBL 06.2', 0x83, shared],
    ['LCD 08.6', 0x03, shared],
    ['PKG 01.4', 0x65, id],
  ];
}

describe('the newest images', () => {
  it.each(Object.entries(NEWEST))('%s is read without a fault, part by part', (file, parts) => {
    const format = parts.length === 1 ? 3 : 4;
    const records = parts.map(
      ([name, slot, id]): ImageRecord => ({ format, slot, id, name, payloadBytes: 3000 }),
    );
    const image = readImage(Buffer.concat(records.map(buildRecord)), file);
    expect(image.problems).toEqual([]);
    expect(image.parts.map(({ name, version, id }) => [`${name} ${version}`, id])).toEqual(
      parts.map(([name, , id]) => [name, id]),
    );
    expect([image.signed, imageWarnings(image, true)]).toEqual([parts.length > 1, []]);
    const listed = SECOND_COLLECTION.find((one) => one.file === file);
    expect(image).toMatchObject({ microLinkId: listed?.microLinkId, version: listed?.version });
  });
});

describe('the folder of the second collection', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upsfw-collection-'));
    for (const image of SECOND_COLLECTION) {
      if (SECOND_IMAGES.includes(image.file)) await writeFile(join(folder, image.file), built(image));
    }
    for (const name of SECOND_NOTES) await writeFile(join(folder, name), 'release notes');
    await mkdir(join(folder, 'RAW Binary FW'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has four images, and release notes that are named and not read', async () => {
    const { images, cardFiles, others, notes } = await openPaths([folder]);
    expect(images.map(({ file, problems }) => [file, problems])).toEqual(
      SECOND_IMAGES.map((name) => [name, []]),
    );
    expect([cardFiles, notes]).toEqual([[], []]);
    expect(others.map(({ kind, count }) => [kind, count])).toEqual([
      ['notes', 49],
      ['folder', 1],
    ]);
  });
});
