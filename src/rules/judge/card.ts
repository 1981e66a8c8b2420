import {
  type Card,
  type CardFile,
  type CardHop,
  cardAfter,
  HOP_STEPS,
  isAllowed,
  isLeftAlone,
  isRefusal,
  joinList,
  type OperatorSettings,
  type Reason,
  type Status,
  sanitize,
  type Unit,
} from '../../core/index.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import { builtIn } from '../engine/built-in.ts';
import type { Fact } from '../engine/evaluate.ts';
import { evaluateStages } from '../engine/stages.ts';
import { cardFileFacts, cardHealthFacts, cardOnlyFacts } from '../facts/card.ts';
import { ambiguity, damage, isDamaged, notOffered, otherCopies } from './card-not-used.ts';
import { chooseCardSet, installedOf } from './card-set.ts';

export interface CardJudgeInput {
  readonly unit: Unit;
  /** All card files of the folder, including damaged ones. */
  readonly files: readonly CardFile[];
  readonly operator?: OperatorSettings;
}

export interface CardJudgement {
  readonly status: Status;
  readonly hops: readonly CardHop[];
  readonly reasons: readonly Reason[];
  /** The card after the update; null if nothing is sent. */
  readonly after: Card | null;
}

/**
 * Evaluates the card of a unit: the files that it may get from the folder, and the reasons against them.
 * Pure.
 */
export function judgeCard(book: RuleBook, input: CardJudgeInput): CardJudgement {
  const { unit, files } = input;
  const { card } = unit;
  if (!unit.reachable) {
    return withoutHops('unreachable', [
      builtIn(
        'UNREACHABLE',
        'block',
        'the unit does not answer',
        'See the problem that is shown for the unit.',
      ),
    ]);
  }
  if (card === null) {
    return withoutHops('unknown', [
      builtIn(
        'CARD_NOT_SEEN',
        'unknown',
        'no card was found for this unit',
        'Card firmware can be updated only on units with their own card.',
      ),
    ]);
  }
  const notUsed = [...files.filter(isDamaged).map(damage), ...notOffered(card, files)];
  const { fitting, others } = sorted(card, files);
  if (fitting.length === 0) return withoutFiles(book, input, card, others, notUsed);
  const found: Reason[] = [];
  const hops: CardHop[] = [];
  let at = card;
  for (let round = 0; round < MAX_SETS; round += 1) {
    const set = chooseCardSet(at, fitting);
    const ambiguous = [...set.ambiguous, ...otherCopies(set.files, files)];
    if (ambiguous.length > 0) return withoutHops('blocked', [ambiguity(ambiguous), ...notUsed]);
    if (set.files.length === 0) break;
    const facts = new Map<string, Fact>([...cardOnlyFacts(at), ...set.facts]);
    found.push(...evaluateStages(book, facts, ['card-set']).reasons);
    for (const file of set.files) {
      found.push(...reasonsOn(book, unit, at, file));
      const hop = hopOf(at, file);
      if (hop === null) continue;
      hops.push(hop);
      at = cardAfter(at, hop.component, hop.to.version);
    }
    if (!set.goesOn) break;
  }
  if (hops.length === 0) {
    const because = `the card runs ${versionsOf(card)}, and no file in the images folder is newer`;
    return withoutHops('current', [
      { ...builtIn('CARD_UP_TO_DATE', 'pass', because, ''), remedy: null },
      ...notUsed,
    ]);
  }
  const reasons = [...unique([...cardHealth(book, card), ...found]), ...notUsed];
  const status = isAllowed(reasons) ? 'outdated' : 'blocked';
  return { status, hops, reasons, after: at };
}

/** The reasons about faults of the card itself, for an audit. Pure. */
export function cardHealth(book: RuleBook, card: Card): readonly Reason[] {
  return evaluateStages(book, new Map(cardHealthFacts(card)), ['card-health']).reasons;
}

/** More major versions than any card has. */
const MAX_SETS = 4;

