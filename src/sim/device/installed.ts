import { compare } from '../../core/index.ts';
import type { Persona } from '../personas.ts';

/** How the installed firmware affects the next update: the card gate and the boot loader. */

/** Orders two releases of one firmware line; null if they cannot be compared. */
function order(a: string, b: string): -1 | 0 | 1 | null {
  const of = (version: string) => ({ component: 'ups' as const, line: '', version });
  return compare(of(a), of(b)) ?? null;
}

function reaches(version: string, wanted: string): boolean {
  const found = order(version, wanted);
  return found === 0 || found === 1;
}

/** Whether a card release is at least the wanted one; false if they cannot be compared. */
export function cardReaches(version: string, wanted: string): boolean {
  const of = (text: string) => ({ component: 'card-app' as const, line: '', version: text });
  const found = compare(of(version), of(wanted));
  return found === 0 || found === 1;
}

/**
 * Whether the running firmware refuses updates through the card.
 * Source: docs/sources/card.md#gates-by-installed-firmware
 */
export function isCardGateClosed(persona: Persona, id: number | null, version: string): boolean {
  const gate = persona.cardGates.find((one) => one.microLinkId === id);
  if (gate === undefined || !reaches(version, gate.closedFrom)) return false;
  return gate.openFrom === null || !reaches(version, gate.openFrom);
}

/** The boot loader that came with a release; null: an older one, whose version does not matter. */
export function loaderAt(persona: Persona, version: string): string | null {
  const { loaderNeeded } = persona;
  return loaderNeeded !== null && reaches(version, loaderNeeded.broughtBy) ? loaderNeeded.loader : null;
}

/**
 * Whether a release would not run with the given boot loader.
 * Source: docs/sources/field-reports.md#boot-loader-of-id-18
 */
export function needsOtherLoader(
  persona: Persona,
  id: number,
  version: string,
  loader: string | null,
): boolean {
  const { loaderNeeded } = persona;
  if (loaderNeeded?.microLinkId !== id || !reaches(version, loaderNeeded.from)) return false;
  return loader === null || !reaches(loader, loaderNeeded.loader);
}
