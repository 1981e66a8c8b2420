import { z } from 'zod';
import { Problem, TRANSPORTS } from '../../core/index.ts';
import { renderDecision, renderRules } from '../../report/index.ts';
import {
  allRules,
  cardContradiction,
  describedOrder,
  judgeDescribed,
  lineSummary,
  loadRules,
} from '../../rules/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { DONE, type Exit, exitOfFiles } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { AS_OF, AsOfDay, CommonSchema } from '../options.ts';
import { printDocument } from '../print.ts';
import { CardOs, DecisionInputSchema, decideLines } from './rules-jsonl.ts';

const RulesArgs = CommonSchema.extend({
  verb: z.enum(['decide', 'explain', 'check']),
  names: z.array(z.string().min(1)).default([]),
  model: z.string().optional(),
  sku: z.string().optional(),
  firmware: z.string().optional(),
  serial: z.string().optional(),
  ratedVa: z.number().positive().optional(),
  cardOs: CardOs.optional(),
  cardModel: z.string().max(100, { error: 'is longer than 100 characters' }).optional(),
  transport: z.enum(TRANSPORTS),
  jsonl: z.boolean(),
  rules: z.array(z.string().min(1)),
  asOf: AsOfDay,
});
type RulesArgs = z.infer<typeof RulesArgs>;

export const rulesCommand = defineCommand<RulesArgs>({
  usage: 'rules <verb> [names..]',
  describe:
    'decide: evaluate a described unit; explain [RULE..]: show rules with sources; check FILE..: check rule files (touches no device)',
  positionals: {
    verb: { describe: 'decide, explain or check' },
    names: { describe: 'explain: IDs or codes of rules; check: rule files', array: true },
  },
  options: {
    ...COMMON_OPTIONS,
    model: { type: 'string', describe: 'decide: model as the unit reports it' },
    sku: { type: 'string', describe: 'decide: SKU from the rating label' },
    firmware: { type: 'string', describe: 'decide: firmware string, such as "UPS 09.3 (ID18)"' },
    serial: { type: 'string', describe: 'decide: serial number' },
    'rated-va': { type: 'number', describe: 'decide: rating in VA' },
    'card-os': {
      type: 'string',
      describe: 'decide: AOS version of the card, such as v7.1.8 or apc_hw05_aos_718.bin',
    },
    'card-model': { type: 'string', describe: 'decide: model of the card, such as AP9631' },
    transport: {
      choices: TRANSPORTS,
      default: 'serial',
      describe: 'decide: transport of the update',
    },
    jsonl: {
      type: 'boolean',
      default: false,
      describe: 'decide: read one unit per line from standard input',
    },
    rules: { type: 'string', array: true, default: [], describe: 'Your own rule file (repeatable)' },
    ...AS_OF,
  },
  schema: RulesArgs,
  run: rules,
});

function rules(args: RulesArgs, io: Io): Promise<Exit> {
  if (args.verb === 'explain') return explain(args, io);
  if (args.verb === 'check') return check(args, io);
  return args.jsonl ? decideMany(args, io) : decideOne(args, io);
}

function usage(message: string, hint: string): Problem {
  return new Problem('config/usage', message, { hint });
}

async function decideMany(args: RulesArgs, io: Io): Promise<Exit> {
  const { model, sku, firmware, serial, ratedVa, cardOs, cardModel } = args;
  if (
    [model, sku, firmware, serial, ratedVa, cardOs, cardModel].some((given) => given !== undefined) ||
    args.json
  ) {
    throw usage(
      '--jsonl reads units from standard input: --json and options that describe a unit cannot be used.',
      'Leave these options out, or leave --jsonl out.',
    );
  }
  const book = await loadRules({ files: args.rules, asOf: args.asOf });
  const bad = await decideLines(book, io);
  if (bad > 0) io.info(`${bad} ${bad === 1 ? 'line' : 'lines'} could not be read.\n`);
  return exitOfFiles(bad);
}

