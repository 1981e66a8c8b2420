import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadRules, type RuleBook } from '../../src/rules/index.ts';

const FILE = new URL('../../../shared/facts/catalog.json', import.meta.url);
const isPresent = existsSync(FILE);
if (!isPresent) process.stderr.write('skipped: ../shared/facts/catalog.json is missing\n');

const Facts = z.object({
  ids: z.array(
    z.object({
      id: z.number(),
      families: z.array(z.string()),
      description: z.string().nullable(),
      skus: z.array(z.string()),
      releases: z.array(
        z.object({
          version: z.string(),
          notes: z.string(),
          security: z.boolean(),
          cves: z.array(z.string()),
        }),
      ),
      minFuw: z.string().nullable(),
      pcbe: z.string().nullable(),
      transports: z.object({
        serial: z.boolean().nullish(),
        usb: z.boolean().nullish(),
        usbFlash: z.boolean().nullish(),
      }),
      outputOn: z.union([
        z.literal(false),
        z.null(),
        z.object({
          minVersion: z.string().nullish(),
          confidence: z.string().optional(),
          note: z.string().optional(),
        }),
      ]),
      successorIds: z.array(z.number()),
      images: z.array(
        z.object({
          file: z.string(),
          version: z.string().nullable(),
          sizeBytes: z.number(),
          sha256: z.string(),
          signaturePackage: z.boolean(),
          idAfterInstall: z.number().nullable(),
        }),
      ),
      latestKnownVersion: z.string().nullable(),
      cveAffected: z.array(z.object({ cve: z.string(), affectedUpTo: z.string() })),
    }),
  ),
});

let book: RuleBook;
beforeAll(async () => {
  book = await loadRules();
});

const answer = (known: boolean | null | undefined): string =>
  known === true ? 'yes' : known === false ? 'no' : 'unknown';

describe.skipIf(!isPresent)('the catalogue, compared with the collected facts', () => {
  const facts = isPresent ? Facts.parse(JSON.parse(readFileSync(FILE, 'utf8'))).ids : [];

  it('has the same IDs', () => {
    expect([...book.lines.keys()]).toEqual(facts.map(({ id }) => id));
  });

  // Read later than the facts: docs/sources/catalogue.md#newest-release
  const later = new Map([
    [18, '15.1'],
    [1034, '06.9'],
    [1062, '04.9'],
    [1063, '04.9'],
  ]);

  it.each(facts)('has the same content for ID $id', (fact) => {
    const line = book.lines.get(fact.id);
    expect(line).toMatchObject({
      families: fact.families.filter((family) => family !== 'unknown'),
      description: fact.description,
      skus: fact.skus,
      minWizard: fact.minFuw,
      minPowerChute: fact.pcbe,
      becomes: fact.successorIds[0] ?? null,
      ports: {
        serial: { update: answer(fact.transports.serial) },
        usb: { update: answer(fact.transports.usb) },
        flash: { update: answer(fact.transports.usbFlash) },
      },
    });
    const added = later.get(fact.id) ?? null;
    expect(line?.releases.filter(({ version }) => version !== added)).toEqual(fact.releases);
    const { outputOn } = fact;
    // Low confidence means unknown here. A release that the note names is the first with the output on.
    const note =
      outputOn === null || outputOn === false ? '' : `${outputOn.confidence ?? ''} ${outputOn.note ?? ''}`;
    const isLow = note.startsWith('low');
    const known = outputOn === null || isLow ? 'unknown' : outputOn === false ? 'no' : 'yes';
    expect(line?.outputOn.update).toBe(known);
    const named = /(?:from the|before) (\d\d\.\d)/.exec(note)?.[1];
    const from = named ?? (outputOn === false || isLow ? null : outputOn?.minVersion) ?? null;
    expect(line?.outputOn.from ?? null).toBe(from);
    expect(line?.newest.findLast(({ version }) => version !== added)?.version ?? null).toBe(
      fact.latestKnownVersion,
    );
    if (added !== null) expect(line?.newest.at(-1)?.version).toBe(added);
    const images = line?.images.filter(({ version }) => added === null || version !== added);
    expect(images?.map(({ parts: _parts, rating: _rating, ...image }) => image)).toEqual(
      fact.images
        .filter(({ sizeBytes }) => sizeBytes > 0)
        .map(({ file, version, sizeBytes, sha256, signaturePackage, idAfterInstall }) => ({
          file,
          version,
          sizeBytes,
          sha256,
          signed: signaturePackage,
          idAfter: idAfterInstall,
        })),
    );
    for (const { cve, affectedUpTo } of fact.cveAffected) {
      expect(line?.advisories.find(({ id }) => id === cve)?.affectedUpTo, cve).toBe(affectedUpTo);
    }
  });
});

describe('the catalogue', () => {
  it('names a source for every line, every newest release and every advisory', () => {
    for (const line of book.lines.values()) {
      expect(line.sources.length, `ID ${line.id}`).toBeGreaterThan(0);
      for (const { source, published } of line.newest) {
        expect(source).not.toBe('');
        expect(published).toMatch(/^20\d\d-/);
      }
      for (const { source } of line.advisories) expect(source).not.toBe('');
    }
  });

  it('has one size for each hash', () => {
    const sizes = new Map<string, number | null>();
    for (const image of [...book.lines.values()].flatMap((line) => line.images)) {
      expect(sizes.get(image.sha256) ?? image.sizeBytes, image.file).toBe(image.sizeBytes);
      sizes.set(image.sha256, image.sizeBytes);
    }
    expect(sizes.size).toBeGreaterThan(60);
  });
});
