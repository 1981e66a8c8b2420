import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateFolder } from '../../src/state/index.ts';
import { canMount, fill, makeReadOnly, mountMemory, unmount } from '../support/machine/mounts.ts';

let home: string;
let state: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'upsfw-state-'));
  state = join(home, 'state');
});
afterEach(async () => {
  unmount(state);
  await rm(home, { recursive: true, force: true });
});

function refused(message: RegExp) {
  return expect(openStateFolder(state)).rejects.toMatchObject({
    code: 'config/state',
    message: expect.stringMatching(message),
  });
}

describe.skipIf(!canMount)('a state folder on a file system of its own', () => {
  it('is refused where that is too small or full', async () => {
    mountMemory(state, 64 * 1024);
    await refused(/8\.0 MiB are needed, 0\.\d MiB are free/);
    unmount(state);
    mountMemory(state, 16 * 1024 * 1024);
    await openStateFolder(state);
    fill(state);
    await refused(/0\.0 MiB are free/);
  });

  it('is refused where that is read-only', async () => {
    // Also where it is too small: the room is not what helps.
    for (const size of [16 * 1024 * 1024, 64 * 1024]) {
      mountMemory(state, size);
      makeReadOnly(state);
      await refused(/cannot be written to: its file system is read-only/);
      unmount(state);
    }
  });
});
