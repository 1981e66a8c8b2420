import { asProblem, isInternal, Problem, type TransferMethod, type UnitTarget } from '../../core/index.ts';
import { type NmcDeps, networkOf, type SessionContext, sshOptions } from '../deps.ts';
import { HOST_IDENTITY } from '../upload-preconditions.ts';
import { downloadByFtp } from './ftp.ts';
import { ftpOptions } from './ftp-session.ts';
import { downloadByScp } from './scp-download.ts';

/** A file as read from a card, with its path and the method. */
export interface FileOnCard {
  readonly bytes: Buffer;
  readonly path: string;
  readonly method: TransferMethod;
}

/**
 * Reads a file that a card may keep at one of several paths, by the methods of the inventory, in order. After
 * a missing file it tries the next path, after any other problem the next method. Changes nothing on the
 * card. Throws the last Problem about the card (device/no-file, device/*, link/*).
 */
export async function readCardFile(
  deps: NmcDeps,
  target: UnitTarget,
  paths: readonly string[],
  largest: number,
  context: SessionContext,
): Promise<FileOnCard> {
  const { signal } = context;
  const { transfer } = networkOf(target);
  let last: Problem | null = null;
  for (const method of transfer) {
    for (const path of paths) {
      signal.throwIfAborted();
      try {
        return { bytes: await readBy(method, deps, target, path, largest, context), path: path, method };
      } catch (thrown) {
        signal.throwIfAborted();
        const problem = asProblem(thrown);
        if (HOST_IDENTITY.includes(problem.code) || isInternal(problem)) throw problem;
        if (last === null || problem.code !== 'refused/plaintext') last = problem;
        if (problem.code !== 'device/no-file') break;
      }
    }
  }
  throw last ?? notReadable();
}

function readBy(
  method: TransferMethod,
  deps: NmcDeps,
  target: UnitTarget,
  path: string,
  largest: number,
  context: SessionContext,
): Promise<Buffer> {
  const network = networkOf(target);
  const stalledSeconds = deps.timeouts.stalledUpload;
  if (method === 'scp') {
    return downloadByScp({ ssh: sshOptions(deps, network, context), path: path, largest, stalledSeconds });
  }
  return downloadByFtp(ftpOptions(deps, network, context), path, largest);
}

function notReadable(): Problem {
  return new Problem('refused/no-path', 'No transfer method or path is known to read a file of the card.', {
    hint: 'Add scp or ftp to transfer: in the inventory.',
  });
}
