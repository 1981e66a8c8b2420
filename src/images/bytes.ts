import { readFile } from 'node:fs/promises';
import { type CardFile, type Image, isCardFile, Problem, type StoredFile } from '../core/index.ts';
import { readCardFile } from './card-file.ts';
import { readImage } from './read-image.ts';

/** The bytes of a file to send, if the file is unchanged since it was read. Throws Problem image/changed. */
export async function readBytes(image: StoredFile): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(image.path);
  } catch (thrown) {
    throw new Problem('image/changed', `${image.file} can no longer be read.`, {
      hint: 'Put the file back, or make a new plan.',
      cause: thrown,
    });
  }
  const now = isCardFile(image) ? readCardFile(bytes, image.file) : readImage(bytes, image.file);
  const { sha256 } = now;
  if (sha256 !== image.sha256) {
    throw new Problem(
      'image/changed',
      `${image.file}: planned with sha256 ${image.sha256}, now the file has ${sha256}.`,
      {
        hint: 'Find out who changed the file, then make a new plan.',
      },
    );
  }
  // The planned metadata may come from the image index; the bytes themselves must agree with it.
  const [planned, found] = [summary(image), summary({ ...image, ...now })];
  if (planned !== found) {
    throw new Problem(
      'image/changed',
      `${image.file}: planned as ${planned}, but the file contains ${found}.`,
      {
        hint: 'Remove the image index (images.json in the state folder), then make a new plan.',
      },
    );
  }
  return bytes;
}

/** Checks that a file to send is unchanged since it was read. Throws Problem image/changed. */
export async function verifyStored(image: StoredFile): Promise<void> {
  await readBytes(image);
}

function summary(file: StoredFile): string {
  return isCardFile(file) ? cardSummary(file) : imageSummary(file);
}

function cardSummary({ part, version, platform, problems }: CardFile): string {
  const [problem] = problems;
  return `${part} ${version} for ${platform}${problem === undefined ? '' : `, damaged (${problem.message})`}`;
}

function imageSummary({ microLinkId, microLinkIdAfter, version, signed, problems }: Image): string {
  const [problem] = problems;
  const damage = problem === undefined ? '' : `, damaged (${problem.message})`;
  return `UPS ${version} for ID${microLinkId}, ID${microLinkIdAfter} afterwards, ${signed ? 'signed' : 'not signed'}${damage}`;
}
