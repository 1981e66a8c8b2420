import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

/** Fills a file system to its last byte and returns the file that does it. */
export function fill(folder: string): string {
  const file = join(folder, 'ballast');
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(file, Buffer.alloc(bavail * bsize));
  return file;
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
