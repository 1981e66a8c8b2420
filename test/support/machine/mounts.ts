import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../../../src/core/index.ts';

/** Small file systems in memory, which need root on Linux. */

/** Mounts a file system of `size` bytes; false if that is not possible here. */
export function mountMemory(folder: string, size: number): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return mount(['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', folder]);
}

export function makeReadOnly(folder: string): boolean {
  return mount(['-o', 'remount,ro', folder]);
}

export function unmount(folder: string): void {
  spawnSync('umount', ['-l', folder]);
}

function mount(options: readonly string[]): boolean {
  return spawnSync('mount', options).status === 0;
}

/**
 * Fills a file system to its last page and returns the file that does it. Other writes of this process may
 * end meanwhile, so the free space is not known before.
 */
export function fill(folder: string): string {
  const file = join(folder, 'ballast');
  const opened = openSync(file, 'w');
  try {
    for (const size of [65_536, 4096]) {
      while (hasWritten(opened, size)) {
        // One more piece fitted.
      }
    }
  } finally {
    closeSync(opened);
  }
  return file;
}

/** False if the file system is full. */
function hasWritten(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) > 0;
  } catch (thrown) {
    if (hasCode(thrown, 'ENOSPC')) return false;
    throw thrown;
  }
}

/** Whether this process may mount; reports it if not. */
export const canMount = ((): boolean => {
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    const folder = mkdtempSync(join(tmpdir(), 'upsfw-mount-'));
    const mounted = mountMemory(folder, 65536);
    if (mounted) unmount(folder);
    rmSync(folder, { recursive: true, force: true });
    if (mounted) return true;
  }
  process.stderr.write(
    'skipped: tests with file systems of their own: they need Linux, root and the right to mount\n',
  );
  return false;
})();
