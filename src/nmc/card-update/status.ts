import {
  type Card,
  isAt,
  isUpsHop,
  type Problem,
  rethrowInternal,
  type StepContext,
  sameCardVersion,
  type Unit,
  usableSerial,
} from '../../core/index.ts';
import { type NmcDeps, networkOf, shellOptions } from '../deps.ts';
import { type AppState, appStateOf } from '../look/about.ts';
import { look } from '../look/look.ts';
import { PHRASES } from '../phrases.ts';
import { type Shell, withShell } from '../session/shell.ts';

/** What one round of questions says of a card whose own firmware is being changed. */
export interface CardSigns {
  readonly unit: Unit;
  /** It is the card of the hop, by its own serial number: between two files it may not see its UPS. */
  readonly itself: boolean;
  /** It is the card of the hop, and gives the version that the hop leads to. */
  readonly arrived: boolean;
  /** It is the card of the hop, and every part of it gives the version from before. */
  readonly unchanged: boolean;
  /** What it says of its application; asked where it has arrived, null where it does not tell. */
  readonly app: AppState | null;
  /** Why the unit could not be looked at as a whole; silence is normal while a card restarts. */
  readonly problem: Problem | null;
}

/** Asks the card once. Silence is an answer too: it never throws for what the device does. */
export async function readCardSigns(tools: NmcDeps, context: StepContext): Promise<CardSigns> {
  const { hop, before } = context;
  const { unit, problem } = await look(tools, context.target, { ...context, card: true });
  const itself = isSameCard(unit.card, before.card);
  const arrived = itself && isAt(unit, hop, 'to');
  return {
    unit,
    itself,
    arrived,
    unchanged: itself && !arrived && isAsBefore(unit.card, before.card),
    app: arrived
      ? await askCard(tools, context, async (shell) => appStateOf(await shell.run('system')))
      : null,
    problem,
  };
}

function isSameCard(now: Card | null, then: Card | null): boolean {
  const serial = usableSerial(now?.serial ?? null);
  return serial !== null && serial === usableSerial(then?.serial ?? null);
}

function isAsBefore(now: Card | null, then: Card | null): boolean {
  const pairs = [
    [now?.boot, then?.boot],
    [now?.os, then?.os],
    [now?.app?.version, then?.app?.version],
  ] as const;
  return pairs.every(([a = null, b = null]) => (a === null && b === null) || sameCardVersion(a, b));
}

/** What the card says of the last file that it was sent; null where it cannot be asked. */
export function lastTransfer(tools: NmcDeps, context: StepContext): Promise<string | null> {
  return askCard(tools, context, async (shell) => {
    const { lines } = await shell.run('xferStatus');
    return PHRASES.lastTransfer.exec(lines.join('\n'))?.[1] ?? null;
  });
}

async function askCard<T>(
  tools: NmcDeps,
  context: StepContext,
  ask: (shell: Shell) => Promise<T | null>,
): Promise<T | null> {
  try {
    return await withShell(shellOptions(tools, networkOf(context.target), context), ask);
  } catch (thrown) {
    context.signal.throwIfAborted();
    rethrowInternal(thrown);
    return null;
  }
}

/**
 * Whether the card must see its UPS after the hop: yes, unless its operating system was renewed and the application that goes
 * with it is still to come.
 */
export function expectsUps({ hop, before }: StepContext): boolean {
  if (isUpsHop(hop) || hop.component !== 'card-os') return true;
  return sameCardVersion(before.card?.app?.version ?? null, hop.to.version);
}
