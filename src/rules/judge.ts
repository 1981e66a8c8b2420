import {
  enumerated,
  type HopOutline,
  nothingAgainst,
  type PathKind,
  type Reason,
  type Status,
  type StoredImage,
  type Target,
  type Unit,
  type Verdict,
} from '../core/index.ts';
import { evaluate } from './evaluate.ts';
import { compareIn, orderOf, unitFacts, updateFacts } from './facts.ts';
import type { RuleBook } from './load.ts';
import type { Rule } from './schema.ts';

export interface JudgeInput {
  readonly unit: Unit;
  /** The images of the folder, damaged ones included. */
  readonly images: readonly StoredImage[];
  readonly path: PathKind | null;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** The images of the verdict's hops, in their order. */
  readonly images: readonly StoredImage[];
}

/** Reasons that are not rules of a file: they come from the choice itself. Documented in docs/codes.md. */
export const BUILT_IN_CODES = {
  UNREACHABLE: 'The unit could not be looked at.',
  IMAGE_MISSING: 'A newer release is known, and the images folder holds no image of it.',
  IMAGE_DAMAGED: 'The images folder holds an image for the unit that is not intact.',
  IMAGE_AMBIGUOUS:
    'The images folder holds several images of the same id and version with different content.',
  LINE_UNKNOWN: 'The catalogue does not know the Micro-Link id, and the folder holds no image for it.',
  UP_TO_DATE: 'No newer release is known, and none lies in the images folder.',
  NO_SEND_PATH: 'There is no way to send an image to this unit from here.',
  DUPLICATE_SERIAL: 'Two units of the inventory answer with the same serial number.',
  OTHER_SERIAL: 'The unit answers with another serial number than the inventory says.',
} as const;

/** Judges a unit: what it may get from the folder, and what stands against it. Pure. */
export function judge(book: RuleBook, input: JudgeInput): Judgement {
  const { unit, path } = input;
  if (!unit.reachable)
    return plain(
      'unreachable',
      [builtIn('UNREACHABLE', 'block', 'the unit does not answer', 'See the problem of the unit.')],
      path,
    );
  const aboutUnit = reasonsOf(book, 'unit', (rule) => evaluate(rule, unitFacts(unit)));
  const unsupported = new Set(book.rules.filter((rule) => rule.unsupported).map((rule) => rule.id));
  // With hardware that takes no update at all, what else is missing is not worth a word.
  const final = aboutUnit.filter((reason) => reason.outcome === 'block' && unsupported.has(reason.rule));
  if (final.length > 0) return plain('unsupported', final, null);
  if (!nothingAgainst(aboutUnit)) return plain('unknown', aboutUnit, path);
  return judgeUpdate(book, input, aboutUnit);
}

/** The same rules once more, for a unit as it is now and the image that was chosen. Pure. */
export function judgeStart(
  book: RuleBook,
  unit: Unit,
  image: StoredImage,
  path: PathKind,
): readonly Reason[] {
  return [
    ...reasonsOf(book, 'unit', (rule) => evaluate(rule, unitFacts(unit))),
    ...reasonsOf(book, 'update', (rule) => evaluate(rule, updateFacts(book, unit, image, path))),
    ...sendPath(path),
  ];
}

function reasonsOf(book: RuleBook, about: Rule['about'], ask: (rule: Rule) => Reason | null): Reason[] {
  return book.rules.filter((rule) => rule.about === about).flatMap((rule) => ask(rule) ?? []);
}

function judgeUpdate(book: RuleBook, input: JudgeInput, aboutUnit: readonly Reason[]): Judgement {
  const { unit, path } = input;
  const { microLinkId, version } = unit.firmware;
  if (microLinkId === null || version === null) return plain('unknown', aboutUnit, path);
  const fitting = input.images.filter((image) => image.microLinkId === microLinkId);
  const damaged = fitting.filter((image) => image.problems.length > 0).map(damage);
  const newer = fitting.filter((image) => image.problems.length === 0 && orderOf(unit, image) === 'newer');
  const choice = choose(book, microLinkId, newer);
  if (choice.length === 0) return withoutImage(book, input, microLinkId, version, [...aboutUnit, ...damaged]);

  const [image] = choice;
  if (image === undefined || choice.length > 1) {
    const files = enumerated(choice.map((one) => one.file));
    const because = `${files} are all for id ${microLinkId} and version ${image?.version ?? '?'}, and differ`;
    const ambiguous = builtIn(
      'IMAGE_AMBIGUOUS',
      'unknown',
      because,
      'Find out which one fits this unit (the rating may decide) and keep only that one.',
    );
    const target = { version: image?.version ?? '', microLinkId, image: null };
    return {
      verdict: {
        status: 'blocked',
        target,
        hops: [],
        path,
        wizard: null,
        reasons: [...aboutUnit, ambiguous, ...damaged],
      },
      images: [],
    };
  }
  const reasons = [...judgeStart(book, unit, image, path ?? 'nmc'), ...damaged];
  const target: Target = {
    version: image.version ?? '',
    microLinkId: image.microLinkIdAfter ?? microLinkId,
    image: image.file,
  };
  const hop: HopOutline = {
    from: version,
    to: target.version,
    image: image.file,
    microLinkIdAfter: target.microLinkId,
    path: path ?? 'nmc',
  };
  const status: Status = nothingAgainst(reasons) ? 'outdated' : 'blocked';
  return { verdict: { status, target, hops: [hop], path, wizard: null, reasons }, images: [image] };
}

