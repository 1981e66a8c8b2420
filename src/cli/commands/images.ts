import { z } from 'zod';
import { isLeftAlone, Problem, type StoredFile, sanitize } from '../../core/index.ts';
import { fetchImage, hashFile, LARGEST_IMAGE, type NamedFiles, openPaths } from '../../images/index.ts';
import { type ComparedHash, type ImagesDocument, renderImages } from '../../report/index.ts';
import { loadRules } from '../../rules/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { imagesDocument } from '../documents/images.ts';
import { type Exit, exitOfFiles } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { CommonSchema } from '../options.ts';
import { printDocument } from '../print.ts';
import { interrupted } from '../stoppable.ts';

const ImagesArgs = CommonSchema.extend({
  paths: z.array(z.string().min(1)),
  sha256: z.string().optional(),
  to: z.string().min(1),
});
type ImagesArgs = z.infer<typeof ImagesArgs>;

export const imagesCommand = defineCommand<ImagesArgs>({
  usage: 'images [paths..]',
  describe:
    'Read image files and folders; "images fetch URL --sha256 HASH" downloads an image (touches no device)',
  positionals: { paths: { describe: 'Image files and folders (default: ./images)', array: true } },
  options: {
    ...COMMON_OPTIONS,
    sha256: {
      type: 'string',
      describe: 'The hash that the one named file, or the file of fetch, must have; or a line of sha256sum',
    },
    to: { type: 'string', default: 'images', describe: 'fetch: the folder for the file' },
  },
  schema: ImagesArgs,
  run: images,
});

async function images(args: ImagesArgs, io: Io): Promise<Exit> {
  const [first, url, ...more] = args.paths;
  const expected = args.sha256 === undefined ? null : readHash(args.sha256);
  const found =
    first === 'fetch'
      ? { images: [await fetchOne(url, more, expected, args, io)], cardFiles: [], others: [], notes: [] }
      : await openPaths(args.paths.length > 0 ? args.paths : ['images']);
  const read = imagesDocument(found.images, await loadRules(), io.clock.now(), found.cardFiles, found);
  const document: ImagesDocument =
    expected === null ? read : { ...read, expected: await compareHash(found, expected) };
  printDocument(document, args, io, (one, style) => `${renderImages(one, style)}${comparisonText(document)}`);
  const files = [...found.images, ...found.cardFiles];
  // With a hash, the question is whether this is the file, and not whether it can be used as it is.
  if (document.expected === null) return exitOfFiles(unusableCount(files));
  return exitOfFiles(files.filter(isDamaged).length + (document.expected.matches ? 0 : 1));
}

function isDamaged(file: StoredFile): boolean {
  return file.problems.length > 0 && !isLeftAlone(file);
}

/** Damaged files; and all of them if none can be used, such as a package that was named alone. */
function unusableCount(files: readonly StoredFile[]): number {
  const isUsable = files.some(({ problems }) => problems.length === 0);
  return files.filter((file) => file.problems.length > 0 && !(isUsable && isLeftAlone(file))).length;
}

/** A hash, as people copy it: any case, after `sha256:`, or in a line of `sha256sum`. */
const HASH = /^\\?(?:sha-?256:\s*)?([0-9a-f]{64})(?:[ \t]+\*?\S.{0,4000})?$/i;
/** `SHA256 (NAME) = HASH`, as BSD and OpenSSL print it. */
const TAGGED = /^SHA2?-?256 ?\(.{1,4000}\) ?= ?([0-9a-f]{64})$/i;

/** The hash of `--sha256` in lower case. Throws Problem config/usage. */
function readHash(text: string): string {
  const line = text.trim();
  const found = HASH.exec(line) ?? TAGGED.exec(line);
  if (found?.[1] !== undefined) return found[1].toLowerCase();
  throw new Problem(
    'config/usage',
    `--sha256 "${sanitize(text, 200)}" has no SHA-256 of 64 hexadecimal digits.`,
    {
      hint: 'Give the hash alone, with sha256: before it, or the line that sha256sum prints.',
    },
  );
}

/**
 * Compares the bytes of the one file, whatever it is: also those of a package, or of a file that is too large
 * for an image. Throws Problem config/usage unless exactly one file was read.
 */
async function compareHash(
  { images: found, cardFiles }: Pick<NamedFiles, 'images' | 'cardFiles'>,
  sha256: string,
): Promise<ComparedHash> {
  const [file, ...others] = [...found, ...cardFiles];
  if (file === undefined || others.length > 0) {
    throw new Problem(
      'config/usage',
      `--sha256 is the hash of one file; ${file === undefined ? 'no' : others.length + 1} files were read.`,
      { hint: 'Name one file: upsfw images FILE --sha256 HASH.' },
    );
  }
  const hash = await hashFile(file.path);
  return { sha256, found: hash, matches: hash === sha256 };
}

function comparisonText({ expected }: ImagesDocument): string {
  if (expected === null) return '';
  const { sha256, found, matches } = expected;
  if (matches) return `The sha256 is the expected one: ${sha256}\n`;
  if (found === null) return `The sha256 was not compared with ${sha256}: the file cannot be read.\n`;
  return `The sha256 differs.\n  expected: ${sha256}\n  found:    ${found}\nDo not use this file: download it again, and compare with the source.\n`;
}

async function fetchOne(
  url: string | undefined,
  more: readonly string[],
  sha256: string | null,
  args: ImagesArgs,
  io: Io,
) {
  if (url === undefined || more.length > 0 || sha256 === null) {
    throw new Problem('config/usage', 'images fetch needs one URL and --sha256.', {
      hint: 'upsfw images fetch https://HOST/NAME.enc --sha256 HASH --to images',
    });
  }
  const stop = new AbortController();
  const release = io.onInterrupt(() => stop.abort());
  let shown = -1;
  try {
    return await fetchImage({
      url,
      sha256,
      dir: args.to,
      maxBytes: LARGEST_IMAGE,
      signal: stop.signal,
      progress: (bytes, total) => {
        const tenth = total === null ? Math.floor(bytes / 262_144) : Math.floor((bytes * 10) / total);
        if (tenth === shown) return;
        shown = tenth;
        io.info(`${bytes} bytes${total === null ? '' : ` of ${total}`}\n`);
      },
    });
  } catch (thrown) {
    if (stop.signal.aborted) throw interrupted('The download was stopped. Nothing was saved.');
    throw thrown;
  } finally {
    release();
  }
}
