import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, Problem } from '../core/index.ts';
import { diskProblem, makeFolder, replaceFile } from '../files/index.ts';
import { refuseForeign } from './folder.ts';

const KnownHostsSchema = z.record(z.string().max(300), z.string().max(200));

/** Fingerprints that were seen first, by name; kept in one file of the state folder. */
export interface KnownHosts {
  /**
   * Throws Problem config/state where the file exists and cannot be read: that must not count as no
   * fingerprint.
   */
  get(name: string): Promise<string | null>;
  /** Stores a fingerprint. Throws Problem config/state where it is not on disk afterwards. */
  add(name: string, fingerprint: string): Promise<void>;
}

export function createKnownHosts(state: string): KnownHosts {
  const file = join(state, 'known-hosts.json');
  let queue: Promise<unknown> = Promise.resolve();

  const read = async (): Promise<Record<string, string>> => {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (thrown) {
      // No file yet means no host yet. Any other failure must not count as that.
      if (hasCode(thrown, 'ENOENT') || hasCode(thrown, 'ENOTDIR')) return {};
      throw diskProblem(thrown, `${file} cannot be read`);
    }
    try {
      return KnownHostsSchema.parse(JSON.parse(text));
    } catch (thrown) {
      throw new Problem('config/state', `${file} is damaged: it is not the JSON that upsfw writes.`, {
        hint: 'Correct or remove it. Without it, the next connection to each host stores its key again.',
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
          const hosts = { ...(await read()), [name]: fingerprint };
          await replaceFile(file, `${JSON.stringify(hosts, null, 2)}\n`);
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
 * Known hosts for commands that only read devices. A fingerprint that cannot be written is reported once
 * (`warn`) and holds in this process. An unreadable file is still refused: a changed key would go unnoticed,
 * and its owner would get a password.
 */
export function createLenientKnownHosts(stored: KnownHosts, warn: (problem: Problem) => void): KnownHosts {
  const unsaved = new Map<string, string>();
  return {
    get: async (name) => unsaved.get(name) ?? (await stored.get(name)),
    async add(name, fingerprint) {
      try {
        await stored.add(name, fingerprint);
      } catch (thrown) {
        if (!(thrown instanceof Problem) || thrown.code !== 'config/state') throw thrown;
        if (unsaved.size === 0) warn(thrown);
        unsaved.set(name, fingerprint);
      }
    },
  };
}
