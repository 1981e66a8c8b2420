import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { imageWarnings, readImage } from '../../src/images/index.ts';
import { buildRecord } from '../support/values/image-records.ts';

/** Headers of vendor images, without a byte of their payloads. They are not part of the repository. */
const LISTING = new URL('../../../shared/facts/image-headers.json', import.meta.url);
const have = existsSync(LISTING);
if (!have) process.stderr.write('skipped: headers of vendor images, ../shared/facts is not there\n');

const FileSchema = z.object({
  file: z.string(),
  sizeBytes: z.int(),
  headerId: z.int().nullable(),
  upsVersion: z.string().nullable(),
  hasSignaturePackage: z.boolean(),
  expectedIdAfterInstall: z.int().nullable(),
  records: z.array(
    z.object({
      offset: z.int(),
      format: z.int(),
      slot: z.int(),
      payloadBytes: z.int(),
      id: z.int(),
      name: z.string(),
    }),
  ),
});
type ListedFile = z.infer<typeof FileSchema>;

/** Name and version of a part by position: three letters, a space or a letter, the version. */
function cut(name: string): { name: string; version: string | null } {
  if (!/\d$/.test(name)) return { name, version: null };
  const letters = name.slice(0, 3);
  const fourth = name.slice(3, 4);
  const version = name.slice(4);
  if (fourth === ' ') return { name: letters, version };
  // CBLL is listed as a name of its own; the small letters mark patches.
  if (fourth === 'L') return { name: `${letters}L`, version };
  return { name: letters, version: `${fourth}${version}` };
}

describe.runIf(have)('headers of vendor images', () => {
  const files = have
    ? z.object({ files: z.array(FileSchema) }).parse(JSON.parse(readFileSync(LISTING, 'utf8'))).files
    : [];

  it('are complete', () => {
    expect(files.length).toBe(80);
    expect(files.flatMap((file) => file.records).length).toBe(453);
  });

  it.each(files.map((file) => [file.file, file] as const))('%s', (name, file) => {
    const bytes = Buffer.concat(file.records.map(buildRecord));
    const image = readImage(bytes, name);
    expect({
      size: image.sizeBytes,
      id: image.microLinkId,
      after: image.microLinkIdAfter,
      version: image.version,
      signed: image.signed,
      problems: image.problems.map(({ code }) => code),
    }).toEqual({
      size: file.sizeBytes,
      id: file.headerId,
      after: file.expectedIdAfterInstall,
      version: file.upsVersion,
      signed: file.hasSignaturePackage,
      problems: problemsOf(file),
    });
    expect(image.parts).toEqual(
      file.records.map((record) => ({
        ...cut(record.name),
        id: record.id,
        slot: record.slot,
        offset: record.offset,
        bytes: record.payloadBytes,
      })),
    );
    expect(imageWarnings(image, true)).toEqual([]);
  });
});

function problemsOf(file: ListedFile): readonly string[] {
  if (file.sizeBytes === 0) return ['image/empty'];
  return file.upsVersion === null ? ['image/no-ups-record'] : [];
}
