import {
  type Card,
  type CardFile,
  type ImageProblem,
  isLeftAlone,
  joinList,
  type Reason,
} from '../../core/index.ts';
import { builtIn } from '../engine/built-in.ts';
import { cardOrder } from '../facts/card.ts';

/** A file that cannot be used and should be: not one that is left alone. */
export function isDamaged(file: CardFile): boolean {
  return file.problems.length > 0 && !isLeftAlone(file);
}

export function damage({ file, problems }: CardFile): Reason {
  return builtIn(
    'CARD_FILE_DAMAGED',
    'warn',
    `${file}: ${problems[0]?.message ?? 'damaged'}`,
    'Download the file again, or extract it from the vendor package, and keep its name.',
  );
}

/** Files that state the same part and version with different content. Of two such files none is chosen. */
export function ambiguity(files: readonly CardFile[]): Reason {
  const names = files.map(({ file }) => file);
  // The same name can be in the folders of two packages.
  const labels = new Set(names).size === names.length ? names : files.map(({ path }) => path);
  return builtIn(
    'CARD_AMBIGUOUS',
    'unknown',
    `${joinList(labels)} have the same part and version but different content`,
    'Find out which file is from the vendor and keep only that one.',
  );
}

/**
 * Copies under another name (`apc_hw05_sumx_722 (1).bin`) with other bytes than a chosen file, and that file:
 * one of them may be a download that was cut.
 */
export function otherCopies(chosen: readonly CardFile[], files: readonly CardFile[]): readonly CardFile[] {
  const renamed = files.filter((file) => hasCode(file, 'image/renamed'));
  return chosen.flatMap((file) => {
    const others = renamed.filter((copy) => isSame(copy, file) && copy.sha256 !== file.sha256);
    return others.length === 0 ? [] : [file, ...others];
  });
}

function isSame(a: CardFile, b: CardFile): boolean {
  return (['platform', 'part', 'app', 'version'] as const).every((key) => a[key] === b[key]);
}

/**
 * Warnings about newer firmware for this very card that is not offered: under a changed name, or in a package
 * that is not unpacked. Files for other cards give none.
 */
export function notOffered(card: Card, files: readonly CardFile[]): readonly Reason[] {
  const usable = files.filter((file) => file.problems.length === 0);
  return files.flatMap((file) => {
    const [problem] = file.problems;
    if (problem === undefined || !isForCard(card, file) || !isNewer(card, file)) return [];
    const isUsable = usable.some((other) => other.sha256 === file.sha256 || isWithin(other, file));
    return isUsable ? [] : notice(file, problem);
  });
}

function notice({ file }: CardFile, { code, message }: ImageProblem): readonly Reason[] {
  if (code === 'image/renamed')
    return [
      builtIn(
        'CARD_FILE_RENAMED',
        'warn',
        `${file}: ${message}`,
        'Give the file the name of the vendor, or remove it.',
      ),
    ];
  if (code !== 'image/package') return [];
  const remedy = 'Unpack it in the images folder: its folder Bins is read.';
  return [builtIn('CARD_FILE_PACKED', 'warn', `${file} is not unpacked`, remedy)];
}

/** A package may not name its platform; then its application must be that of the card. */
function isForCard(card: Card, { platform, app, part }: CardFile): boolean {
  const installed = card.app?.name ?? null;
  if (platform === null) return app !== null && app === installed;
  const isFor = app === null || installed === null || app === installed;
  return platform === card.platform && isFor && (part !== null || app !== null);
}

function isNewer(card: Card, file: CardFile): boolean {
  const installed =
    file.part === 'card-os' ? card.os : file.part === 'card-boot' ? card.boot : card.app?.version;
  return cardOrder(file.version, installed ?? null) === 'newer';
}

/** The package of this file is unpacked: its version is there. */
function isWithin(other: CardFile, file: CardFile): boolean {
  return (
    file.part === null &&
    other.version === file.version &&
    other.platform === (file.platform ?? other.platform)
  );
}

function hasCode({ problems }: CardFile, code: ImageProblem['code']): boolean {
  return problems.some((problem) => problem.code === code);
}
