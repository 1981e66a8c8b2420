import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { judgeDescribed, loadRules } from '../../src/rules/index.ts';

const FILE = new URL('../../../shared/cases/decisions.json', import.meta.url);
const isPresent = existsSync(FILE);
if (!isPresent) process.stderr.write('skipped: ../shared/cases/decisions.json is missing\n');

const Cases = z.object({
  cases: z.array(
    z.object({
      id: z.string(),
      input: z.object({
        model: z.string(),
        sku: z.string().optional(),
        firmwareString: z.string(),
        serial: z.string().optional(),
        ratedVA: z.number().optional(),
        transport: z.enum(['serial', 'usb', 'nmc']),
      }),
      expect: z.object({
        supportedBySeed: z.union([z.boolean(), z.literal('unknown')]),
        wizard: z.string().nullable(),
        image: z.string().nullable(),
        targetVersion: z.string().nullable(),
        upToDate: z.boolean().nullable(),
        reasonCodes: z.array(z.string()),
      }),
    }),
  ),
});

describe.skipIf(!isPresent)('labelled decisions as of the FAQ', () => {
  it('give the labelled results', async () => {
    const book = await loadRules({ asOf: '2020-04-02' });
    const { cases } = Cases.parse(JSON.parse(readFileSync(FILE, 'utf8')));
    expect(cases.length).toBeGreaterThan(100);
    for (const { id, input, expect: expected } of cases) {
      const { firmwareString, ...rest } = input;
      const { supported, wizard, image, target, upToDate, reasons } = judgeDescribed(book, {
        ...rest,
        firmware: firmwareString,
      });
      expect(
        { supported, wizard, image, target, upToDate, codes: reasons.map(({ code }) => code) },
        `${id}: ${JSON.stringify(input)}`,
      ).toEqual({
        supported: expected.supportedBySeed,
        wizard: expected.wizard,
        image: expected.image,
        target: expected.targetVersion,
        upToDate: expected.upToDate,
        codes: expected.reasonCodes,
      });
    }
  });
});
