import { compare } from '../../core/index.ts';
import type { Persona } from '../personas.ts';

/** What the installed firmware decides about the next update: the card's gate, and the boot loader. */

/** Orders two releases of one line; null where they cannot be compared. */
function order(a: string, b: string): -1 | 0 | 1 | null {
  const of = (version: string) => ({ component: 'ups' as const, line: '', version });
  return compare(of(a), of(b)) ?? null;
}

function reaches(version: string, wanted: string): boolean {
  const found = order(version, wanted);
  return found === 0 || found === 1;
}

/** Whether a release of the card is this one or a later one; releases that cannot be compared are not. */
export function cardReaches(version: string, wanted: string): boolean {
  const of = (text: string) => ({ component: 'card-app' as const, line: '', version: text });
  const found = compare(of(version), of(wanted));
  return found === 0 || found === 1;
}

/**
 * Whether the firmware that runs refuses updates through the card.
 * Source: docs/sources/card.md#gates-by-installed-firmware
 */
export function isCardGateClosed(persona: Persona, id: number | null, version: string): boolean {
  const gate = persona.cardGates.find((one) => one.microLinkId === id);
  if (gate === undefined || !reaches(version, gate.closedFrom)) return false;
  return gate.openFrom === null || !reaches(version, gate.openFrom);
}

/** The boot loader that came with a release; null = an older one, whose version is of no account. */
export function loaderAt(persona: Persona, version: string): string | null {
  const { loaderNeeded } = persona;
  return loaderNeeded !== null && reaches(version, loaderNeeded.broughtBy) ? loaderNeeded.loader : null;
}

/**
 * Whether a release does not run with the boot loader that there is once it is installed.
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
