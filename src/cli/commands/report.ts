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
import { runLockName } from '../fleet/show-run.ts';
import type { Io } from '../io.ts';
import { CommonSchema, LISTING, LISTING_SHAPE, readListing, stateFolder } from '../options.ts';

const ReportArgs = CommonSchema.extend({
  run: z.string().min(1).optional(),
  audit: z.boolean(),
  format: z.enum(['text', 'json', 'md']),
  out: z.string().min(1).optional(),
  ...LISTING_SHAPE,
});
type ReportArgs = z.infer<typeof ReportArgs>;

export const reportCommand = defineCommand<ReportArgs>({
  usage: 'report [run]',
  describe: 'A run, or the last audit, as text, JSON or Markdown (touches no device)',
  positionals: { run: { describe: 'Name of the run (default: the one at work, or the newest)' } },
  options: {
    ...COMMON_OPTIONS,
    audit: { type: 'boolean', default: false, describe: 'The last audit instead of a run' },
    format: { choices: ['text', 'json', 'md'], default: 'text', describe: 'Form of the report' },
    out: { type: 'string', describe: 'Write to this file instead of standard output' },
    ...LISTING,
  },
  schema: ReportArgs,
  run: report,
});

async function report(args: ReportArgs, io: Io): Promise<Exit> {
  const out = args.out === undefined ? null : await openOutputFile(args.out);
  const text = args.audit ? await auditText(args, io) : await runText(args, io);
  if (out === null) io.out(text);
  else await out.write(asJson(args) ? escapedJson(text) : text, 'default');
  return DONE;
}

function styleOf(args: ReportArgs, io: Io): Style {
  const color = io.color && args.color && args.out === undefined;
  return { format: args.format === 'md' ? 'markdown' : 'text', color };
}

function asJson(args: ReportArgs): boolean {
  return args.json || args.format === 'json';
}

async function auditText(args: ReportArgs, io: Io): Promise<string> {
  const listing = readListing(args);
  const document = await readLastAudit(stateFolder(args, io));
  return asJson(args)
    ? `${JSON.stringify(document, null, 2)}\n`
    : renderAudit(document, styleOf(args, io), listing);
}

async function runText(args: ReportArgs, io: Io): Promise<string> {
  if (readListing(args) !== undefined) {
    throw new Problem('config/usage', 'A run always lists its units.', {
      hint: '--summary and --details go with --audit.',
    });
  }
  const state = stateFolder(args, io);
  const record = replay(await readJournal(state, await runToShow(state, args.run)));
  const alive = await createLocks(state).heldElsewhere(runLockName(record.run));
  const exitCode = exitOfRun(record, { stopped: false, alive });
  const document = runDocument(record, await loadRules(), exitCode, alive, io.clock.now());
  return asJson(args) ? `${JSON.stringify(document, null, 2)}\n` : renderRun(document, styleOf(args, io));
}
