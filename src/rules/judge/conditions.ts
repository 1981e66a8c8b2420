import {
  isRefusal,
  type OperatorSettings,
  type Reason,
  type StoredImage,
  type Transport,
  type Unit,
} from '../../core/index.ts';
import type { InstalledFirmware } from '../catalogue/candidate.ts';
import { reportFacts } from '../catalogue/reports.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import { builtIn } from '../engine/built-in.ts';
import type { Fact } from '../engine/evaluate.ts';
import type { Stage } from '../engine/schema.ts';
import { evaluateStages } from '../engine/stages.ts';
import { cardFacts, cardHealthFacts } from '../facts/card.ts';
import { outputFacts } from '../facts/hop.ts';
import { conditionFacts } from '../facts/unit.ts';

/** The current unit and the image that was chosen for it. */
export interface StartInput {
  readonly unit: Unit;
  readonly image: StoredImage;
  readonly transport: Transport;
  readonly operator?: OperatorSettings;
  /** All images of the folder. */
  readonly folder?: readonly StoredImage[];
}

const HEALTH: readonly Stage[] = ['card-health'];

/** The reasons about the card and the current condition of the unit. */
export function conditionReasons(
  book: RuleBook,
  { unit, image, transport, operator }: StartInput,
  at: InstalledFirmware | null,
  known: ReadonlyMap<string, Fact>,
): readonly Reason[] {
  const line = at === null ? undefined : book.lines.get(at.microLinkId);
  const facts = new Map<string, Fact>([
    ...known,
    ...conditionFacts(unit),
    ...(unit.card === null || transport !== 'nmc' ? [] : cardHealthFacts(unit.card)),
    ...cardFacts(unit.card, line),
    ...reportFacts(book.reports, unit.card, at, operator),
    ['transport', transport],
    ['image.file', image.file],
    ['image.version', image.version],
    ...outputFacts(at, line),
    ['operator.output', operator?.switchOutput ?? 'as-it-is'],
    ['operator.feeds', operator?.feeds.join(', ') || 'an unknown load (no feeds in the inventory)'],
  ]);
  const { reasons } = evaluateStages(book, facts, [...(transport === 'nmc' ? HEALTH : []), 'card', 'start']);
  return conditionIsKnown(unit) ? reasons : mergeUnknown(book, reasons);
}

/** Whether the UPS reports any value. The card itself reports `linkUp`, so it does not count. */
function conditionIsKnown({ condition: { linkUp: _linkUp, ...rest } }: Unit): boolean {
  return Object.values(rest).some((value) => value !== null);
}

/** If the UPS reports nothing about its condition, one reason replaces those of the single values. */
function mergeUnknown(book: RuleBook, reasons: readonly Reason[]): readonly Reason[] {
  const isOfUps = ({ fact }: { readonly fact: string }): boolean => /^condition\.(?!linkUp$)/.test(fact);
  const conditionRules = new Set(
    (book.byStage.start ?? []).flatMap(({ id, require = [] }) =>
      require.length > 0 && require.every(isOfUps) ? [id] : [],
    ),
  );
  const isMerged = (reason: Reason): boolean => isRefusal(reason) && conditionRules.has(reason.rule);
  if (!reasons.some(isMerged)) return reasons;
  return [
    ...reasons.filter((reason) => !isMerged(reason)),
    builtIn(
      'CONDITION_UNKNOWN',
      'unknown',
      'the unit reports no values for mains, battery, output and alarms',
      'Check that the card communicates with its UPS, and that the credential may read these values.',
    ),
  ];
}
