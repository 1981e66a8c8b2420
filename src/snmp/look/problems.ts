import { type Card, Problem } from '../../core/index.ts';
import { describeContradiction, type Identification } from './identify.ts';

/**
 * Problems of a device that answers and gives no Smart-UPS to evaluate. `what`: the device in one printable
 * line. Each protocol finds its own evidence.
 */

/** A card that runs, and has no word from its UPS. `evidence`: what shows it, as a part of a sentence. */
export function lostUps(host: string, card: Card | null, evidence: string): Problem {
  const own = [card?.model, card?.app?.name, card?.app?.version].filter((part) => part != null).join(' ');
  return new Problem(
    'device/lost-ups',
    `The card at ${host}${own === '' ? '' : ` (${own})`} answers, but it has lost its UPS: ${evidence}. Which UPS is behind it is not known.`,
    {
      hint: 'If the UPS is being updated, wait: this is normal for some minutes. Otherwise check the seat of the card in its slot, or its cable, and restart the card, not the UPS. Then look again.',
    },
  );
}

/** A card whose application does not run. */
export function noApplication(host: string, what: string): Problem {
  return new Problem('device/no-application', `${host} is an ${what}.`, {
    hint: 'A Smart-UPS may be behind it. Reload the application of the card, then look again.',
  });
}

/**
 * Another device. A device with a sign of a Smart-UPS is not called a mistake in the inventory.
 */
export function notSmartUps(host: string, found: Identification, what: string): Problem {
  const { product, maybeSmartUps } = found;
  const doubt = describeContradiction(found);
  const but = doubt === null ? '' : ` Its signs contradict each other: ${doubt}.`;
  return new Problem('device/not-smart-ups', `${host} is not a Smart-UPS: ${product.kind} (${what}).${but}`, {
    hint: maybeSmartUps
      ? 'Find out on site what answers at this address, and enter the address of the card of the UPS.'
      : 'Remove it from the inventory, or correct the address.',
  });
}
