import { enumerated, type Image, printable } from '../core/index.ts';
import { readFileName } from './file-name.ts';

/**
 * Every warning about an image file and what it means. A warning never makes an image unusable and never changes an
 * exit code. `docs/codes.md` holds the same list and a test compares the two.
 */
export const IMAGE_WARNINGS = {
  NAME_OTHER_ID: 'The file name gives another Micro-Link id than the content.',
  NAME_OTHER_VERSION: 'The file name gives another version than the content.',
  HASH_UNKNOWN: 'The sha256 is not in the catalogue, as for a newer image or one that is not of the vendor.',
} as const;

export type ImageWarningCode = keyof typeof IMAGE_WARNINGS;

export interface ImageWarning {
  readonly code: ImageWarningCode;
  readonly message: string;
}

/** What people should know of an image although it is usable. `known`: the catalogue has its sha256. */
export function imageWarnings(image: Image, known: boolean): readonly ImageWarning[] {
  // A damaged file has its problems; that its hash is not known either follows from them.
  if (known || image.problems.length > 0) return nameWarnings(image);
  return [
    ...nameWarnings(image),
    {
      code: 'HASH_UNKNOWN',
      message: `sha256 ${image.sha256} is not in the catalogue. The image may be newer than the catalogue; compare the hash with the one that the vendor prints.`,
    },
  ];
}

function nameWarnings(image: Image): readonly ImageWarning[] {
  const { ids, versions } = readFileName(image.file);
  const file = printable(image.file);
  const warnings: ImageWarning[] = [];
  const { microLinkId, version } = image;
  if (microLinkId !== null && ids.length > 0 && !ids.includes(microLinkId)) {
    const named = enumerated(ids.map((id) => `ID${id}`));
    warnings.push({
      code: 'NAME_OTHER_ID',
      message: `The name ${file} says ${named}, the content is for ID${microLinkId}. The content counts; rename the file, or get the image for ${named}.`,
    });
  }
  // A letter before the digits marks a patch; names do not write it.
  const plain = version?.replace(/^[A-Za-z]/, '') ?? null;
  if (plain !== null && versions.length > 0 && !versions.includes(plain)) {
    const named = enumerated(versions);
    warnings.push({
      code: 'NAME_OTHER_VERSION',
      message: `The name ${file} says version ${named}, the content is ${version}. The content counts; rename the file, or get the image of ${named}.`,
    });
  }
  return warnings;
}
