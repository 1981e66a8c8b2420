import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, Problem } from '../core/index.ts';
import { diskProblem, makeFolder, replaceFile } from '../files/index.ts';
import { refuseForeign } from './folder.ts';

const PinsSchema = z.record(z.string().max(300), z.string().max(200));

/** Fingerprints seen before, by name; kept in one file of the state folder. */
export interface Pins {
  /** Throws Problem config/state where the file is there and cannot be read: what it holds must not pass for nothing. */
  get(name: string): Promise<string | null>;
  /** Throws Problem config/state where the pin is not on the disk afterwards. */
  add(name: string, fingerprint: string): Promise<void>;
}

export function createKnownHosts(state: string): Pins {
  const file = join(state, 'known-hosts.json');
  let queue: Promise<unknown> = Promise.resolve();

  const read = async (): Promise<Record<string, string>> => {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (thrown) {
      // No file yet: nothing was seen before. Any other failure must not pass for that.
      if (hasCode(thrown, 'ENOENT') || hasCode(thrown, 'ENOTDIR')) return {};
      throw diskProblem(thrown, `${file} cannot be read`);
    }
    try {
      return PinsSchema.parse(JSON.parse(text));
    } catch (thrown) {
      throw new Problem('config/state', `${file} is damaged: it is not the JSON that upsfw writes.`, {
        hint: 'Correct it, or remove it; without it every host key is pinned anew on the next connection.',
        cause: thrown,
      });
    }
  };

  return {
    async get(name) {
      return (await read())[name] ?? null;
    },
    add(name, fingerprint) {
      const written = queue.then(async () => {
        try {
          await refuseForeign(state);
          await makeFolder(state);
          const pins = { ...(await read()), [name]: fingerprint };
          await replaceFile(file, `${JSON.stringify(pins, null, 2)}\n`);
        } catch (thrown) {
          throw diskProblem(thrown, `${file} cannot be written`);
        }
      });
      queue = written.catch(() => undefined);
      return written;
    },
  };
}

/**
 * Pins for commands that only read devices: a pin that cannot be kept is said once (`warn`) and holds in this process. A store that
 * cannot be read still refuses, because a key that changed would not be noticed and a password would go to its owner.
 */
export function createLenientKnownHosts(pins: Pins, warn: (problem: Problem) => void): Pins {
  const unkept = new Map<string, string>();
  return {
    get: async (name) => unkept.get(name) ?? (await pins.get(name)),
    async add(name, fingerprint) {
      try {
        await pins.add(name, fingerprint);
      } catch (thrown) {
        if (!(thrown instanceof Problem) || thrown.code !== 'config/state') throw thrown;
        if (unkept.size === 0) warn(thrown);
        unkept.set(name, fingerprint);
      }
    },
  };
}
