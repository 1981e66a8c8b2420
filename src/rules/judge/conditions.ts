import type { OperatorSettings, Reason, StoredImage, Transport, Unit } from '../../core/index.ts';
import type { InstalledFirmware } from '../catalogue/candidate.ts';
import { wayFacts } from '../catalogue/reports.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import { builtIn } from '../engine/built-in.ts';
import type { Fact } from '../engine/evaluate.ts';
import { evaluateStages } from '../engine/stages.ts';
import { cardFacts } from '../facts/card.ts';
import { outputFacts } from '../facts/hop.ts';
import { conditionFacts } from '../facts/unit.ts';

/** A unit as it is now, with the image that was chosen for it. */
export interface StartInput {
  readonly unit: Unit;
  readonly image: StoredImage;
  readonly transport: Transport;
  readonly operator?: OperatorSettings;
  /** The images that could be sent beside it. */
  readonly folder?: readonly StoredImage[];
}

/** What the card and the condition of the unit say, right now. */
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
    ...cardFacts(unit.card, line),
    ...wayFacts(book.reports, unit.card, at, operator),
    ['transport', transport],
    ['image.file', image.file],
    ['image.version', image.version],
    ...outputFacts(at, line),
    ['operator.output', operator?.switchOutput ?? 'as-it-is'],
    ['operator.feeds', operator?.feeds.join(', ') || 'what the inventory does not name'],
  ]);
  const { reasons } = evaluateStages(book, facts, ['card', 'start']);
  return conditionIsKnown(unit) ? reasons : inOneWord(book, reasons);
}

/** The card may say of itself that it does not hear the UPS; everything else is the word of the UPS. */
function conditionIsKnown({ condition: { linkUp: _linkUp, ...rest } }: Unit): boolean {
  return Object.values(rest).some((value) => value !== null);
}

/** A unit that tells nothing of its condition is refused once: a battery "at not known %" has no remedy. */
function inOneWord(book: RuleBook, reasons: readonly Reason[]): readonly Reason[] {
  const isOfUps = ({ fact }: { readonly fact: string }): boolean => /^condition\.(?!linkUp$)/.test(fact);
  const aboutCondition = new Set(
    (book.byStage.start ?? []).flatMap(({ id, require = [] }) =>
      require.length > 0 && require.every(isOfUps) ? [id] : [],
    ),
  );
  const isUnjudged = ({ rule, outcome }: Reason): boolean =>
    (outcome === 'unknown' || outcome === 'block') && aboutCondition.has(rule);
  if (!reasons.some(isUnjudged)) return reasons;
  return [
    ...reasons.filter((reason) => !isUnjudged(reason)),
    builtIn(
      'CONDITION_UNKNOWN',
      'unknown',
      'the unit says nothing about mains, battery, output and alarms',
      'Check that the card hears its UPS, and that the credential may read these values.',
    ),
  ];
}
