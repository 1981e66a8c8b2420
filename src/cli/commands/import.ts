import { resolve } from 'node:path';
import { z } from 'zod';
import { Problem, sanitize } from '../../core/index.ts';
import {
  createSecretResolver,
  fetchNetbox,
  IMPORT_FORMATS,
  IMPORTERS,
  type Imported,
  type ImportNote,
  type ListedUnit,
  type NoteKind,
  nameSchema,
  writeInventoryFile,
} from '../../inventory/index.ts';
import { secretPrompt } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { type Exit, exitOfMerge } from '../exit-codes.ts';
import { mergeListed, readInventoryText } from '../fleet/inventory-update.ts';
import type { Io } from '../io.ts';
import { CommonSchema } from '../options.ts';
import { readList } from './import-source.ts';

const ImportArgs = CommonSchema.extend({
  format: z.enum(IMPORT_FORMATS, { error: `format: must be one of ${IMPORT_FORMATS.join(', ')}` }),
  source: z.string().min(1),
  site: nameSchema('--site: '),
  write: z.string().min(1).optional(),
  group: z.string().min(1).optional(),
  token: z
    .string()
    .regex(/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:.+|prompt(?::.+)?)$/, {
      error: '--token: must be a reference: env:NAME, file:PATH or prompt; never the token itself',
    })
    .optional(),
  plaintext: z.boolean(),
});
type ImportArgs = z.infer<typeof ImportArgs>;

export const importCommand = defineCommand<ImportArgs>({
  usage: 'import <format> <source>',
  describe: 'Take the units of a list that you already keep into an inventory (touches no device)',
  positionals: {
    format: { describe: IMPORT_FORMATS.join(', ') },
    source: { describe: 'File, - for standard input, or with netbox an https:// address' },
  },
  options: {
    ...COMMON_OPTIONS,
    site: { type: 'string', default: 'imported', describe: 'Site of the units that name none' },
    write: { type: 'string', describe: 'Inventory to take them into; without it the YAML is printed' },
    group: { type: 'string', describe: 'With ansible: only this group and those below it' },
    token: { type: 'string', describe: 'With an address: the API token, env:NAME, file:PATH or prompt' },
    plaintext: { type: 'boolean', default: false, describe: 'With an address: allow http://' },
  },
  schema: ImportArgs,
  run: importList,
});

/** What a new inventory reads with until somebody says more. */
const READING = { version: '2c', community: 'env:UPS_READ' } as const;

async function importList(args: ImportArgs, io: Io): Promise<Exit> {
  rejectUnusedOptions(args);
  const { units: listed, notes } = isAddress(args.source)
    ? await askNetbox(args, io)
    : IMPORTERS[args.format](
        await readList(args.source, io),
        args.group === undefined ? {} : { group: args.group },
      );
  // What is wrong comes first where not all is shown: it is why the command does not end with 0.
  const urgent = (note: ImportNote): number => (note.kind === 'left-out' ? 0 : 1);
  const told = notes.length > MOST_LINES ? [...notes].sort((a, b) => urgent(a) - urgent(b)) : notes;
  for (const { place, message } of told.slice(0, MOST_LINES)) io.info(`${place}: ${message}\n`);
  if (notes.length > MOST_LINES) io.info(`and ${notes.length - MOST_LINES} more notes; --json gives all.\n`);
  if (listed.length === 0) throw nothingTaken();
  const before = args.write === undefined ? null : await readInventoryText(args.write);
  const assumed = before === null && listed.every(({ snmp }) => snmp === null);
  const units = assumed ? listed.map((unit): ListedUnit => ({ ...unit, snmp: READING })) : listed;
  const { text, changes, unchanged } = await mergeListed(before, args.write ?? 'the new inventory', units, {
    site: args.site,
    ...(assumed ? { heading: headingOf(args) } : {}),
  });
  for (const { kind, site, name, message } of changes) {
    const undone = kind === 'conflict' || kind === 'left-out' ? `${kind}: ` : '';
    io.info(`${site}/${name}: ${undone}${sanitize(message, 400)}\n`);
  }
  if (text === '') throw nothingTaken();
  if (args.write !== undefined && text !== before) await writeInventoryFile(args.write, text, before);
  if (args.json) {
    const schema = 'upsfw/import@1';
    const document = { schema, generatedAt: io.clock.now().toISOString(), units, changes, notes };
    io.out(`${JSON.stringify(document, null, 2)}\n`);
  } else if (args.write === undefined) io.out(text);
  const done = text === before ? `nothing to change in ${args.write}` : `written to ${args.write}`;
  const stands = unchanged + changes.filter(({ kind }) => kind !== 'conflict' && kind !== 'left-out').length;
  const noted = (kind: NoteKind): number => notes.filter((note) => note.kind === kind).length;
  const left = units.length - stands + noted('left-out');
  // An entry may be taken and contradict another one all the same.
  const taken = changes.filter(({ kind }) => kind === 'conflict').length - (units.length - stands);
  const parts = [
    ...(left === 0 ? [] : [`${left} of the list left out`]),
    ...(taken <= 0 ? [] : [counted(taken, 'conflict')]),
    ...(noted('not-needed') === 0 ? [] : [`${noted('not-needed')} not needed`]),
  ];
  io.info(
    `${counted(stands, 'unit')}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}, ${counted(notes.length, 'note')}${args.write === undefined ? '' : `; ${done}`}.\n`,
  );
  if (assumed) io.info(`${ASSUMED}\n`);
  return exitOfMerge([...notes, ...changes]);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function nothingTaken(): Problem {
  return new Problem('config/import', 'The list holds no unit that can be taken over.', {
    hint: 'What was said before this tells why; with an empty list, check what it was made from.',
  });
}

const MOST_LINES = 100;

const ASSUMED =
  'The list gives no credentials: SNMP v2c with the community in UPS_READ stands for all. Say what your cards take.';

function headingOf({ format }: ImportArgs): readonly string[] {
  return [
    `Taken from a list (${format}). The cards are read by SNMP v2c with the community in the variable UPS_READ.`,
    'Put SNMPv3 and a login here where the cards have them; inventory.example.yaml shows every key.',
  ];
}

/** Options that would do nothing are a mistake. Throws Problem config/usage. */
function rejectUnusedOptions(args: ImportArgs): void {
  const address = isAddress(args.source);
  if (address && args.format !== 'netbox') {
    throw usage(`Only netbox is asked by its address; ${args.format} is read from a file or from -.`);
  }
  if (!address && (args.token !== undefined || args.plaintext)) {
    throw usage('--token and --plaintext go with an address of NetBox.');
  }
  if (args.group !== undefined && args.format !== 'ansible') throw usage('--group goes with ansible.');
}

function usage(message: string): Problem {
  return new Problem('config/usage', message, { hint: 'See upsfw import --help.' });
}

function isAddress(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
}

async function askNetbox(args: ImportArgs, io: Io): Promise<Imported> {
  const secrets = createSecretResolver({
    environment: io.environment,
    folder: resolve('.'),
    ask: secretPrompt(io),
  });
  const token = args.token === undefined ? null : await secrets.resolve(args.token, 'Token of NetBox');
  const stop = new AbortController();
  const release = io.onInterrupt(() => stop.abort());
  try {
    return await fetchNetbox({
      url: args.source,
      token,
      plaintext: args.plaintext,
      signal: stop.signal,
      progress: (page) => {
        if (page > 1) io.info(`page ${page}\n`);
      },
    });
  } finally {
    release();
  }
}
