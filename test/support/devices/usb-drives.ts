import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredImage } from '../../../src/core/index.ts';
import { readImage, type UsbDriveSystem } from '../../../src/images/index.ts';
import { buildImage } from '../../../src/sim/index.ts';

export const FAT = 0x4d44;

/** A system where `root` is the root of a drive with this file system type and free space. */
export function driveAt(root: string, type = FAT, free = 64 * 1024 * 1024): UsbDriveSystem {
  return {
    statfs: async () => ({ type, bsize: 512, bavail: Math.floor(free / 512) }),
    deviceOf: async (path) => (path.startsWith(root) ? 2 : 1),
  };
}

/** An image for ID1020 in a folder, as read. */
export async function imageIn(folder: string, file = 'SRT1020UPS_15-9.enc'): Promise<StoredImage> {
  const bytes = buildImage({ microLinkId: 1020, version: '15.9', signed: true, payloadBytes: 3000 });
  const path = join(folder, file);
  await writeFile(path, bytes);
  return { ...readImage(bytes, file), path };
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
