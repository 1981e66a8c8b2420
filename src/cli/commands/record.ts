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
  secretOptionSchema,
} from '../../inventory/index.ts';
import { type RecordFiles, renderRecord } from '../../recording/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { type Exit, exitOfInspection, STOPPED } from '../exit-codes.ts';
import { openDrivers } from '../fleet/drivers.ts';
import type { Io } from '../io.ts';
import { CommonSchema, FLEET_OPTIONS, stateFolder } from '../options.ts';
import { jsonText } from '../print.ts';

const RecordArgs = CommonSchema.extend({
  host: HostSchema.optional(),
  inventory: z.string().min(1),
  unit: z.string().min(1).optional(),
  user: z.string().min(1).max(64).optional(),
  password: secretOptionSchema(),
  community: secretOptionSchema().optional(),
  legacySsh: z.boolean(),
  out: z.string().min(1).optional(),
});
type RecordArgs = z.infer<typeof RecordArgs>;

export const recordCommand = defineCommand<RecordArgs>({
  usage: 'record [host]',
  describe:
    'Record the answers of one card without identifying data, for the simulator and for a report (only reads)',
  positionals: { host: { describe: 'Address of the card; or use --unit for a unit of the inventory' } },
  options: {
    ...COMMON_OPTIONS,
    inventory: FLEET_OPTIONS.inventory,
    unit: { type: 'string', describe: 'Unit of the inventory, with its credentials' },
    user: { type: 'string', describe: 'User name for the command line of the card' },
    password: { type: 'string', default: 'prompt', describe: 'Password as env:NAME, file:PATH or prompt' },
    community: {
      type: 'string',
      describe: 'SNMP community for reading as env:NAME, file:PATH or prompt',
    },
    'legacy-ssh': { type: 'boolean', default: false, describe: 'Allow old SSH algorithms' },
    out: { type: 'string', describe: 'Folder for the files (default: ./upsfw-record-MODEL-DATE)' },
  },
  schema: RecordArgs,
  run: record,
});

async function record(args: RecordArgs, io: Io): Promise<Exit> {
  const { target, secrets, accounts } = await chosenTarget(args, io);
  const removeFolder = await prepareFolder(args.out);
  const open = openDrivers(stateFolder(args, io), io, 'read');
  const control = new AbortController();
  const release = io.onInterrupt(() => control.abort());
  try {
    io.info('Reading the card. Nothing is written to it. An old card takes some minutes.\n');
    const recording = await open.record(target, { clock: io.clock, signal: control.signal });
    return await writeFiles(recording, renderRecord(recording, secrets, accounts), args, io);
  } catch (thrown) {
    await removeFolder();
    if (!control.signal.aborted) throw thrown;
    return reportStopped(args, io);
  } finally {
    release();
    await open.close();
  }
}

/**
 * Makes sure that files can be written to the folder before a card is read for minutes. The returned function
 * removes a folder that was created here and is still empty. Throws Problem config/usage.
 */
async function prepareFolder(out: string | undefined): Promise<() => Promise<void>> {
  const folder = resolve(out ?? '.');
  const existing = out === undefined ? null : await stat(join(folder, 'report.md')).catch(() => null);
  if (existing !== null)
    throw usage(`${join(folder, 'report.md')} already exists.`, 'Name another folder with --out.');
  let created: string | undefined;
  try {
    created = await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (thrown) {
    throw usage(
      `The folder ${folder} cannot be written to: ${reasonOf(thrown)}.`,
      'Name another one with --out.',
    );
  }
  return async () => {
    // Fails where the folder is no longer empty, which then stays.
    if (created !== undefined) await rmdir(folder).catch(() => undefined);
  };
}

/** Writes both files, reports where they are and what could not be read, and gives the exit code. */
async function writeFiles(recording: Recording, files: RecordFiles, args: RecordArgs, io: Io): Promise<Exit> {
  const folder = resolve(args.out ?? `upsfw-record-${files.slug}-${recording.at.toISOString().slice(0, 10)}`);
  await writeNewFile(folder, 'report.md', files.report);
  if (files.persona !== null) await writeNewFile(folder, 'persona.yaml', files.persona);
  const [first] = recording.missing;
  const exitCode = exitOfInspection(files.persona !== null);
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
    io.out(jsonText(document));
  } else {
    io.out(`${join(folder, 'report.md')}\n`);
    if (files.persona !== null) io.out(`${join(folder, 'persona.yaml')}\n`);
  }
  for (const { what, problem } of recording.missing) io.info(`Not read: ${what}: ${problem.message}\n`);
  if (files.persona === null) {
    io.info(
      `The card answered too little for a persona. ${first?.problem.hint ?? 'Give a login or a community.'}\n`,
    );
  }
  io.info('Check both files before you send them to anybody.\n');
  return exitCode;
}

