import { Problem, type StepContext } from '../../core/index.ts';
import { factsOf } from '../generations/index.ts';
import { CODE, PHRASES } from '../phrases.ts';
import type { Reply } from '../session/reply.ts';
import type { Shell } from '../session/shell.ts';

/**
 * Whether the card calls an image in its folder compatible. `unknown`: it was not asked, or did not answer.
 */
export type Compatibility =
  | { readonly state: 'yes'; readonly path: string }
  | { readonly state: 'no' | 'unknown'; readonly problem: Problem };

/**
 * Asks `upsfwupdate -info` for the image of the hop, with each form of its path until one is accepted.
 * `offered` is the answer to `upsfwupdate ?`. Only reads.
 */
export async function askCompatibility(
  shell: Shell,
  offered: Reply,
  context: StepContext,
): Promise<Compatibility> {
  if (offered.code === CODE.notFound || !/-info/.test(offered.lines.join('\n')))
    return notAnswered('The card has no command upsfwupdate.', 'Add snmp to start: in the inventory.');
  for (const spell of factsOf(context.before.card)?.installPaths ?? []) {
    const path = spell(context.image.file);
    const info = await shell.run(`upsfwupdate -info -file ${path}`);
    if (info.code !== CODE.success) continue;
    const verdict = PHRASES.compatible.exec(info.lines.join('\n'))?.[1]?.toLowerCase();
    if (verdict === 'yes') return { state: 'yes', path };
    if (verdict === 'no') {
      const problem = new Problem(
        'device/incompatible',
        `The card calls ${context.image.file} incompatible with this UPS.`,
        { hint: 'Do not send it by another method. Check model, Micro-Link ID and image.' },
      );
      return { state: 'no', problem };
    }
  }
  return notAnswered(
    'The card does not report that the image is compatible.',
    'Start the update on the web page of the card.',
  );
}

function notAnswered(message: string, hint: string): Compatibility {
  return { state: 'unknown', problem: new Problem('device/start-unavailable', message, { hint }) };
}
