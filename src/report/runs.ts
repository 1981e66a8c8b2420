import type { ProblemJson } from '../core/index.ts';
import type { DocumentHead, RunCounts, RunState } from './documents.ts';
import { summary } from './words.ts';
import { createPaper, type Style, type Tone } from './writer.ts';

/** One run of a state folder. Null = not known. */
export interface RunsEntry {
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly begunAt: string | null;
  /** `unreadable`: its journal cannot be read. `older-format`: an earlier version of upsfw wrote it. */
  readonly state: RunState | 'unreadable' | 'older-format';
  /** The process that is at it. */
  readonly by: { readonly pid: number | null; readonly host: string | null } | null;
  readonly units: number | null;
  readonly counts: RunCounts | null;
  /** What `upsfw status RUN` ends with. */
  readonly exitCode: number | null;
  readonly problem: ProblemJson | null;
}

export interface RunsDocument extends DocumentHead<'runs'> {
  /** Those that a process is at first, then the newest. */
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

/** The runs of a state folder: two lines each, and how to go on. */
export function renderRuns({ runs }: RunsDocument, style: Style, folder: string): string {
  const paper = createPaper(style);
  if (runs.length === 0) {
    paper.line(`There is no run in ${folder}. upsfw upgrade --apply makes one.`);
    return paper.toString();
  }
  for (const { run, state, by, begunAt, counts, exitCode, problem } of runs) {
    paper.item(run, state === 'older-format' ? 'older format' : state, TONE[state]);
    const begun =
      begunAt === null ? 'begin not known' : `begun ${begunAt.slice(0, 19).replace('T', ' ')} UTC`;
    const at = by === null ? [] : [whoIsAt(by)];
    paper.note([begun, ...at].join(', '), 'plain');
    if (counts !== null) paper.note(`${summary(counts)} (exit code ${exitCode ?? 'not known'})`, 'plain');
    if (problem !== null) paper.note(`${problem.message} ${problem.hint}`, 'bad');
  }
  paper.line('');
  paper.line('upsfw status RUN shows one; upsfw resume RUN goes on with one that is not running.');
  return paper.toString();
}

function whoIsAt({ pid, host }: NonNullable<RunsEntry['by']>): string {
  return pid === null ? 'process not known' : `process ${pid} on ${host ?? 'a machine that is not known'}`;
}
