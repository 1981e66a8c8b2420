import { z } from 'zod';
import { JsonLimitError, parseJson, sanitize, TRANSPORTS } from '../../core/index.ts';
import {
  CARD_OS_FORMS,
  cardContradiction,
  type DecisionInput,
  judgeDescribed,
  kindOf,
  type RuleBook,
  readCardOs,
} from '../../rules/index.ts';
import type { Io } from '../io.ts';

const Text = z.string().max(500);

/** A version of AOS in a form that a card shows. */
export const CardOs = z.string().refine((text) => readCardOs(text) !== null, {
  error: ({ input }) =>
    `"${sanitize(String(input), 60)}" is not a complete version of AOS, such as ${CARD_OS_FORMS}`,
});

/** A unit described by options or by a line of JSON. */
export const DecisionInputSchema = z.strictObject({
  model: Text.nullable().default(null),
  sku: Text.nullish(),
  firmware: Text.nullable().default(null),
  serial: Text.nullish(),
  ratedVA: z.number().nonnegative().nullish(),
  transport: z.enum(TRANSPORTS).default('serial'),
  cardOs: CardOs.nullish(),
  cardModel: Text.nullish(),
});

const LONGEST_LINE = 64 * 1024;
const BATCH = 64 * 1024;

/**
 * Evaluates every line of standard input and prints one JSON document a line, in order. A line that cannot be
 * read gives a problem in its place. Returns the number of such lines.
 */
export async function decideLines(book: RuleBook, io: Io): Promise<number> {
  const cache: AnswerCache = { answers: new Map(), hits: 0, pause: 0 };
  let bad = 0;
  let batch: string[] = [];
  let size = 0;
  let number = 0;
  for await (const line of lines(io.input)) {
    number += 1;
    if (line !== null && line.trim() === '') continue;
    const unit = unitOn(book, line, number);
    if (!unit.ok) bad += 1;
    const document = unit.ok
      ? `{"input":${JSON.stringify(unit.value)},${decisionOn(book, unit.input, cache)}`
      : JSON.stringify(unit.document);
    batch.push(document);
    size += document.length;
    if (size < BATCH) continue;
    io.out(`${batch.join('\n')}\n`);
    batch = [];
    size = 0;
    await io.drained();
  }
  if (batch.length > 0) io.out(`${batch.join('\n')}\n`);
  return bad;
}

const MAX_KINDS = 10_000;
/** Units that are evaluated without the cache after it was filled with few hits. */
const PAUSE = 200_000;

/** Answers by kind of unit. Where units share none, the cache would only cost time and memory. */
interface AnswerCache {
  readonly answers: Map<string, string>;
  hits: number;
  pause: number;
}

/** The decision as the rest of a JSON object, after its `{`. Units of the same kind share it. */
function decisionOn(book: RuleBook, input: DecisionInput, cache: AnswerCache): string {
  if (cache.pause > 0) {
    cache.pause -= 1;
    return decide(book, input);
  }
  const { answers } = cache;
  const kind = kindOf(book, input);
  const known = answers.get(kind);
  if (known !== undefined) {
    cache.hits += 1;
    return known;
  }
  if (answers.size >= MAX_KINDS) {
    if (cache.hits < MAX_KINDS) cache.pause = PAUSE;
    cache.hits = 0;
    answers.clear();
  }
  const rest = decide(book, input);
  answers.set(kind, rest);
  return rest;
}

function decide(book: RuleBook, input: DecisionInput): string {
  return JSON.stringify(judgeDescribed(book, input)).slice(1);
}

type UnitOnLine =
  | { readonly ok: true; readonly value: unknown; readonly input: DecisionInput }
  | { readonly ok: false; readonly document: unknown };

function unitOn(book: RuleBook, line: string | null, number: number): UnitOnLine {
  const failed = (message: string): UnitOnLine => ({
    ok: false,
    document: {
      input: null,
      line: number,
      problem: {
        code: 'config/usage',
        message: `Line ${number}: ${sanitize(message)}`,
        hint: 'Each line must be an object with model, firmware and transport; sku, serial, ratedVA, cardOs and cardModel are optional.',
      },
    },
  });
  if (line === null) return failed(`longer than ${LONGEST_LINE} characters`);
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (thrown) {
    return failed(thrown instanceof JsonLimitError ? thrown.message : 'not JSON');
  }
  const input = DecisionInputSchema.safeParse(value);
  if (!input.success) return failed(z.prettifyError(input.error));
  const contradiction = cardContradiction(book.cards, input.data);
  return contradiction === null ? { ok: true, value, input: input.data } : failed(contradiction);
}

/** Lines of a stream; null for a line that is too long. */
async function* lines(input: AsyncIterable<Buffer | string>): AsyncGenerator<string | null> {
  const decoder = new TextDecoder();
  let rest = '';
  let tooLong = false;
  for await (const chunk of input) {
    const text = rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
    let from = 0;
    for (let end = text.indexOf('\n', from); end !== -1; end = text.indexOf('\n', from)) {
      yield tooLong || end - from > LONGEST_LINE ? null : text.slice(from, end);
      tooLong = false;
      from = end + 1;
    }
    rest = text.slice(from);
    if (rest.length <= LONGEST_LINE) continue;
    tooLong = true;
    rest = '';
  }
  if (rest !== '' || tooLong) yield tooLong ? null : rest;
}