/** The images of the highest version; of several with different content those whose hash the catalogue knows. */
function choose(book: RuleBook, id: number, newer: readonly StoredImage[]): readonly StoredImage[] {
  const best = newer.filter((image) =>
    newer.every((other) => (compareIn(id, image.version ?? '', other.version ?? '') ?? 0) >= 0),
  );
  const contents = new Map(best.map((image) => [image.sha256, image]));
  if (contents.size <= 1) return best.slice(0, 1);
  const known = new Set(book.lines.get(id)?.images.map((image) => image.sha256));
  const trusted = [...contents.values()].filter((image) => known.has(image.sha256));
  return trusted.length === 1 ? trusted : [...contents.values()];
}

function withoutImage(
  book: RuleBook,
  input: JudgeInput,
  id: number,
  version: string,
  reasons: readonly Reason[],
): Judgement {
  const line = book.lines.get(id);
  if (line === undefined) {
    const because = `id ${id} is not in the catalogue, and no image in the folder is for it`;
    return plain(
      'unknown',
      [
        ...reasons,
        builtIn(
          'LINE_UNKNOWN',
          'unknown',
          because,
          'Put the image of this id into the folder, if the vendor has one.',
        ),
      ],
      input.path,
    );
  }
  const { newest } = line;
  const order = newest === null ? null : compareIn(id, newest, version);
  if (newest === null || order !== 1) {
    const because = `installed is ${version}, the newest release known is ${newest ?? 'none'}`;
    return plain(
      'current',
      [...reasons, { ...builtIn('UP_TO_DATE', 'pass', because, ''), remedy: null }],
      input.path,
    );
  }
  const file = line.images.find((image) => image.version === newest)?.file;
  const wanted = file === undefined ? `the image of ${newest} for id ${id}` : file;
  const missing = builtIn(
    'IMAGE_MISSING',
    'block',
    `installed is ${version}, the newest release known is ${newest}, and the images folder holds no intact image of it`,
    `Put ${wanted} into the images folder.`,
  );
  const verdict: Verdict = {
    status: 'blocked',
    target: { version: newest, microLinkId: id, image: null },
    hops: [],
    path: input.path,
    wizard: null,
    reasons: [...reasons, missing],
  };
  return { verdict, images: [] };
}

function damage(image: StoredImage): Reason {
  const because = `${image.file}: ${image.problems[0]?.message ?? 'damaged'}`;
  return builtIn(
    'IMAGE_DAMAGED',
    'warn',
    because,
    'Get the file again, and compare its sha256 with that of its source.',
  );
}

function sendPath(path: PathKind): readonly Reason[] {
  if (path === 'nmc') return [];
  return [
    builtIn(
      'NO_SEND_PATH',
      'block',
      `how a running unit is made to take an image over its ${path === 'usb' ? 'USB' : 'serial'} port is not public`,
      'Use the vendor’s Firmware Upgrade Wizard on Windows with the serial cable of the unit, the load powered down; it takes 5 to 20 minutes.',
    ),
  ];
}

function plain(status: Status, reasons: readonly Reason[], path: PathKind | null): Judgement {
  return { verdict: { status, target: null, hops: [], path, wizard: null, reasons }, images: [] };
}

function builtIn(
  code: keyof typeof BUILT_IN_CODES,
  outcome: Reason['outcome'],
  because: string,
  remedy: string,
): Reason {
  return { code, rule: 'choice', outcome, because, remedy, source: 'images folder and catalogue' };
}
