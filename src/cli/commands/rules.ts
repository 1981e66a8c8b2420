import { z } from 'zod';
import { Problem, TRANSPORTS } from '../../core/index.ts';
import { renderDecision, renderRules } from '../../report/index.ts';
import { allRules, describedOrder, judgeDescribed, lineSummary, loadRules } from '../../rules/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { DONE, type Exit, exitOfFiles } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { AS_OF, AsOfDay, CommonSchema } from '../options.ts';
import { DecisionInputSchema, decideLines } from './rules-jsonl.ts';

const RulesArgs = CommonSchema.extend({
  verb: z.enum(['decide', 'explain', 'check']),
  names: z.array(z.string().min(1)).default([]),
  model: z.string().optional(),
  sku: z.string().optional(),
  firmware: z.string().optional(),
  serial: z.string().optional(),
  ratedVa: z.number().positive().optional(),
  transport: z.enum(TRANSPORTS),
  jsonl: z.boolean(),
  rules: z.array(z.string().min(1)),
  asOf: AsOfDay,
});
type RulesArgs = z.infer<typeof RulesArgs>;

export const rulesCommand = defineCommand<RulesArgs>({
  usage: 'rules <verb> [names..]',
  describe:
    'decide: judge a described unit; explain [RULE..]: show rules with their sources; check FILE..: lint rule files (touches no device)',
  positionals: {
    verb: { describe: 'decide, explain or check' },
    names: { describe: 'Ids or codes of rules, or files', array: true },
  },
  options: {
    ...COMMON_OPTIONS,
    model: { type: 'string', describe: 'decide: the model as the unit says it' },
    sku: { type: 'string', describe: 'decide: the SKU of the rating label' },
    firmware: { type: 'string', describe: 'decide: the firmware string, such as "UPS 09.3 (ID18)"' },
    serial: { type: 'string', describe: 'decide: the serial number' },
    'rated-va': { type: 'number', describe: 'decide: the rating in VA' },
    transport: {
      choices: TRANSPORTS,
      default: 'serial',
      describe: 'decide: the port that the update would take',
    },
    jsonl: { type: 'boolean', default: false, describe: 'decide: one unit a line on standard input' },
    rules: { type: 'string', array: true, default: [], describe: 'Further rule file (repeatable)' },
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

function wrongUse(message: string, hint: string): Problem {
  return new Problem('config/usage', message, { hint });
}

async function decideMany(args: RulesArgs, io: Io): Promise<Exit> {
  const { model, sku, firmware, serial, ratedVa } = args;
  if ([model, sku, firmware, serial, ratedVa].some((given) => given !== undefined) || args.json) {
    throw wrongUse(
      'With --jsonl every unit stands in a line of standard input.',
      'Leave --json and the options that describe a unit out.',
    );
  }
  const book = await loadRules({ files: args.rules, asOf: args.asOf });
  const bad = await decideLines(book, io);
  if (bad > 0) io.info(`${bad} ${bad === 1 ? 'line' : 'lines'} could not be read.\n`);
  return exitOfFiles(bad);
}

async function decideOne(args: RulesArgs, io: Io): Promise<Exit> {
  if (args.names.length > 0)
    throw wrongUse(`rules decide takes options, and no "${args.names[0]}".`, 'See upsfw rules --help.');
  if (args.model === undefined && args.sku === undefined && args.firmware === undefined) {
    throw wrongUse('No unit is described.', 'Give --model or --sku, and --firmware.');
  }
  const input = DecisionInputSchema.parse({
    model: args.model ?? null,
    sku: args.sku,
    firmware: args.firmware ?? null,
    serial: args.serial,
    ratedVA: args.ratedVa,
    transport: args.transport,
  });
  const book = await loadRules({ files: args.rules, asOf: args.asOf });
  const document = {
    schema: 'upsfw/decision@1' as const,
    generatedAt: io.clock.now().toISOString(),
    input,
    ...judgeDescribed(book, input),
    workOrder: describedOrder(book, input),
    line: lineSummary(book, input.firmware),
  };
  if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
  else io.out(renderDecision(document, { format: 'text', color: io.color && args.color }));
  return DONE;
}

async function explain(args: RulesArgs, io: Io): Promise<Exit> {
  const own = await allRules();
  const ids = new Set(own.map(({ rule }) => rule.id));
  const added = (await loadRules({ files: args.rules })).rules.filter((rule) => !ids.has(rule.id));
  const all = [...own, ...added.map((rule) => ({ file: 'a rule file of your own', rule }))];
  const known = (name: string): boolean => all.some(({ rule }) => rule.id === name || rule.code === name);
  const lost = args.names.filter((name) => !known(name));
  if (lost.length > 0) {
    throw wrongUse(`There is no rule "${lost.join('", "')}".`, 'upsfw rules explain lists all.');
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
  if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
  else
    io.out(renderRules(document, { format: 'text', color: io.color && args.color }, args.names.length > 0));
  return DONE;
}

/** Every file is read, and every finding of every file is said, before the command fails. */
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
  // Files that are well one by one may still take the same id.
  if (files.length > 1 && results.every(({ problem }) => problem === null)) await loadRules({ files });
  if (args.json) {
    const document = {
      schema: 'upsfw/rules-check@1',
      generatedAt: io.clock.now().toISOString(),
      ownRules: base,
      files: results,
    };
    io.out(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    io.out(`The ${base} rules of the tool that are in force are well.\n`);
    for (const { file, rules: count, problem } of results) {
      io.out(problem === null ? `${file}: ${count} rules, well\n` : `${problem.message}\n`);
    }
  }
  return exitOfFiles(results.filter(({ problem }) => problem !== null).length);
}
