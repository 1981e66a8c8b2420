import { z } from 'zod';
import {
  classifyFound,
  findingsOf,
  type ListedUnit,
  listedUnits,
  nameSchema,
  writeInventoryFile,
} from '../../inventory/index.ts';
import { type DiscoverDocument, renderDiscover } from '../../report/index.ts';
import { createSnmpHub, type DiscoverResult, discover, PACE, type SweepRate } from '../../snmp/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { createCounter } from '../counter.ts';
import { type Exit, exitOfMerge, STOPPED } from '../exit-codes.ts';
import { mergeListed, readInventoryText } from '../fleet/inventory-update.ts';
import type { Io } from '../io.ts';
import { CommonSchema } from '../options.ts';
import { printDocument } from '../print.ts';
import { credentialsToTry, resolveCredentials } from './discover/credentials.ts';
import { sweepFindings } from './discover/findings.ts';
import { readSweepRange } from './discover/ranges.ts';

const Rate = z
  .string()
  .regex(/^(?:[1-9]\d{0,5}|auto|max)$/, { error: 'must be requests per second (1 to 999999), auto or max' });

const DiscoverArgs = CommonSchema.extend({
  range: z.array(z.string().min(1)),
  file: z.array(z.string().min(1)),
  exclude: z.array(z.string().min(1)),
  community: z.array(z.string().min(1)),
  snmpVersion: z.array(z.string().min(1)),
  credentials: z.string().min(1).optional(),
  inventory: z.string().min(1).optional(),
  port: z.int().min(1).max(65535),
  rate: Rate,
  timeout: z.number().min(0.05).max(60),
  retries: z.int().min(0).max(10),
  write: z.string().min(1).optional(),
  site: nameSchema('--site: '),
});
type DiscoverArgs = z.infer<typeof DiscoverArgs>;

export const discoverCommand = defineCommand<DiscoverArgs>({
  usage: 'discover [range..]',
  describe: 'Find the units of a network over SNMP and list what else answers (only reads)',
  positionals: {
    range: {
      describe:
        'Address, block (10.1.0.0/16), from-to (10.1.0.10-99), host name, or - for a list on standard input',
      array: true,
    },
  },
  options: {
    ...COMMON_OPTIONS,
    file: {
      type: 'string',
      array: true,
      default: [],
      describe: 'File with ranges; # starts a comment, ! excludes (repeatable)',
    },
    exclude: {
      type: 'string',
      array: true,
      default: [],
      describe: 'Range that is never asked (repeatable)',
    },
    community: {
      type: 'string',
      array: true,
      default: [],
      describe: 'SNMP community as a reference, such as env:UPS_READ; tried in the given order (repeatable)',
    },
    'snmp-version': {
      type: 'string',
      array: true,
      default: [],
      describe:
        'SNMP versions for the communities, tried in the given order: 1, 2c or both, such as 2c,1 (default 2c)',
    },
    credentials: {
      type: 'string',
      describe: 'File with SNMP communities and SNMPv3 users, tried in this order',
    },
    inventory: { alias: 'i', type: 'string', describe: 'Also try the SNMP credentials of this inventory' },
    port: { type: 'number', default: 161, describe: 'UDP port of the SNMP agents' },
    rate: {
      type: 'string',
      default: 'auto',
      describe: `Requests per second; auto adapts (from ${PACE.start}, at most ${PACE.ceiling}), max has no limit`,
    },
    timeout: { type: 'number', default: 1.5, describe: 'Seconds to wait for answers after each pass' },
    retries: { type: 'number', default: 1, describe: 'Further passes over addresses that did not answer' },
    write: {
      type: 'string',
      describe: 'Add the units to this inventory file; existing content is preserved',
    },
    site: { type: 'string', default: 'discovered', describe: 'Inventory site for new units' },
  },
  schema: DiscoverArgs,
  run: runDiscover,
});

async function runDiscover(args: DiscoverArgs, io: Io): Promise<Exit> {
  const { listed, inventories } = await credentialsToTry(args);
  const references = listed.map(({ reference }) => reference);
  const { addresses, names, findings } = await readSweepRange(
    { ranges: args.range, files: args.file, exclude: args.exclude },
    io.input,
  );
  const credentials = await resolveCredentials(listed, io);
  const stop = new AbortController();
  const release = io.onInterrupt(() => stop.abort());
  const counter = createCounter(io);
  const max = addresses.count * (args.retries + 1) * credentials.length;
  const hub = createSnmpHub({ clock: io.clock });
  const begin = io.clock.monotonic();
  let result: DiscoverResult;
  try {
    result = await discover({
      hub,
      addresses,
      port: args.port,
      credentials,
      rate: rateOf(args.rate),
      waitMs: args.timeout * 1000,
      retries: args.retries,
      clock: io.clock,
      signal: stop.signal,
      onProgress: ({ sent, rate, answered, read }) => {
        const speed = rate === null ? '' : ` at ${Math.round(rate)} a second`;
        counter.show(`${sent} of about ${max} requests sent${speed}, ${answered} answered, ${read} read`);
      },
    });
  } finally {
    release();
    counter.end();
    await hub.close();
  }
  const seconds = Math.round(io.clock.monotonic() - begin) / 1000;
  const { found } = result;
  // An incomplete list is not written: somebody would take it for complete.
  const stopped = stop.signal.aborted;
  const inventory =
    args.write === undefined || stopped
      ? null
      : await writeUnits(args.write, listedUnits(found, references, args.port, names), args.site);
  const document: DiscoverDocument = {
    schema: 'upsfw/discover@1',
    generatedAt: io.clock.now().toISOString(),
    scanned: result.scanned,
    answered: result.answered,
    ...classifyFound(found),
    findings: [
      ...findings,
      ...(await sweepFindings(result, { addresses, port: args.port, references, inventories, stopped })),
      ...findingsOf(found),
    ],
    inventory,
    stopped,
    seconds,
  };
  printDocument(document, args, io, renderDiscover);
  if (stopped && args.write !== undefined) io.info(`Stopped. ${args.write} was not changed.\n`);
  return stopped ? STOPPED : exitOfMerge(inventory?.changes ?? []);
}

/** Merges the units into the inventory, and writes it only where something changes. */
async function writeUnits(
  file: string,
  units: readonly ListedUnit[],
  site: string,
): Promise<DiscoverDocument['inventory']> {
  const before = await readInventoryText(file);
  const { text, changes } = await mergeListed(before, file, units, { site, heading: HEADING });
  if (text !== '' && text !== before) await writeInventoryFile(file, text, before);
  return { file, changes };
}

const HEADING = [
  'Created by upsfw discover. Edit it freely: later runs of discover preserve what you write.',
  'inventory.example.yaml shows every key, such as logins, windows and feeds.',
];

function rateOf(text: string): SweepRate {
  return text === 'auto' || text === 'max' ? text : Number(text);
}
