import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, Problem } from '../core/index.ts';

const PinsSchema = z.record(z.string().max(300), z.string().max(200));

/** Fingerprints seen before, by name; kept in one file of the state folder. */
export interface Pins {
  get(name: string): Promise<string | null>;
  pin(name: string, fingerprint: string): Promise<void>;
}

export function createPins(state: string): Pins {
  const file = join(state, 'known-hosts.json');
  let queue: Promise<unknown> = Promise.resolve();

  const read = async (): Promise<Record<string, string>> => {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (thrown) {
      // No file yet: nothing was seen before. Any other failure must not pass for that.
      if (hasCode(thrown, 'ENOENT')) return {};
      throw new Problem('config/state', `${file} cannot be read.`, {
        hint: 'Make it readable for the user that runs upsfw.',
        cause: thrown,
      });
    }
    try {
      return PinsSchema.parse(JSON.parse(text));
    } catch (thrown) {
      throw new Problem('config/state', `${file} cannot be read.`, {
        hint: 'Mend it or remove it; without it every host key is pinned anew on the next connection.',
        cause: thrown,
      });
    }
  };

  return {
    async get(name) {
      return (await read())[name] ?? null;
    },
    pin(name, fingerprint) {
      const written = queue.then(async () => {
        await mkdir(state, { recursive: true, mode: 0o700 });
        const pins = { ...(await read()), [name]: fingerprint };
        const draft = `${file}.${process.pid}`;
        const handle = await open(draft, 'w', 0o600);
        try {
          await handle.writeFile(`${JSON.stringify(pins, null, 2)}\n`);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(draft, file);
      });
      queue = written.catch(() => undefined);
      return written;
    },
  };
}
