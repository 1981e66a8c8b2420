import { asProblem, isInternal, Problem, type TransferMethod, type UnitTarget } from '../../core/index.ts';
import { type NmcDeps, networkOf, type SessionContext, sshOptions } from '../deps.ts';
import { HOST_IDENTITY } from '../upload-preconditions.ts';
import { downloadByFtp } from './ftp.ts';
import { ftpOptions } from './ftp-session.ts';
import { downloadByScp } from './scp-download.ts';

/** A file of a card as it was read, and where and how it was found. */
export interface FileOnCard {
  readonly bytes: Buffer;
  readonly place: string;
  readonly method: TransferMethod;
}

/**
 * Reads a file that a card may keep in one of several places, by the ways of the inventory in order. A missing file leads to
 * the next place, anything else to the next way. Changes nothing on the card. Throws the last Problem that says something
 * about the card (device/no-file, device/*, link/*).
 */
export async function readCardFile(
  tools: NmcDeps,
  target: UnitTarget,
  places: readonly string[],
  largest: number,
  context: SessionContext,
): Promise<FileOnCard> {
  const { signal } = context;
  const { transfer } = networkOf(target);
  let last: Problem | null = null;
  for (const method of transfer) {
    for (const place of places) {
      signal.throwIfAborted();
      try {
        return { bytes: await readBy(method, tools, target, place, largest, context), place, method };
      } catch (thrown) {
        signal.throwIfAborted();
        const problem = asProblem(thrown);
        if (HOST_IDENTITY.includes(problem.code) || isInternal(problem)) throw problem;
        if (last === null || problem.code !== 'refused/plaintext') last = problem;
        if (problem.code !== 'device/no-file') break;
      }
    }
  }
  throw last ?? noWay();
}

function readBy(
  method: TransferMethod,
  tools: NmcDeps,
  target: UnitTarget,
  place: string,
  largest: number,
  context: SessionContext,
): Promise<Buffer> {
  const network = networkOf(target);
  const stalledSeconds = tools.timeouts.stalledUpload;
  if (method === 'scp') {
    return downloadByScp({ ssh: sshOptions(tools, network, context), path: place, largest, stalledSeconds });
  }
  return downloadByFtp(ftpOptions(tools, network, context), place, largest);
}

function noWay(): Problem {
  return new Problem('refused/no-path', 'There is no way or no place to read a file of the card from.', {
    hint: 'Add scp or ftp to transfer: in the inventory.',
  });
}
