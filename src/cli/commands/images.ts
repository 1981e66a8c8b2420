import { z } from 'zod';
import { isLeftAlone, Problem, type StoredFile } from '../../core/index.ts';
import { fetchImage, LARGEST_IMAGE, openPaths } from '../../images/index.ts';
import { renderImages } from '../../report/index.ts';
import { loadRules } from '../../rules/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { imagesDocument } from '../documents/images.ts';
import { type Exit, exitOfFiles } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { CommonSchema } from '../options.ts';
import { printDocument } from '../print.ts';

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
    sha256: { type: 'string', describe: 'fetch: the hash that the file must have' },
    to: { type: 'string', default: 'images', describe: 'fetch: the folder for the file' },
  },
  schema: ImagesArgs,
  run: images,
});

async function images(args: ImagesArgs, io: Io): Promise<Exit> {
  const [first, url, ...more] = args.paths;
  const found =
    first === 'fetch'
      ? { images: [await fetchOne(url, more, args, io)], cardFiles: [], others: [], notes: [] }
      : await openPaths(args.paths.length > 0 ? args.paths : ['images']);
  const document = imagesDocument(found.images, await loadRules(), io.clock.now(), found.cardFiles, found);
  printDocument(document, args, io, renderImages);
  return exitOfFiles(unusableCount([...found.images, ...found.cardFiles]));
}

/** Damaged files; and all of them if none can be used, such as a package that was named alone. */
function unusableCount(files: readonly StoredFile[]): number {
  const isUsable = files.some(({ problems }) => problems.length === 0);
  return files.filter((file) => file.problems.length > 0 && !(isUsable && isLeftAlone(file))).length;
}

async function fetchOne(url: string | undefined, more: readonly string[], args: ImagesArgs, io: Io) {
  if (url === undefined || more.length > 0 || args.sha256 === undefined) {
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
      sha256: args.sha256,
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
  } finally {
    release();
  }
}
