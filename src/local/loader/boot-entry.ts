import type { ByteLine } from '../line/line.ts';

/**
 * How a running unit is sent into its boot loader, for one kind of unit. Nothing implements it: what the vendor's wizard says to
 * a unit before it sends is not public, and a guess could stop a unit that carries a load. docs/boot-entry.md says which
 * capture fills it in, and what must be seen before it is used.
 */
export interface BootEntry {
  /** Micro-Link ids that it was seen with. */
  readonly microLinkIds: readonly number[];
  /** Where the capture is described. */
  readonly source: string;
  /**
   * Leads a unit that runs into its boot loader and resolves when that asks for an image. Rejects with a Problem where it does not,
   * and leaves the unit as it was.
   */
  enter(line: ByteLine, signal: AbortSignal): Promise<void>;
}
