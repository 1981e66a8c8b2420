import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import pLimit from 'p-limit';
import { Problem, printable, type StoredImage } from '../core/index.ts';
import { LARGEST_IMAGE } from './layout.ts';
import { readImage } from './read-image.ts';

/** The image files of a folder, each read and checked. */
export interface ImageFolder {
  readonly dir: string;
  readonly images: readonly StoredImage[];
}

const READ_AT_ONCE = 8;
const IMAGE_FILE = /\.enc$/i;

/** Reads every `.enc` file of a folder, in the order of names. Throws Problem config/images. */
export async function openFolder(dir: string): Promise<ImageFolder> {
  const folder = resolve(dir);
  let names: string[];
  try {
    names = (await readdir(folder)).filter((name) => IMAGE_FILE.test(name)).sort();
  } catch (thrown) {
    throw new Problem('config/images', `The images folder ${dir} cannot be read.`, {
      hint: 'Name an existing folder in the inventory (images:) or with --images.',
      cause: thrown,
    });
  }
  if (names.length === 0) {
    throw new Problem('config/images', `The images folder ${dir} holds no file that ends in .enc.`, {
      hint: 'Put the image files of the vendor there. They come with the Firmware Upgrade Wizard.',
    });
  }
  return { dir: folder, images: await readFiles(names.map((name) => join(folder, name))) };
}

/** Reads single files and whole folders, as named on a command line. Throws Problem config/images. */
export async function openFiles(paths: readonly string[]): Promise<readonly StoredImage[]> {
  const lists = await Promise.all(
    paths.map(async (path) => {
      const isFolder = await stat(path).then(
        (found) => found.isDirectory(),
        () => null,
      );
      if (isFolder === null) {
        throw new Problem('config/images', `There is no file or folder ${path}.`, {
          hint: 'Check the path.',
        });
      }
      return isFolder ? (await openFolder(path)).images : readFiles([path]);
    }),
  );
  return lists.flat();
}

async function readFiles(paths: readonly string[]): Promise<readonly StoredImage[]> {
  const limit = pLimit(READ_AT_ONCE);
  return Promise.all(paths.map((path) => limit(() => readOne(resolve(path)))));
}

async function readOne(path: string): Promise<StoredImage> {
  const file = basename(path);
  try {
    const { size } = await stat(path);
    // Read no more than can be an image; the reader then says that it is too large.
    const bytes = size > LARGEST_IMAGE ? Buffer.alloc(0) : await readFile(path);
    const image = { ...readImage(bytes, file), path };
    if (size <= LARGEST_IMAGE) return image;
    return {
      ...image,
      sizeBytes: size,
      problems: [
        {
          code: 'image/size',
          message: `The file has ${size} bytes, more than the ${LARGEST_IMAGE} that are read.`,
        },
      ],
    };
  } catch (thrown) {
    const why = thrown instanceof Error ? printable(thrown.message) : 'unknown';
    return {
      ...readImage(Buffer.alloc(0), file),
      path,
      problems: [{ code: 'image/unreadable', message: `The file cannot be read: ${why}` }],
    };
  }
}

/** The bytes of an image, if they are still those that were read before. Throws Problem image/changed. */
export async function readBytes(image: StoredImage): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(image.path);
  } catch (thrown) {
    throw new Problem('image/changed', `${image.file} cannot be read any more.`, {
      hint: 'Put the file back, or make a new plan.',
      cause: thrown,
    });
  }
  const { sha256 } = readImage(bytes, image.file);
  if (sha256 !== image.sha256) {
    throw new Problem(
      'image/changed',
      `${image.file}: planned with sha256 ${image.sha256}, now the file has ${sha256}.`,
      {
        hint: 'Find out who changed the file, then make a new plan.',
      },
    );
  }
  return bytes;
}

/** Checks that the file of an image is still the one that was read before. Throws Problem image/changed. */
export async function verifyStored(image: StoredImage): Promise<void> {
  await readBytes(image);
}
