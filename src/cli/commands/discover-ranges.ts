import { lookup } from 'node:dns/promises';
import pLimit from 'p-limit';
import { type DiscoveryFinding, joinList, Problem, reasonOf, sanitize } from '../../core/index.ts';
import { type AddressList, canonicalAddress, listAddresses, readRanges } from '../../snmp/index.ts';
import { readTextWithin } from '../../yaml/index.ts';
import type { Io } from '../io.ts';

/** Where a sweep goes. */
export interface SweepRange {
  readonly addresses: AddressList;
  /** Host names that were asked for, by the address that they have. */
  readonly names: ReadonlyMap<string, string>;
  readonly findings: readonly DiscoveryFinding[];
}

export interface RangeWords {
  /** Ranges; `-` is a list on standard input. */
  readonly ranges: readonly string[];
  readonly files: readonly string[];
  readonly exclude: readonly string[];
}

/** More is no list of ranges. */
const LARGEST_LIST = 16 * 1024 * 1024;
const NAMES_AT_ONCE = 16;

/** Reads ranges from the command line, from files and from standard input. Throws Problem config/usage. */
export async function readSweepRange(words: RangeWords, input: Io['input']): Promise<SweepRange> {
  const wanted: string[] = [];
  const excluded: string[] = [...words.exclude];
  for (const word of words.ranges) {
    if (word === '-') addList(await readStream(input), wanted, excluded);
    else wanted.push(word);
  }
  for (const file of words.files) addList(await readList(file), wanted, excluded);
  if (wanted.length === 0) {
    throw new Problem('config/usage', 'No range is named.', {
      hint: 'Name addresses, blocks, ranges or names; - reads them from standard input, --file FILE from a file.',
    });
  }
  const ranges = readRanges(wanted);
  const holes = readRanges(excluded);
  const found = await resolveNames(ranges.names);
  const out = await resolveNames(holes.names);
  if (out.lost.length > 0) {
    throw new Problem('config/usage', `The excluded ${joinList(out.lost)} has no address.`, {
      hint: 'What must not be asked has to be known: give its address.',
    });
  }
  const isOut = new Set(out.addresses.keys());
  const named = [...found.addresses.keys()].filter((address) => !isOut.has(address));
  // An address with a zone stands in no range; every other one does.
  const zoned = named.filter((address) => address.includes('%'));
  const plain = readRanges(named.filter((address) => !address.includes('%')));
  const without = readRanges([...isOut].filter((address) => !address.includes('%')));
  const addresses = listAddresses(
    [...ranges.spans, ...plain.spans],
    [...holes.spans, ...without.spans],
    zoned,
  );
  if (addresses.count === 0 && found.lost.length === 0) {
    throw new Problem('config/usage', 'No address is left to ask.', {
      hint: 'The ranges are empty, or all of them are excluded.',
    });
  }
  const findings: readonly DiscoveryFinding[] = found.lost.map((name) => ({
    code: 'UNKNOWN_NAME',
    because: `The name ${name} has no address.`,
    remedy: 'Check its spelling, or the name server.',
    hosts: [name],
  }));
  return { addresses, names: found.addresses, findings };
}

/** A line holds ranges between blanks or commas; `#` begins a comment, `!` excludes. */
function addList(text: string, wanted: string[], excluded: string[]): void {
  for (const line of text.split(/\r?\n/)) {
    for (const word of line.replace(/#.*/, '').split(/[\s,]+/)) {
      if (word.startsWith('!')) excluded.push(word.slice(1));
      else if (word !== '') wanted.push(word);
    }
  }
}

async function readList(file: string): Promise<string> {
  const text = await readTextWithin(file, LARGEST_LIST).catch((cause: unknown) => {
    throw new Problem('config/usage', `The list ${sanitize(file)} cannot be read: ${reasonOf(cause)}.`, {
      hint: 'Name a text file with ranges, one a line.',
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
    hint: 'Name blocks instead of single addresses.',
  });
}

async function resolveNames(
  names: readonly string[],
): Promise<{ readonly addresses: Map<string, string>; readonly lost: readonly string[] }> {
  const limit = pLimit(NAMES_AT_ONCE);
  const addresses = new Map<string, string>();
  const lost: string[] = [];
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
    if (address === null) lost.push(name);
    else addresses.set(canonicalAddress(address), name);
  }
  return { addresses, lost };
}
