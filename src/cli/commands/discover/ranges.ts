import { lookup } from 'node:dns/promises';
import pLimit from 'p-limit';
import { type DiscoveryFinding, joinList, Problem, reasonOf, sanitize } from '../../../core/index.ts';
import { type AddressList, canonicalAddress, listAddresses, readRanges } from '../../../snmp/index.ts';
import { readTextWithin } from '../../../yaml/index.ts';
import type { Io } from '../../io.ts';

/** The addresses of a sweep. */
export interface SweepRange {
  readonly addresses: AddressList;
  /** The given host names, by their address. */
  readonly names: ReadonlyMap<string, string>;
  readonly findings: readonly DiscoveryFinding[];
}

export interface RangeArguments {
  /** Ranges; `-` is a list on standard input. */
  readonly ranges: readonly string[];
  readonly files: readonly string[];
  readonly exclude: readonly string[];
}

/** Characters. */
const LARGEST_LIST = 16 * 1024 * 1024;
const NAMES_AT_ONCE = 16;

/** Reads ranges from the command line, from files and from standard input. Throws Problem config/usage. */
export async function readSweepRange(args: RangeArguments, input: Io['input']): Promise<SweepRange> {
  const included: string[] = [];
  const excluded: string[] = [...args.exclude];
  for (const range of args.ranges) {
    if (range === '-') addList(await readStream(input), included, excluded);
    else included.push(range);
  }
  for (const file of args.files) addList(await readList(file), included, excluded);
  if (included.length === 0) {
    throw new Problem('config/usage', 'No range is given.', {
      hint: 'Give addresses, blocks, ranges or host names. - reads them from standard input, --file FILE from a file.',
    });
  }
  const ranges = readRanges(included);
  const exclusions = readRanges(excluded);
  const named = await resolveNames(ranges.names);
  const out = await resolveNames(exclusions.names);
  if (out.unresolved.length > 0) {
    throw new Problem('config/usage', `The excluded name ${joinList(out.unresolved)} has no address.`, {
      hint: 'Give its address, so that it is certainly excluded.',
    });
  }
  const isOut = new Set(out.addresses.keys());
  const resolved = [...named.addresses.keys()].filter((address) => !isOut.has(address));
  // No range can contain an address with a zone.
  const zoned = resolved.filter((address) => address.includes('%'));
  const plain = readRanges(resolved.filter((address) => !address.includes('%')));
  const without = readRanges([...isOut].filter((address) => !address.includes('%')));
  const addresses = listAddresses(
    [...ranges.spans, ...plain.spans],
    [...exclusions.spans, ...without.spans],
    zoned,
  );
  if (addresses.count === 0 && named.unresolved.length === 0) {
    throw new Problem('config/usage', 'No address is left to sweep.', {
      hint: 'The ranges are empty or excluded. Check the ranges and --exclude.',
    });
  }
  const findings: readonly DiscoveryFinding[] = named.unresolved.map((name) => ({
    code: 'UNKNOWN_NAME',
    because: `The name ${name} has no address.`,
    remedy: 'Check the spelling and the name server.',
    hosts: [name],
  }));
  return { addresses, names: named.addresses, findings };
}

/** A line has ranges separated by spaces or commas; `#` starts a comment, `!` excludes. */
function addList(text: string, included: string[], excluded: string[]): void {
  for (const line of text.split(/\r?\n/)) {
    for (const range of line.replace(/#.*/, '').split(/[\s,]+/)) {
      if (range.startsWith('!')) excluded.push(range.slice(1));
      else if (range !== '') included.push(range);
    }
  }
}

async function readList(file: string): Promise<string> {
  const text = await readTextWithin(file, LARGEST_LIST).catch((cause: unknown) => {
    throw new Problem('config/usage', `The list ${sanitize(file)} cannot be read: ${reasonOf(cause)}.`, {
      hint: 'Give a text file with one range on each line.',
      cause,
    });
  });
  return bounded(text);
}

async function readStream(input: Io['input']): Promise<string> {
  let text = '';
  for await (const chunk of input) text = bounded(text + String(chunk));
  return text;
}

function bounded(text: string): string {
  if (text.length <= LARGEST_LIST) return text;
  throw new Problem('config/usage', `The list of ranges has more than ${LARGEST_LIST} characters.`, {
    hint: 'Give blocks instead of single addresses.',
  });
}

async function resolveNames(
  names: readonly string[],
): Promise<{ readonly addresses: Map<string, string>; readonly unresolved: readonly string[] }> {
  const limit = pLimit(NAMES_AT_ONCE);
  const addresses = new Map<string, string>();
  const unresolved: string[] = [];
  const answers = await Promise.all(
    names.map((name) =>
      limit(() =>
        lookup(name).then(
          ({ address }) => ({ name, address }),
          () => ({ name, address: null }),
        ),
      ),
    ),
  );
  for (const { name, address } of answers) {
    if (address === null) unresolved.push(name);
    else addresses.set(canonicalAddress(address), name);
  }
  return { addresses, unresolved };
}
