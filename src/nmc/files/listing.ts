import { Problem, type TransferMethod, type UnitTarget } from '../../core/index.ts';
import { type NmcDeps, networkOf, type SessionContext, shellOptions } from '../deps.ts';
import type { GenerationFacts } from '../generations/data.ts';
import { CODE } from '../phrases.ts';
import { type ListedFile, parseListing, type Reply } from '../session/reply.ts';
import { type Shell, withShell } from '../session/shell.ts';
import { listByFtp, removeByFtp } from './ftp.ts';
import { ftpOptions } from './ftp-session.ts';

/**
 * The files in the card's image folder, listed by the method of the upload. Throws Problem link/* and
 * device/*.
 */
export function listImages(
  deps: NmcDeps,
  target: UnitTarget,
  facts: GenerationFacts,
  method: TransferMethod,
  context: SessionContext,
): Promise<readonly ListedFile[]> {
  const network = networkOf(target);
  if (method === 'ftp') {
    return listByFtp(ftpOptions(deps, network, context), facts.folder);
  }
  return withShell(shellOptions(deps, network, context), async (shell) => {
    const entered = await enter(shell, facts);
    const listed = await shell.run('dir');
    if (entered.code !== CODE.success || listed.code !== CODE.success) {
      throw new Problem('device/garbage', `The card does not list its folder ${facts.folder}.`, {
        hint: 'Look at the folder by hand; the size of the upload could not be checked.',
      });
    }
    return parseListing(listed.lines);
  });
}

function enter(shell: Shell, facts: GenerationFacts): Promise<Reply> {
  return shell.run(`cd ${facts.folder.replace(/^\/|\/$/g, '')}`);
}

/**
 * Removes a file from the card's image folder, by the method of its upload. Throws Problem link/* and
 * device/*.
 */
export function removeImage(
  deps: NmcDeps,
  target: UnitTarget,
  facts: GenerationFacts,
  method: TransferMethod,
  name: string,
  context: SessionContext,
): Promise<void> {
  const network = networkOf(target);
  if (method === 'ftp') {
    return removeByFtp(ftpOptions(deps, network, context), facts.folder, name);
  }
  return withShell(shellOptions(deps, network, context), async (shell) => {
    const entered = await enter(shell, facts);
    // If the card asks a question here, nothing answers it, not even a bare return.
    const removed =
      entered.code === CODE.success ? await shell.run(`delete ${name}`, { flush: false }) : entered;
    if (removed.code === CODE.success) return;
    throw new Problem('device/garbage', `The card does not remove ${name} from its folder ${facts.folder}.`, {
      hint: 'Remove it by hand before the next update of this unit.',
    });
  });
}
