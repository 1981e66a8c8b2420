import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { applicableRules } from '../../src/rules/engine/applicable.ts';
import type { Fact } from '../../src/rules/engine/evaluate.ts';
import { outcomeOf } from '../../src/rules/engine/evaluate.ts';
import { type DecisionInput, judgeDescribed, loadRules, type RuleBook } from '../../src/rules/index.ts';

const KEY_FACTS = ['unit.printedId', 'unit.microLinkId', 'unit.firmwareForm', 'transport'];

let book: RuleBook;
beforeAll(async () => {
  book = await loadRules();
});

describe('the rules that may apply', () => {
  it('are all rules except those that certainly do not apply', () => {
    const ids = [null, 0, 7, 18, 20, 1001, 1015, 1034, 9999];
    const facts = fc.record({
      id: fc.constantFrom(...ids),
      form: fc.constantFrom<Fact>('micro-link', 'ups-link', 'other', 'none', null),
      transport: fc.constantFrom<Fact>('nmc', 'serial', 'usb', null),
    });
    fc.assert(
      fc.property(facts, ({ id, form, transport }) => {
        const known = new Map<string, Fact>([
          ['unit.printedId', id],
          ['unit.microLinkId', id === null ? null : String(id)],
          ['unit.firmwareForm', form],
          ['transport', transport],
        ]);
        const kept = new Set(Object.values(applicableRules(book.byStage, known)).flat());
        for (const rule of book.rules.filter((one) => !kept.has(one)))
          expect(outcomeOf(rule, known), rule.id).toBeNull();
        expect(kept.size).toBeLessThan(book.rules.length);
      }),
    );
  });

  it('keep their order', () => {
    const kept = applicableRules(book.byStage, new Map<string, Fact>([['unit.printedId', 18]]));
    for (const [stage, rules] of Object.entries(kept)) {
      const all = Object.entries(book.byStage).find(([name]) => name === stage)?.[1] ?? [];
      expect(rules).toEqual(all.filter((rule) => rules.includes(rule)));
    }
  });

  it('depend on no fact that a rule derives', () => {
    const derived = book.rules.flatMap(({ derives = {} }) => Object.keys(derives));
    expect(derived).not.toHaveLength(0);
    expect(KEY_FACTS.filter((name) => derived.includes(name))).toEqual([]);
  });
});

describe('a rule of the operator about hops', () => {
  it('counts for each unit by itself, even if two units are of the same line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'upsfw-rules-'));
    const file = join(folder, 'own.yaml');
    await writeFile(
      file,
      `version: 1
rules:
  - id: own-model
    code: OWN_MODEL
    statement: One model is not updated.
    source: our own decision
    published: 2026-11-01
    confidence: proposed
    when: [{ fact: unit.model, equals: SMART-UPS 1500 }]
    block: true
    because: "{unit.model} with {unit.serial} is frozen"
    remedy: Ask the operations team.
`,
    );
    const own = await loadRules({ files: [file] });
    await rm(folder, { recursive: true });
    const decide = (model: string, serial: string) => {
      const input: DecisionInput = { model, serial, firmware: 'UPS 09.4 (ID18)', transport: 'serial' };
      return judgeDescribed(own, input).reasons.find(({ code }) => code === 'OWN_MODEL')?.because;
    };
    expect(decide('Smart-UPS 1000', 'AS1400000001')).toBeUndefined();
    expect(decide('Smart-UPS 1500', 'AS1400000002')).toContain('AS1400000002');
    expect(decide('Smart-UPS 1500', 'AS1400000003')).toContain('AS1400000003');
    expect(decide('Smart-UPS 750', 'AS1400000004')).toBeUndefined();
  });
});
