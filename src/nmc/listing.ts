import { Problem, type TransferWay, type UnitTarget } from '../core/index.ts';
import { listByFtp } from './ftp.ts';
import type { GenerationFacts } from './generations.ts';
import { CODE } from './phrases.ts';
import { type ListedFile, parseListing } from './reply.ts';
import { withShell } from './shell.ts';
import { networkOf, shellOptions, type Tools } from './tools.ts';

/** The files in the card's folder for images, asked by the way that the upload took. Throws Problem link/* and device/*. */
export function listImages(
  tools: Tools,
  target: UnitTarget,
  facts: GenerationFacts,
  way: TransferWay,
  signal: AbortSignal,
): Promise<readonly ListedFile[]> {
  const network = networkOf(target);
  if (way === 'ftp') {
    return listByFtp({ network, silenceSeconds: tools.waits.stalledUpload, signal }, facts.folder);
  }
  return withShell(shellOptions(tools, network, signal), async (shell) => {
    const entered = await shell.run(`cd ${facts.folder.replace(/^\/|\/$/g, '')}`);
    const listed = await shell.run('dir');
    if (entered.code !== CODE.success || listed.code !== CODE.success) {
      throw new Problem('device/garbage', `The card does not list its folder ${facts.folder}.`, {
        hint: 'Look at the folder by hand; the size of the upload could not be checked.',
      });
    }
    return parseListing(listed.lines);
  });
}
