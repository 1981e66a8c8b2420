import { once } from 'node:events';
import { watch } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from './daemon.ts';

/** Two connected serial ports, joined by socat. */
export interface PtyPair {
  readonly here: string;
  readonly there: string;
  /** A temporary folder of the pair. */
  readonly folder: string;
  stop(): Promise<void>;
}

export async function openPair(socat: string): Promise<PtyPair> {
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-pty-'));
  const here = join(folder, 'here');
  const there = join(folder, 'there');
  const daemon = startDaemon(socat, [`pty,raw,echo=0,link=${here}`, `pty,raw,echo=0,link=${there}`]);
  await Promise.race([
    Promise.all([appears(folder, here), appears(folder, there)]),
    once(daemon.child, 'exit').then(() => {
      throw new Error(`socat ended: ${daemon.output()}`);
    }),
  ]);
  return {
    here,
    there,
    folder,
    async stop() {
      await daemon.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function appears(folder: string, path: string): Promise<void> {
  const watcher = watch(folder);
  try {
    while (!(await exists(path))) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
