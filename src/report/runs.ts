import type { ProblemJson } from '../core/index.ts';
import type { DocumentHead } from './documents.ts';
import { summary } from './labels.ts';
import type { RunCounts, RunState } from './run-documents.ts';
import { createReportWriter, type Style, type Tone } from './writer.ts';

/** One run of a state folder. Null = not known. */
export interface RunsEntry {
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly begunAt: string | null;
  /** `unreadable`: its journal cannot be read. `older-format`: an earlier version of upsfw wrote it. */
  readonly state: RunState | 'unreadable' | 'older-format';
  /** The process that executes it; null without one. */
  readonly by: { readonly pid: number | null; readonly host: string | null } | null;
  readonly units: number | null;
  readonly counts: RunCounts | null;
  /** The exit code of `upsfw status RUN`. */
  readonly exitCode: number | null;
  readonly problem: ProblemJson | null;
}

export interface RunsDocument extends DocumentHead<'runs'> {
  /** Running runs first, then the newest. */
  readonly runs: readonly RunsEntry[];
}

const TONE: Readonly<Record<RunsEntry['state'], Tone>> = {
  running: 'plain',
  interrupted: 'warn',
  stopped: 'warn',
  done: 'good',
  unreadable: 'bad',
  'older-format': 'bad',
};

/** The runs of a state folder, and how to continue. */
export function renderRuns({ runs }: RunsDocument, style: Style, folder: string): string {
  const writer = createReportWriter(style);
  if (runs.length === 0) {
    writer.line(`There is no run in ${folder}. To start one: upsfw upgrade --apply`);
    return writer.toString();
  }
  for (const { run, state, by, begunAt, counts, exitCode, problem } of runs) {
    writer.item(run, state === 'older-format' ? 'older format' : state, TONE[state]);
    const started =
      begunAt === null ? 'start not known' : `started ${begunAt.slice(0, 19).replace('T', ' ')} UTC`;
    const process = by === null ? [] : [describeProcess(by)];
    writer.note([started, ...process].join(', '), 'plain');
    if (counts !== null) writer.note(`${summary(counts)} (exit code ${exitCode ?? 'not known'})`, 'plain');
    if (problem !== null) writer.note(`${problem.message} ${problem.hint}`, 'bad');
  }
  writer.line('');
  writer.line('To show a run: upsfw status RUN. To resume one that is not running: upsfw resume RUN');
  return writer.toString();
}

function describeProcess({ pid, host }: NonNullable<RunsEntry['by']>): string {
  return pid === null ? 'process not known' : `process ${pid} on ${host ?? 'an unknown machine'}`;
}
