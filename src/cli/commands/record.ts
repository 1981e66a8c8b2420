import { access, constants, mkdir, rmdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import {
  hasCode,
  type NetworkAccess,
  Problem,
  type Recording,
  reasonOf,
  type Secret,
  type UnitTarget,
} from '../../core/index.ts';
import {
  createSecretResolver,
  HostSchema,
  loadInventory,
  resolveTarget,
  type SecretResolver,
} from '../../inventory/index.ts';
import { type RecordFiles, renderRecord } from '../../recording/index.ts';
import { secretPrompt } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { type Exit, exitOfLook, STOPPED } from '../exit-codes.ts';
import { openPaths } from '../fleet/drivers.ts';
import type { Io } from '../io.ts';
import { CommonSchema, FLEET_OPTIONS, stateFolder } from '../options.ts';

const Reference = z.string().regex(/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+|prompt(?::.+)?)$/, {
  error: 'must be a reference: env:NAME, file:PATH or prompt; never the secret itself',
});

const RecordArgs = CommonSchema.extend({
  host: HostSchema.optional(),
  inventory: z.string().min(1),
  unit: z.string().min(1).optional(),
  user: z.string().min(1).max(64).optional(),
  password: Reference,
  community: Reference.optional(),
  legacySsh: z.boolean(),
  out: z.string().min(1).optional(),
});
type RecordArgs = z.infer<typeof RecordArgs>;

export const recordCommand = defineCommand<RecordArgs>({
  usage: 'record [host]',
  describe:
    'Record what one card says, made anonymous: a persona for the simulator and a report (only reads)',
  positionals: { host: { describe: 'Address of the card; or name a unit of the inventory with --unit' } },
  options: {
    ...COMMON_OPTIONS,
    inventory: FLEET_OPTIONS.inventory,
    unit: { type: 'string', describe: 'This unit of the inventory, with its credentials' },
    user: { type: 'string', describe: 'User name for the command line of the card HOST' },
    password: { type: 'string', default: 'prompt', describe: 'Its password: env:NAME, file:PATH or prompt' },
    community: {
      type: 'string',
      describe: 'SNMP community of HOST for reading: env:NAME, file:PATH or prompt',
    },
    'legacy-ssh': { type: 'boolean', default: false, describe: 'Allow the old SSH algorithms of HOST' },
    out: { type: 'string', describe: 'Folder for the files (default: ./upsfw-record-MODEL-DATE)' },
  },
  schema: RecordArgs,
  run: record,
});

async function record(args: RecordArgs, io: Io): Promise<Exit> {
  const { target, secrets, words } = await chosenTarget(args, io);
  const giveBack = await takePlace(args.out);
  const open = openPaths(stateFolder(args, io), io, 'read');
  const control = new AbortController();
  const release = io.onInterrupt(() => control.abort());
  try {
    io.info('Reading. Nothing is written to the card; an old one takes some minutes.\n');
    const recording = await open.record(target, { clock: io.clock, signal: control.signal });
    return await keepFiles(recording, renderRecord(recording, secrets, words), args, io);
  } catch (thrown) {
    await giveBack();
    if (!control.signal.aborted) throw thrown;
    return sayStopped(args, io);
  } finally {
    release();
    await open.close();
  }
}

/**
 * Makes sure that files can be put into the folder, before a card is read for minutes. The returned function takes a folder that was
 * made for them away again, as long as it is empty. Throws Problem config/usage.
 */