function reportStopped(args: RecordArgs, io: Io): Exit {
  const problem = new Problem('refused/stopped', 'The recording was stopped. Nothing was saved.', {
    hint: 'Run the command again.',
  });
  if (args.json) {
    const schema = 'upsfw/error@1';
    const generatedAt = io.clock.now().toISOString();
    io.out(jsonText({ schema, generatedAt, problem: problem.toJSON(), exitCode: STOPPED }));
  }
  io.info(`${problem.message}\n`);
  return STOPPED;
}

interface Chosen {
  readonly target: UnitTarget;
  /** Secrets and user names, to be removed from the answers of the card. */
  readonly secrets: readonly Secret[];
  readonly accounts: readonly string[];
}

async function chosenTarget(args: RecordArgs, io: Io): Promise<Chosen> {
  if ((args.host === undefined) === (args.unit === undefined)) {
    throw usage('Give the address of one card, or one unit of the inventory with --unit.');
  }
  const resolver = (folder: string): SecretResolver => createSecretResolver({ ...io, folder });
  const target =
    args.host === undefined
      ? await unitOf(args, args.unit ?? '', resolver)
      : await hostOf(args, args.host, resolver(resolve('.')));
  const { network } = target;
  if (network === null) throw usage('The unit has no card. Add host: to it in the inventory.');
  return {
    // The write credential is removed: a recording only reads.
    target: { ...target, network: { ...network, write: null } },
    secrets: secretsOf(network),
    accounts: [
      network.login?.user,
      ...[network.snmp, network.write].map((one) => (one?.version === '3' ? one.user : undefined)),
    ].filter((user) => user !== undefined),
  };
}

async function unitOf(
  args: RecordArgs,
  wanted: string,
  resolver: (folder: string) => SecretResolver,
): Promise<UnitTarget> {
  if (args.user !== undefined || args.community !== undefined || args.legacySsh) {
    throw usage(
      '--user, --community and --legacy-ssh cannot be used with --unit: the inventory has its credentials.',
    );
  }
  const inventory = await loadInventory(args.inventory);
  const units = inventory.units.filter(({ name, site }) => name === wanted || `${site}/${name}` === wanted);
  const [unit] = units;
  if (unit === undefined || units.length > 1) {
    throw new Problem(
      'config/selection',
      `The inventory has ${units.length === 0 ? 'no' : 'more than one'} unit "${wanted}".`,
      { hint: 'Name one unit: NAME, or SITE/NAME.' },
    );
  }
  return resolveTarget(unit, resolver(resolve(inventory.file, '..')), 'write');
}

async function hostOf(args: RecordArgs, host: string, secrets: SecretResolver): Promise<UnitTarget> {
  const { user, community } = args;
  if (user === undefined && community === undefined) {
    throw usage('No credential is given: use --user, --community, or both.');
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

async function writeNewFile(folder: string, name: string, text: string): Promise<void> {
  const file = join(folder, name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
  } catch (thrown) {
    const what = hasCode(thrown, 'EEXIST') ? 'already exists' : `cannot be written: ${reasonOf(thrown)}`;
    throw usage(`${file} ${what}.`, 'Name another folder with --out.');
  }
}

function usage(message: string, hint = 'See upsfw record --help.'): Problem {
  return new Problem('config/usage', message, { hint });
}
