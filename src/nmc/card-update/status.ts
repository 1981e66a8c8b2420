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
import { type AppStatus, appStateOf } from '../look/about.ts';
import { look } from '../look/look.ts';
import { PHRASES } from '../phrases.ts';
import { type Shell, withShell } from '../session/shell.ts';

/** One observation of a card whose own firmware is being changed. */
export interface CardObservation {
  readonly unit: Unit;
  /** It is the card of the hop, by its own serial number: between two files it may not see its UPS. */
  readonly isSameCard: boolean;
  /** It is the card of the hop, and reports the version that the hop leads to. */
  readonly arrived: boolean;
  /** It is the card of the hop, and all its parts report the versions from before. */
  readonly unchanged: boolean;
  /** Status of its application; read once the version has arrived, null if the card does not report it. */
  readonly app: AppStatus | null;
  /** Why the look at the unit failed; silence is normal while a card restarts. */
  readonly problem: Problem | null;
  /** The card could not be read: it is silent, or closes connections, as while it restarts. */
  readonly isAway: boolean;
}

/** Observes the card once. Silence is a result too: it never throws for what the device does. */
export async function observeCard(deps: NmcDeps, context: StepContext): Promise<CardObservation> {
  const { hop, before } = context;
  const { unit, problem } = await look(deps, context.target, { ...context, card: true });
  const isSameCard = hasSameSerial(unit.card, before.card);
  const arrived = isSameCard && isAt(unit, hop, 'to');
  return {
    unit,
    isSameCard: isSameCard,
    arrived,
    unchanged: isSameCard && !arrived && hasSameVersions(unit.card, before.card),
    app: arrived
      ? await queryCard(deps, context, async (shell) => appStateOf(await shell.run('system')))
      : null,
    problem,
    isAway: !unit.reachable || (unit.card === null && problem?.code.startsWith('link/') === true),
  };
}

/** Whether both are the same card by their serial numbers; a card without a usable one is no card's equal. */
export function hasSameSerial(now: Card | null, then: Card | null): boolean {
  const serial = usableSerial(now?.serial ?? null);
  return serial !== null && serial === usableSerial(then?.serial ?? null);
}

function hasSameVersions(now: Card | null, then: Card | null): boolean {
  const pairs = [
    [now?.boot, then?.boot],
    [now?.os, then?.os],
    [now?.app?.version, then?.app?.version],
  ] as const;
  return pairs.every(([a = null, b = null]) => (a === null && b === null) || sameCardVersion(a, b));
}

/** What the card reports about the last file that it received; null if it cannot be asked. */
export function lastTransfer(deps: NmcDeps, context: StepContext): Promise<string | null> {
  return queryCard(deps, context, async (shell) => {
    const { lines } = await shell.run('xferStatus');
    return PHRASES.lastTransfer.exec(lines.join('\n'))?.[1] ?? null;
  });
}

async function queryCard<T>(
  deps: NmcDeps,
  context: StepContext,
  ask: (shell: Shell) => Promise<T | null>,
): Promise<T | null> {
  try {
    return await withShell(shellOptions(deps, networkOf(context.target), context), ask);
  } catch (thrown) {
    context.signal.throwIfAborted();
    rethrowInternal(thrown);
    return null;
  }
}

/**
 * Whether the card must see its UPS after the hop. It need not where the hop renewed the operating system and
 * the matching application is still to come.
 */
export function expectsUps({ hop, before }: StepContext): boolean {
  if (isUpsHop(hop) || hop.component !== 'card-os') return true;
  return sameCardVersion(before.card?.app?.version ?? null, hop.to.version);
}