async function takePlace(out: string | undefined): Promise<() => Promise<void>> {
  const folder = resolve(out ?? '.');
  const taken = out === undefined ? null : await stat(join(folder, 'report.md')).catch(() => null);
  if (taken !== null)
    throw usage(`${join(folder, 'report.md')} is already there.`, 'Name another folder with --out.');
  let made: string | undefined;
  try {
    made = await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (thrown) {
    throw usage(
      `The folder ${folder} cannot be written to: ${reasonOf(thrown)}.`,
      'Name another one with --out.',
    );
  }
  return async () => {
    // It is left where something lies in it by now.
    if (made !== undefined) await rmdir(folder).catch(() => undefined);
  };
}

/** Writes both files, says where they are and what could not be read, and gives the exit code. */
async function keepFiles(recording: Recording, files: RecordFiles, args: RecordArgs, io: Io): Promise<Exit> {
  const folder = resolve(args.out ?? `upsfw-record-${files.slug}-${recording.at.toISOString().slice(0, 10)}`);
  await keep(folder, 'report.md', files.report);
  if (files.persona !== null) await keep(folder, 'persona.yaml', files.persona);
  const [first] = recording.missing;
  const exitCode = exitOfLook(files.persona !== null);
  if (args.json) {
    const document = {
      schema: 'upsfw/record@1',
      generatedAt: io.clock.now().toISOString(),
      folder,
      persona: files.persona === null ? null : 'persona.yaml',
      report: 'report.md',
      simulated: recording.unit.simulated,
      missing: recording.missing,
      exitCode,
    };
    io.out(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    io.out(`${join(folder, 'report.md')}\n`);
    if (files.persona !== null) io.out(`${join(folder, 'persona.yaml')}\n`);
  }
  for (const { what, problem } of recording.missing) io.info(`Not read: ${what}: ${problem.message}\n`);
  if (files.persona === null) {
    io.info(
      `Too little was seen for a persona. ${first?.problem.hint ?? 'Give it a login or a community.'}\n`,
    );
  }
  io.info('Read both files through before you send them.\n');
  return exitCode;
}

function sayStopped(args: RecordArgs, io: Io): Exit {
  const problem = new Problem('refused/stopped', 'The recording was stopped; nothing was kept.', {
    hint: 'Begin it again.',
  });
  if (args.json) {
    const document = {
      schema: 'upsfw/error@1',
      generatedAt: io.clock.now().toISOString(),
      problem: problem.toJSON(),
      exitCode: STOPPED,
    };
    io.out(`${JSON.stringify(document, null, 2)}\n`);
  }
  io.info(`${problem.message}\n`);
  return STOPPED;
}

interface Chosen {
  readonly target: UnitTarget;
  /** Every secret and every account of it, to be taken out of what the card says. */
  readonly secrets: readonly Secret[];
  readonly words: readonly string[];
}

async function chosenTarget(args: RecordArgs, io: Io): Promise<Chosen> {
  if ((args.host === undefined) === (args.unit === undefined)) {
    throw usage('Name the address of one card, or one unit of the inventory with --unit.');
  }
  const resolver = (folder: string): SecretResolver =>
    createSecretResolver({
      environment: io.environment,
      folder,
      ask: secretPrompt(io),
    });
  const target =
    args.host === undefined
      ? await unitOf(args, args.unit ?? '', resolver)
      : await hostOf(args, args.host, resolver(resolve('.')));
  const { network } = target;
  if (network === null) throw usage('The unit has no card: give it host: in the inventory.');
  return {
    // What could write is not handed on.
    target: { ...target, network: { ...network, write: null } },
    secrets: secretsOf(network),
    words: [
      network.login?.user,
      ...[network.snmp, network.write].map((one) => (one?.version === '3' ? one.user : undefined)),
    ].filter((word) => word !== undefined),
  };
}

async function unitOf(
  args: RecordArgs,
  word: string,
  resolver: (folder: string) => SecretResolver,
): Promise<UnitTarget> {
  if (args.user !== undefined || args.community !== undefined || args.legacySsh) {
    throw usage(
      'A unit of the inventory has its own credentials; --user, --community and --legacy-ssh go with HOST.',
    );
  }
  const inventory = await loadInventory(args.inventory);
  const units = inventory.units.filter(({ name, site }) => name === word || `${site}/${name}` === word);
  const [unit] = units;
  if (unit === undefined || units.length > 1) {
    throw new Problem(
      'config/selection',
      `The inventory has ${units.length === 0 ? 'no' : 'more than one'} unit "${word}".`,
      { hint: 'Name one unit: NAME, or SITE/NAME.' },
    );
  }
  return resolveTarget(unit, resolver(resolve(inventory.file, '..')), 'write');
}

async function hostOf(args: RecordArgs, host: string, secrets: SecretResolver): Promise<UnitTarget> {
  const { user, community } = args;
  if (user === undefined && community === undefined) {
    throw usage('There is nothing to read with: give --user, --community, or both.');
  }
  return {
    site: 'record',
    name: 'record',
    serial: null,
    network: {
      host,
      ports: { snmp: 161, ssh: 22, ftp: 21, telnet: 23, http: 80, https: 443 },
      snmp:
        community === undefined
          ? null
          : { version: '2c', community: await secrets.resolve(community, 'SNMP community', host) },
      write: null,
      login:
        user === undefined
          ? null
          : { user, password: await secrets.resolve(args.password, `Password of ${user}`, host) },
      transfer: ['scp'],
      start: ['cli'],
      plaintext: false,
      legacySsh: args.legacySsh,
    },
    local: null,
    window: null,
    switchOutput: null,
    feeds: [],
    redundantWith: [],
  };
}

function secretsOf({ snmp, write, login }: NetworkAccess): readonly Secret[] {
  return [snmp, write]
    .flatMap((access) =>
      access === null ? [] : access.version === '3' ? [access.authKey, access.privKey] : [access.community],
    )
    .concat(login?.password ?? null)
    .filter((secret) => secret !== null);
}

async function keep(folder: string, name: string, text: string): Promise<void> {
  const file = join(folder, name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
  } catch (thrown) {
    const what = hasCode(thrown, 'EEXIST') ? 'is already there' : `cannot be written: ${reasonOf(thrown)}`;
    throw usage(`${file} ${what}.`, 'Name another folder with --out.');
  }
}

function usage(message: string, hint = 'upsfw record --help lists what there is.'): Problem {
  return new Problem('config/usage', message, { hint });
}