function hopOf(card: Card, file: CardFile): CardHop | null {
  const { part, version, platform } = file;
  if (part === null || version === null || platform === null) return null;
  return {
    component: part,
    from: { version: installedOf(card, file), platform },
    to: { version, platform },
    image: { file: file.file, sha256: file.sha256, sizeBytes: file.sizeBytes },
    transport: 'nmc',
    steps: HOP_STEPS.card,
  };
}

/**
 * The same rules for the current card and the chosen file. A card without its application does not report its
 * platform, so `planned` gives it: the card with the same serial number as it was planned. Pure.
 */
export function judgeCardStart(
  book: RuleBook,
  { unit, file, planned }: { readonly unit: Unit; readonly file: CardFile; readonly planned: Card | null },
): readonly Reason[] {
  const { card } = unit;
  if (card === null || planned === null) return reasonsOn(book, unit, card, file);
  const known: Card = {
    ...card,
    generation: card.generation ?? planned.generation,
    platform: card.platform ?? planned.platform,
    app: { name: card.app?.name ?? planned.app?.name ?? null, version: card.app?.version ?? null },
  };
  return reasonsOn(book, unit, known, file);
}

function reasonsOn(book: RuleBook, unit: Unit, card: Card | null, file: CardFile): readonly Reason[] {
  const facts = new Map<string, Fact>([
    ...cardFileFacts(unit, card, file),
    ['file.sha256', file.sha256],
    ['file.hashTrusted', book.trusted.has(file.sha256)],
    ['file.unknownRefused', book.unknownRefused],
  ]);
  return evaluateStages(book, facts, ['card-file']).reasons;
}

/** Intact files: those that fit the card, and those for other cards. */
function sorted(card: Card, files: readonly CardFile[]) {
  const whole = files.filter((file) => file.problems.length === 0);
  const app = card.app?.name ?? null;
  const fits = (file: CardFile): boolean =>
    file.platform === card.platform && (file.app === null || app === null || file.app === app);
  return { fitting: whole.filter(fits), others: whole.filter((file) => !fits(file)) };
}

function withoutFiles(
  book: RuleBook,
  { unit, files }: CardJudgeInput,
  card: Card,
  others: readonly CardFile[],
  damaged: readonly Reason[],
): CardJudgement {
  const [other] = others;
  const present = other === undefined ? 'none' : named(others);
  const left = files.filter(isLeftAlone);
  const missing = builtIn(
    'CARD_FILES_MISSING',
    'unknown',
    `card platform: ${card.platform ?? 'not known'}, with ${versionsOf(card)}; files for other cards in the images folder: ${present}${left.length === 0 ? '' : `; left alone: ${named(left)}`}`,
    'Put the files of the vendor package for this card into the images folder and keep their names. If the package is there, unpack it: its folder Bins is read.',
  );
  const refusals = other === undefined ? [] : reasonsOn(book, unit, card, other).filter(isRefusal);
  return withoutHops(refusals.some(({ outcome }) => outcome === 'block') ? 'blocked' : 'unknown', [
    missing,
    ...refusals,
    ...damaged,
  ]);
}

const NAMED_AT_MOST = 5;

function named(files: readonly CardFile[]): string {
  const more = files.length > NAMED_AT_MOST ? [`${files.length - NAMED_AT_MOST} more`] : [];
  return joinList([...files.slice(0, NAMED_AT_MOST).map(({ file }) => sanitize(file)), ...more]);
}

/** `AOS v6.9.6, sumx v6.9.6, boot monitor v1.0.9`. */
function versionsOf({ os, app, boot }: Card): string {
  return `AOS ${os ?? 'not known'}, ${app?.name ?? 'application'} ${app?.version ?? 'not known'}, boot monitor ${boot ?? 'not known'}`;
}

/** A reason that several files share appears once. */
function unique(reasons: readonly Reason[]): readonly Reason[] {
  return [
    ...new Map(
      reasons.map((reason) => [`${reason.rule} ${reason.outcome} ${reason.because}`, reason]),
    ).values(),
  ];
}

function withoutHops(status: Status, reasons: readonly Reason[]): CardJudgement {
  return { status, hops: [], reasons, after: null };
}
