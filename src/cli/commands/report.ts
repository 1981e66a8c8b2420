import { z } from 'zod';
import { escapedJson, Problem } from '../../core/index.ts';
import { openOutputFile } from '../../files/index.ts';
import { renderAudit, renderRun, type Style } from '../../report/index.ts';
import { loadRules } from '../../rules/index.ts';
import { createLocks, readJournal, replay } from '../../state/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { readLastAudit } from '../documents/audit-store.ts';
import { runDocument } from '../documents/run.ts';
import { DONE, type Exit, exitOfRun } from '../exit-codes.ts';
import { runToShow } from '../fleet/choose-run.ts';
import { runLockName } from '../fleet/run-lock.ts';
import type { Io } from '../io.ts';
import {
  CommonSchema,
  DETAIL_OPTIONS,
  DETAIL_SHAPE,
  RUN_INVENTORY,
  readDetailLevel,
  stateFolder,
} from '../options.ts';
import { jsonText, sayWritten, textStyle } from '../print.ts';

const ReportArgs = CommonSchema.extend({
  run: z.string().min(1).optional(),
  inventory: z.string().min(1).optional(),
  audit: z.boolean(),
  format: z.enum(['text', 'json', 'md']),
  out: z.string().min(1).optional(),
  ...DETAIL_SHAPE,
});
type ReportArgs = z.infer<typeof ReportArgs>;

export const reportCommand = defineCommand<ReportArgs>({
  usage: 'report [run]',
  describe: 'Show a run or the last audit as text, JSON or Markdown (touches no device)',
  positionals: { run: { describe: 'Name of the run (default: the running one, or the newest)' } },
  options: {
    ...COMMON_OPTIONS,
    ...RUN_INVENTORY,
    audit: { type: 'boolean', default: false, describe: 'Show the last audit instead of a run' },
    format: { choices: ['text', 'json', 'md'], default: 'text', describe: 'Format of the report' },
    out: { type: 'string', describe: 'Write to this file instead of standard output' },
    ...DETAIL_OPTIONS,
  },
  schema: ReportArgs,
  run: report,
});

async function report(args: ReportArgs, io: Io): Promise<Exit> {
  const out = args.out === undefined ? null : await openOutputFile(args.out);
  const text = args.audit ? await auditText(args, io) : await runText(args, io);
  if (out === null) io.out(text);
  else {
    await out.write(asJson(args) ? escapedJson(text) : text, 'default');
    sayWritten('report', args.out, io);
  }
  return DONE;
}

function styleOf(args: ReportArgs, io: Io): Style {
  const style = textStyle({ color: args.color && args.out === undefined }, io);
  return { ...style, format: args.format === 'md' ? 'markdown' : 'text' };
}

function asJson(args: ReportArgs): boolean {
  return args.json || args.format === 'json';
}

async function auditText(args: ReportArgs, io: Io): Promise<string> {
  if (args.inventory !== undefined || args.run !== undefined) {
    const given = args.run === undefined ? '-i' : 'the name of a run';
    throw new Problem('config/usage', `--audit cannot be used with ${given}: it shows the last audit.`, {
      hint: 'Leave one of them out.',
    });
  }
  const detailLevel = readDetailLevel(args);
  const document = await readLastAudit(stateFolder(args, io));
  return asJson(args) ? jsonText(document) : renderAudit(document, styleOf(args, io), detailLevel);
}

async function runText(args: ReportArgs, io: Io): Promise<string> {
  if (readDetailLevel(args) !== undefined) {
    throw new Problem('config/usage', '--summary and --details can be used only with --audit.', {
      hint: 'Leave them out: a run always lists its units.',
    });
  }
  const state = stateFolder(args, io);
  const record = replay(await readJournal(state, await runToShow(state, args, io)));
  const alive = await createLocks(state).heldElsewhere(runLockName(record.run));
  const exitCode = exitOfRun(record, { stopped: false, alive });
  const document = runDocument(record, await loadRules(), exitCode, { alive }, io.clock.now());
  return asJson(args) ? jsonText(document) : renderRun(document, styleOf(args, io));
}
