import {
  type Card,
  type CardFile,
  type CardHop,
  cardAfter,
  HOP_STEPS,
  isAllowed,
  joinList,
  type OperatorSettings,
  type Reason,
  type Status,
  type Unit,
} from '../../core/index.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import { builtIn } from '../engine/built-in.ts';
import type { Fact } from '../engine/evaluate.ts';
import { evaluateStages } from '../engine/stages.ts';
import { cardFileFacts, cardOnlyFacts } from '../facts/card.ts';
import { chooseCardSet, installedOf } from './card-set.ts';

export interface CardJudgeInput {
  readonly unit: Unit;
  /** The card files of the folder, damaged ones included. */
  readonly files: readonly CardFile[];
  readonly operator?: OperatorSettings;
}

export interface CardJudgement {
  readonly status: Status;
  readonly hops: readonly CardHop[];
  readonly reasons: readonly Reason[];
  /** The card as it will be; null where nothing would be sent. */
  readonly after: Card | null;
}

/** Judges the card of a unit: what it may get from the folder, file by file, and what stands against it. Pure. */
export function judgeCard(book: RuleBook, input: CardJudgeInput): CardJudgement {
  const { unit, files } = input;
  const { card } = unit;
  if (!unit.reachable) {
    return ends('unreachable', [
      builtIn('UNREACHABLE', 'block', 'the unit does not answer', 'See the problem of the unit.'),
    ]);
  }
  if (card === null) {
    return ends('unknown', [
      builtIn(
        'CARD_NOT_SEEN',
        'unknown',
        'no card was seen before this unit',
        'Only units behind a card of their own have such firmware.',
      ),
    ]);
  }
  const damaged = files.filter((file) => file.problems.length > 0).map(damage);
  const { fitting, others } = sorted(card, files);
  if (fitting.length === 0) return withoutFiles(book, input, card, others, damaged);
  const set = chooseCardSet(card, fitting);
  if (set.ambiguous.length > 0) {
    const because = `${joinList(set.ambiguous.map(({ file }) => file))} are for one part and version, and differ`;
    const remedy = 'Find out which one is the vendor’s and keep only that one.';
    return ends('blocked', [builtIn('CARD_AMBIGUOUS', 'unknown', because, remedy), ...damaged]);
  }
  if (set.files.length === 0) {
    const because = `the card runs ${inWords(card)}, and no file in the folder is newer`;
    return ends('current', [
      { ...builtIn('CARD_UP_TO_DATE', 'pass', because, ''), remedy: null },
      ...damaged,
    ]);
  }
  const about = new Map<string, Fact>([...cardOnlyFacts(card), ...set.facts]);
  const found = [...evaluateStages(book, about, ['card-set']).reasons];
  const hops: CardHop[] = [];
  let at = card;
  for (const file of set.files) {
    found.push(...reasonsOn(book, unit, at, file));
    const { part, version, platform } = file;
    if (part === null || version === null || platform === null) continue;
    hops.push({
      component: part,
      from: { version: installedOf(at, file), platform },
      to: { version, platform },
      image: { file: file.file, sha256: file.sha256, sizeBytes: file.sizeBytes },
      transport: 'nmc',
      steps: HOP_STEPS.card,
    });
    at = cardAfter(at, part, version);
  }
  const reasons = [...onceEach(found), ...damaged];
  const status = isAllowed(reasons) ? 'outdated' : 'blocked';
  return { status, hops, reasons, after: at };
}

/**
 * The same rules once more, for a card as it is now and the file that was chosen. A card that runs without its application does
 * not tell what it is made for; `planned`, the card of the same serial number when it did, does. Pure.
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

/** Intact files that the card could take, and whole ones that are for others. */
function sorted(card: Card, files: readonly CardFile[]) {
  const whole = files.filter((file) => file.problems.length === 0);
  const app = card.app?.name ?? null;
  const fits = (file: CardFile): boolean =>
    file.platform === card.platform && (file.app === null || app === null || file.app === app);
  return { fitting: whole.filter(fits), others: whole.filter((file) => !fits(file)) };
}

function withoutFiles(
  book: RuleBook,
  { unit }: CardJudgeInput,
  card: Card,
  others: readonly CardFile[],
  damaged: readonly Reason[],
): CardJudgement {
  const [other] = others;
  const held = other === undefined ? 'none' : joinList(others.map(({ file }) => file));
  const missing = builtIn(
    'CARD_FILES_MISSING',
    'unknown',
    `the card is ${card.platform ?? 'of an unknown platform'} with ${inWords(card)}; files for others in the folder: ${held}`,
    'Put the files of the vendor’s package for this card into the images folder, under their own names.',
  );
  const against = other === undefined ? [] : reasonsOn(book, unit, card, other).filter(isAgainst);
  return ends(against.some(({ outcome }) => outcome === 'block') ? 'blocked' : 'unknown', [
    missing,
    ...against,
    ...damaged,
  ]);
}

function isAgainst({ outcome }: Reason): boolean {
  return outcome === 'block' || outcome === 'unknown';
}

function damage({ file, problems }: CardFile): Reason {
  const because = `${file}: ${problems[0]?.message ?? 'damaged'}`;
  return builtIn(
    'CARD_FILE_DAMAGED',
    'warn',
    because,
    'Get the file again; unpack it from the vendor’s package under its own name.',
  );
}

/** `aos v6.9.6, sumx v6.9.6, boot monitor v1.0.9`. */
function inWords({ os, app, boot }: Card): string {
  return `aos ${os ?? 'not known'}, ${app?.name ?? 'application'} ${app?.version ?? 'not known'}, boot monitor ${boot ?? 'not known'}`;
}

/** What several files have in common is said once. */
function onceEach(reasons: readonly Reason[]): readonly Reason[] {
  return [
    ...new Map(
      reasons.map((reason) => [`${reason.rule} ${reason.outcome} ${reason.because}`, reason]),
    ).values(),
  ];
}

function ends(status: Status, reasons: readonly Reason[]): CardJudgement {
  return { status, hops: [], reasons, after: null };
}
