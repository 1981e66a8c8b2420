import { Problem, type StepContext } from '../../core/index.ts';
import { factsOf } from '../generations/index.ts';
import { CODE, PHRASES } from '../phrases.ts';
import type { Reply } from '../session/reply.ts';
import type { Shell } from '../session/shell.ts';

/** What the card says of an image that lies on it, without doing anything. `not-said`: it was not asked, or did not answer. */
export type Compatibility =
  | { readonly state: 'yes'; readonly path: string }
  | { readonly state: 'no' | 'not-said'; readonly problem: Problem };

/**
 * Asks `upsfwupdate -info` for the image of the hop, in every spelling of its path, until one is answered. `offered` is the
 * answer to `upsfwupdate ?`. Only reads.
 */
export async function askCompatibility(
  shell: Shell,
  offered: Reply,
  context: StepContext,
): Promise<Compatibility> {
  if (offered.code === CODE.notFound || !/-info/.test(offered.lines.join('\n')))
    return notSaid('The card has no command upsfwupdate.', 'Add snmp to start: in the inventory.');
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
        { hint: 'Do not send it by another way. Check model, Micro-Link id and image.' },
      );
      return { state: 'no', problem };
    }
  }
  return notSaid(
    'The card does not say that the image is compatible.',
    'Start the update on the web page of the card.',
  );
}

function notSaid(message: string, hint: string): Compatibility {
  return { state: 'not-said', problem: new Problem('device/start-unavailable', message, { hint }) };
}
