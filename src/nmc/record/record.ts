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

/** After so many broken sessions the remaining commands are not tried. */
const MAX_BROKEN_SESSIONS = 3;

type Missing = Recording['missing'][number];

/**
 * Reads everything of one card that can be read without a change: the objects of the OID table, the commands
 * of {@link READ_COMMANDS} and the services. `missing` lists what could not be read. Throws Problem
 * config/state, refused/no-path.
 */
export async function recordCard(
  deps: RecordDeps,
  target: UnitTarget,
  context: LookContext,
): Promise<Recording> {
  const network = networkOf(target);
  const services = await lookAtServices(deps, target, context);
  const seen = await look(deps, target, context);
  const missing: Missing[] = [];
  const addMissing = (what: string, problem: Problem): void => {
    missing.push({ what, problem: problem.toJSON() });
  };
  if (seen.problem !== null) addMissing('a look at the unit', seen.problem);
  const objects = await readObjects(deps, target, context, addMissing);
  const commands =
    network.login === null
      ? []
      : await readCommands(deps, target, context, (problem) => addMissing('the command line', problem));
  return { at: context.clock.now(), unit: seen.unit, services, objects, commands, missing };
}

async function readObjects(
  deps: RecordDeps,
  target: UnitTarget,
  context: LookContext,
  addMissing: (what: string, problem: Problem) => void,
): Promise<readonly RecordedObject[] | null> {
  const { snmp, host, ports } = networkOf(target);
  if (snmp === null) return null;
  try {
    const session = await deps.hub.open(snmp, { host, port: ports.snmp });
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
    addMissing('objects over SNMP', asProblem(thrown));
    return null;
  }
}

/** Runs the commands, in as few sessions as the card allows. */
async function readCommands(
  deps: RecordDeps,
  target: UnitTarget,
  context: LookContext,
  addMissing: (problem: Problem) => void,
): Promise<readonly RecordedCommand[]> {
  const done: RecordedCommand[] = [];
  const groups = [...READ_COMMANDS];
  for (let broken = 0; groups.length > 0 && broken < MAX_BROKEN_SESSIONS; ) {
    let asked = false;
    try {
      await withShell(shellOptions(deps, networkOf(target), context), async (shell) => {
        for (let group = groups[0]; group !== undefined; group = groups[0]) {
          asked = true;
          await runGroup(shell, group, context.clock, done);
          groups.shift();
        }
      });
    } catch (thrown) {
      context.signal.throwIfAborted();
      const problem = asProblem(thrown);
      if (isInternal(problem)) throw problem;
      addMissing(problem);
      // Without a session there is no way to continue. Otherwise the next one begins after the command that
      // broke it.
      if (!asked) break;
      groups.shift();
      broken += 1;
    }
  }
  return done;
}

async function runGroup(
  shell: Shell,
  group: readonly ReadCommand[],
  clock: Clock,
  done: RecordedCommand[],
): Promise<void> {
  let folder = '/';
  for (const { command, alone, live = false } of group) {
    const startedAt = clock.monotonic();
    const since = (): number => Math.round(clock.monotonic() - startedAt);
    try {
      const { code, lines } = await shell.run(command, { flush: alone !== true });
      done.push({ command, folder, live, code, lines, milliseconds: since(), problem: null });
      const isFolderChange = command.startsWith('cd ');
      // Without this folder, the following commands would describe another one.
      if (isFolderChange && code !== CODE.success) return;
      if (isFolderChange) folder = `/${command.slice('cd '.length)}/`;
    } catch (thrown) {
      const problem = asProblem(thrown).toJSON();
      done.push({ command, folder, live, code: null, lines: null, milliseconds: since(), problem });
      // Thrown again, so that nothing more is typed into this session: the card may wait for an answer.
      throw thrown;
    }
  }
}
