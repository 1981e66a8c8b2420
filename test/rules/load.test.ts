import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRules } from '../../src/rules/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-rules-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const RULE = `
  - id: own-window
    code: OWN_RULE
    statement: Units with ID 18 are not updated here.
    source: our own decision
    published: 2026-11-01
    confidence: proposed
    when: [{ fact: unit.microLinkId, equals: "18" }]
    block: true
    because: ID {unit.microLinkId} is frozen
    remedy: Ask the operations team.
`;

async function load(text: string): Promise<unknown> {
  const file = join(folder, 'own.yaml');
  await writeFile(file, text);
  return loadRules({ files: [file] }).catch((thrown: unknown) => thrown);
}

describe('rule files of the operator', () => {
  it('can add a rule, which changes the hash', async () => {
    const book = await load(`version: 1\nrules:${RULE}`);
    const plain = await loadRules();
    expect(book).toMatchObject({
      rules: expect.arrayContaining([expect.objectContaining({ id: 'own-window' })]),
    });
    expect(book).not.toMatchObject({ hash: plain.hash });
  });

  it.each([
    [
      'an id that already exists',
      RULE.replace('own-window', 'no-downgrade'),
      /own\.yaml:3:9: a rule "no-downgrade" already exists/,
    ],
    [
      'a verb of vendor rules',
      RULE.replace('block: true', 'unsupported: true'),
      /may use require, block, unknown, warn and note/,
    ],
    [
      'an unknown key',
      RULE.replace('remedy:', 'remedies:'),
      /own\.yaml:12:5: rules\[0\]: unknown key "remedies"/,
    ],
    [
      'two verbs',
      RULE.replace('block: true', 'block: true\n    warn: true'),
      /exactly one of require, block, unsupported/,
    ],
    ['two comparisons', RULE.replace('equals: "18"', 'equals: "18", below: "20"'), /exactly one of equals/],
    ['an invalid pattern', RULE.replace('equals: "18"', 'matches: "("'), /is not a regular expression/],
    [
      'a fact that does not exist',
      RULE.replace('unit.microLinkId, equals: "18"', 'unit.nosuch, equals: 1'),
      /own\.yaml:9:20: .*is not a fact/,
    ],
    [
      'a number instead of an ID as text',
      RULE.replace('equals: "18"', 'equals: 18'),
      /own\.yaml:9:46: .*unit\.microLinkId is never 18/,
    ],
    [
      'a family in lowercase',
      RULE.replace('unit.microLinkId, equals: "18"', 'unit.family, equals: smt'),
      /never "smt": expected is uppercase text/,
    ],
    [
      'an unknown transport',
      RULE.replace('unit.microLinkId, equals: "18"', 'transport, oneOf: [usb, NMC]'),
      /one of nmc, serial, usb/,
    ],
    [
      'a rating as text',
      RULE.replace('unit.microLinkId, equals: "18"', 'unit.ratedVA, atLeast: "1500"'),
      /expected is a number/,
    ],
    [
      'a version of another format',
      RULE.replace('unit.microLinkId, equals: "18"', 'unit.version, below: "9.3"'),
      /a version such as/,
    ],
    ['a bound on a fact without order', RULE.replace('equals: "18"', 'below: "18"'), /cannot be ordered/],
    [
      'a pattern that can take forever',
      RULE.replace('equals: "18"', 'matches: "^(1+)+$"'),
      /can take forever/,
    ],
    [
      'a text with an unknown fact',
      RULE.replace('{unit.microLinkId} is', '{unit.nosuch} is'),
      /own\.yaml:11:14: .*\{unit\.nosuch\} is not a fact/,
    ],
    ['a number instead of text', RULE.replace('code: OWN_RULE', 'code: 12'), /put it in quotes: "12"/],
  ])('are rejected with %s', async (_name, rule, message) => {
    expect(await load(`version: 1\nrules:${rule}`)).toMatchObject({
      code: 'config/rules',
      message: expect.stringMatching(message),
    });
  });

  it('that do not exist are reported', async () => {
    await expect(loadRules({ files: [join(folder, 'none.yaml')] })).rejects.toMatchObject({
      code: 'config/rules',
    });
  });
});

describe('the rules of the tool', () => {
  it('contain 62 lines, and each image name once per line', async () => {
    const { lines, rules } = await loadRules();
    expect(lines.size).toBe(62);
    expect(new Set(rules.map((rule) => rule.id)).size).toBe(rules.length);
    for (const line of lines.values()) {
      expect(new Set(line.images.map((image) => image.file)).size).toBe(line.images.length);
    }
  });
});