async function decideOne(args: RulesArgs, io: Io): Promise<Exit> {
  if (args.names.length > 0)
    throw usage(`rules decide takes options only, not "${args.names[0]}".`, 'See upsfw rules --help.');
  if ([args.model, args.sku, args.firmware, args.cardOs].every((given) => given === undefined)) {
    throw usage(
      'No unit is described.',
      'Give --model or --sku, and --firmware. For the card alone give --card-os, and --card-model.',
    );
  }
  const input = DecisionInputSchema.parse({
    model: args.model ?? null,
    sku: args.sku,
    firmware: args.firmware ?? null,
    serial: args.serial,
    ratedVA: args.ratedVa,
    transport: args.transport,
    ...(args.cardOs === undefined ? {} : { cardOs: args.cardOs }),
    ...(args.cardModel === undefined ? {} : { cardModel: args.cardModel }),
  });
  const book = await loadRules({ files: args.rules, asOf: args.asOf });
  const contradiction = cardContradiction(book.cards, input);
  if (contradiction !== null)
    throw usage(
      `--card-os and --card-model contradict each other: ${contradiction}.`,
      'Correct one of them.',
    );
  const document = {
    schema: 'upsfw/decision@1' as const,
    generatedAt: io.clock.now().toISOString(),
    input,
    ...judgeDescribed(book, input),
    workOrder: describedOrder(book, input),
    line: lineSummary(book, input.firmware),
  };
  printDocument(document, args, io, renderDecision);
  return DONE;
}

async function explain(args: RulesArgs, io: Io): Promise<Exit> {
  const builtIn = await allRules();
  const ids = new Set(builtIn.map(({ rule }) => rule.id));
  const added = (await loadRules({ files: args.rules })).rules.filter((rule) => !ids.has(rule.id));
  const all = [...builtIn, ...added.map((rule) => ({ file: 'your own rule file', rule }))];
  const known = (name: string): boolean => all.some(({ rule }) => rule.id === name || rule.code === name);
  const unknown = args.names.filter((name) => !known(name));
  if (unknown.length > 0) {
    throw usage(`There is no rule "${unknown.join('", "')}".`, 'For all rules: upsfw rules explain.');
  }
  const chosen = all.filter(
    ({ rule }) =>
      args.names.length === 0 || args.names.includes(rule.id) || args.names.includes(rule.code ?? ''),
  );
  const document = {
    schema: 'upsfw/rules@1' as const,
    generatedAt: io.clock.now().toISOString(),
    rules: chosen.map(({ file, rule }) => ({ file, ...rule })),
  };
  printDocument(document, args, io, (one, style) => renderRules(one, style, args.names.length > 0));
  return DONE;
}

/** Reads every file and reports every finding before the command fails. */
async function check(args: RulesArgs, io: Io): Promise<Exit> {
  const base = (await loadRules()).rules.length;
  const files = args.names;
  const results: { file: string; rules: number; problem: ReturnType<Problem['toJSON']> | null }[] = [];
  for (const file of files) {
    try {
      results.push({ file, rules: (await loadRules({ files: [file] })).rules.length - base, problem: null });
    } catch (thrown) {
      if (!(thrown instanceof Problem) || thrown.code !== 'config/rules') throw thrown;
      results.push({ file, rules: 0, problem: thrown.toJSON() });
    }
  }
  // Valid files may still define the same ID.
  if (files.length > 1 && results.every(({ problem }) => problem === null)) await loadRules({ files });
  const document = {
    schema: 'upsfw/rules-check@1',
    generatedAt: io.clock.now().toISOString(),
    ownRules: base,
    files: results,
  };
  printDocument(document, args, io, () =>
    [
      `${base} built-in rules: OK\n`,
      ...results.map(({ file, rules: count, problem }) =>
        problem === null ? `${file}: ${count} rules, OK\n` : `${problem.message}\n`,
      ),
    ].join(''),
  );
  return exitOfFiles(results.filter(({ problem }) => problem !== null).length);
}
