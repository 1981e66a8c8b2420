import {
  asProblem,
  type Clock,
  isInternal,
  type LookContext,
  type Problem,
  type RecordedCommand,
  type RecordedObject,
  type Recording,
  type UnitTarget,
} from '../../core/index.ts';
import { OID } from '../../snmp/index.ts';
import { type NmcDeps, networkOf, shellOptions } from '../deps.ts';
import { look } from '../look/look.ts';
import { CODE } from '../phrases.ts';
import { lookAtServices, type ProbeSeconds } from '../services/services.ts';
import { type Shell, withShell } from '../session/shell.ts';
import { READ_COMMANDS, type ReadCommand } from './record-list.ts';

export interface RecordDeps extends NmcDeps {
  readonly seconds?: ProbeSeconds;
}

/** Sessions that may break before the rest of the commands is left unasked. */
const MOST_BROKEN_SESSIONS = 3;

type Missing = Recording['missing'][number];

/**
 * Reads everything of one card that can be read without changing anything: the objects of the OID table, the commands of
 * {@link READ_COMMANDS}, the services. What cannot be read is told in `missing`. Throws Problem config/state, refused/no-path.
 */
export async function recordCard(
  tools: RecordDeps,
  target: UnitTarget,
  context: LookContext,
): Promise<Recording> {
  const network = networkOf(target);
  const services = await lookAtServices(tools, target, context);
  const seen = await look(tools, target, context);
  const missing: Missing[] = [];
  const lost = (what: string, problem: Problem): void => {
    missing.push({ what, problem: problem.toJSON() });
  };
  if (seen.problem !== null) lost('a look at the unit', seen.problem);
  const objects = await readObjects(tools, target, context, lost);
  const commands =
    network.login === null
      ? []
      : await readCommands(tools, target, context, (problem) => lost('the command line', problem));
  return { at: context.clock.now(), unit: seen.unit, services, objects, commands, missing };
}

async function readObjects(
  tools: RecordDeps,
  target: UnitTarget,
  context: LookContext,
  lost: (what: string, problem: Problem) => void,
): Promise<readonly RecordedObject[] | null> {
  const { snmp, host, ports } = networkOf(target);
  if (snmp === null) return null;
  try {
    const session = await tools.hub.open(snmp, { host, port: ports.snmp });
    try {
      const answers = await session.get(Object.values(OID));
      return Object.entries(OID).map(([name, oid]) => {
        const value = answers.get(oid) ?? null;
        if (value?.kind === 'text') return { name, oid, value: value.text };
        if (value?.kind === 'number') return { name, oid, value: value.number };
        return { name, oid, value: value?.kind === 'oid' ? value.oid : null };
      });
    } finally {
      session.close();
    }
  } catch (thrown) {
    context.signal.throwIfAborted();
    lost('objects over SNMP', asProblem(thrown));
    return null;
  }
}

/** Gives the commands, in as few sessions as the card allows. */
async function readCommands(
  tools: RecordDeps,
  target: UnitTarget,
  context: LookContext,
  lost: (problem: Problem) => void,
): Promise<readonly RecordedCommand[]> {
  const done: RecordedCommand[] = [];
  const groups = [...READ_COMMANDS];
  for (let broken = 0; groups.length > 0 && broken < MOST_BROKEN_SESSIONS; ) {
    let asked = false;
    try {
      await withShell(shellOptions(tools, networkOf(target), context), async (shell) => {
        for (let group = groups[0]; group !== undefined; group = groups[0]) {
          asked = true;
          await giveGroup(shell, group, context.clock, done);
          groups.shift();
        }
      });
    } catch (thrown) {
      context.signal.throwIfAborted();
      const problem = asProblem(thrown);
      if (isInternal(problem)) throw problem;
      lost(problem);
      // Without a session there is nothing to go on with; with one, the next begins behind the command that broke it.
      if (!asked) break;
      groups.shift();
      broken += 1;
    }
  }
  return done;
}

async function giveGroup(
  shell: Shell,
  group: readonly ReadCommand[],
  clock: Clock,
  done: RecordedCommand[],
): Promise<void> {
  let folder = '/';
  for (const { command, alone, live = false } of group) {
    const begun = clock.monotonic();
    const since = (): number => Math.round(clock.monotonic() - begun);
    try {
      const { code, lines } = await shell.run(command, { flush: alone !== true });
      done.push({ command, folder, live, code, lines, milliseconds: since(), problem: null });
      const went = command.startsWith('cd ');
      // What stands behind a folder that is not there would be about another one.
      if (went && code !== CODE.success) return;
      if (went) folder = `/${command.slice('cd '.length)}/`;
    } catch (thrown) {
      const problem = asProblem(thrown).toJSON();
      done.push({ command, folder, live, code: null, lines: null, milliseconds: since(), problem });
      // Thrown on, so that nothing more is typed into this session: the card may be waiting for an answer.
      throw thrown;
    }
  }
}
