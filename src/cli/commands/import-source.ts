import { hasCode, Problem, reasonOf, sanitize } from '../../core/index.ts';
import { decodeList, LARGEST_LIST } from '../../inventory/index.ts';
import { readFileWithin } from '../../yaml/index.ts';
import type { Io } from '../io.ts';

const MEBIBYTE = 1024 * 1024;

/** Reads a list from a file, or from standard input for `-`. Throws Problem config/import. */
export async function readList(source: string, io: Io): Promise<string> {
  const shown = source === '-' ? 'Standard input' : sanitize(source);
  try {
    return decoded(source === '-' ? await readStream(io) : await readFileWithin(source, LARGEST_LIST), shown);
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    if (hasCode(thrown, 'EFBIG'))
      throw failure(
        `${shown} has more than ${LARGEST_LIST / MEBIBYTE} MiB (${LARGEST_LIST} bytes), the limit of a list.`,
        'Export only the UPS units, or import in parts.',
      );
    const hint = 'Name a readable file, or - for standard input.';
    throw new Problem('config/import', `${shown} cannot be read: ${reasonOf(thrown)}.`, {
      hint,
      cause: thrown,
    });
  }
}

async function readStream(io: Io): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > LARGEST_LIST) throw Object.assign(new Error('too large'), { code: 'EFBIG' });
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function decoded(bytes: Buffer, shown: string): string {
  const read = decodeList(bytes);
  if (read.ok) return read.text;
  throw failure(`${shown} ${read.why}.`, read.hint);
}

function failure(message: string, hint: string): Problem {
  return new Problem('config/import', message, { hint });
}
