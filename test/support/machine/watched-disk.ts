import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type * as promises from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * The file operations of the tool, observed, and failed on request. A test file mocks `node:fs/promises` with
 * {@link watched}; all other file operations are real.
 */
export interface Operation {
  readonly kind: 'open' | 'write' | 'datasync' | 'sync' | 'truncate' | 'mkdir' | 'link' | 'rename';
  readonly path: string;
  /** The written bytes; empty for all other operations. */
  readonly text: string;
}

/** A question that changes nothing on the disk. */
export interface Read {
  readonly kind: 'stat' | 'statfs' | 'readlink' | 'readFile';
  readonly path: string;
}

type Files = typeof promises;

/** What a disk holds after a power failure, by path. */
export type Durable = ReadonlyMap<string, Buffer>;

class Disk {
  /** Called before each operation. An exception becomes the answer of the system. */
  before: (operation: Operation) => void = () => undefined;
  /** The same for reads. */
  beforeRead: (read: Read) => void = () => undefined;
  #contents = new Map<string, Buffer>();
  #names = new Map<string, ReadonlySet<string>>();

  reset(): void {
    this.before = () => undefined;
    this.beforeRead = () => undefined;
    this.#contents = new Map();
    this.#names = new Map();
  }

  flushed(path: string): void {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) this.#names.set(path, new Set(readdirSync(path)));
    else this.#contents.set(path, readFileSync(path));
  }

  renamed(from: string, to: string): void {
    const content = this.#contents.get(from);
    this.#contents.delete(from);
    if (content !== undefined) this.#contents.set(to, content);
  }

  /** The flushed content of files whose name, and every folder from `base` down, was flushed too. */
  durable(base: string): Durable {
    const isFound = (path: string): boolean =>
      path === base ||
      (path.length > base.length &&
        this.#names.get(dirname(path))?.has(basename(path)) === true &&
        isFound(dirname(path)));
    return new Map([...this.#contents].filter(([path]) => isFound(path)));
  }
}

/** The disk of this test file. */
export const disk = new Disk();

/** An error as the system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as a test wants it`), { code });
}

/** The disk is full from the journal's `line`-th line on, until `isFull` is set to false. */
export function fillAt(line: number): { isFull: boolean; reached: boolean } {
  const state = { isFull: true, reached: false };
  let lines = 0;
  disk.before = ({ kind, path }) => {
    if (kind !== 'write' || !path.endsWith('journal.jsonl')) return;
    lines += 1;
    if (lines < line || !state.isFull) return;
    state.reached = true;
    throw systemError('ENOSPC');
  };
  return state;
}

/** `node:fs/promises` with every operation shown to {@link disk}. */
export function watched(real: Files): Files {
  const handleOf = (handle: promises.FileHandle, path: string): promises.FileHandle => {
    const seen = (kind: Operation['kind'], text = ''): void => disk.before({ kind, path, text });
    const changed: Partial<promises.FileHandle> = {
      async appendFile(data, options) {
        seen('write', String(data));
        return handle.appendFile(data, options);
      },
      async writeFile(data, options) {
        seen('write', String(data));
        return handle.writeFile(data, options);
      },
      async datasync() {
        seen('datasync');
        await handle.datasync();
        disk.flushed(path);
      },
      async sync() {
        seen('sync');
        await handle.sync();
        disk.flushed(path);
      },
      async truncate(length) {
        seen('truncate');
        return handle.truncate(length);
      },
    };
    return new Proxy(handle, {
      get(target, name) {
        const value: unknown = Reflect.get(name in changed ? changed : target, name);
        return typeof value === 'function' ? value.bind(name in changed ? changed : target) : value;
      },
    });
  };
  const observed =
    <Rest extends unknown[], Result>(
      kind: Operation['kind'],
      act: (path: Parameters<Files['rm']>[0], ...rest: Rest) => Promise<Result>,
    ) =>
    async (path: Parameters<Files['rm']>[0], ...rest: Rest): Promise<Result> => {
      disk.before({ kind, path: String(path), text: '' });
      return act(path, ...rest);
    };
  return {
    ...real,
    ...watchedReads(real),
    open: async (path, ...rest) => {
      disk.before({ kind: 'open', path: String(path), text: '' });
      return handleOf(await real.open(path, ...rest), String(path));
    },
    link: observed('link', real.link),
    rename: async (from, to) => {
      disk.before({ kind: 'rename', path: String(to), text: '' });
      await real.rename(from, to);
      disk.renamed(String(from), String(to));
    },
  };
}

function watchedReads(real: Files): Pick<Files, Read['kind']> {
  const shown = <Act extends (path: never, ...rest: never) => unknown>(kind: Read['kind'], act: Act): Act =>
    new Proxy(act, {
      async apply(target, self, words: unknown[]) {
        disk.beforeRead({ kind, path: String(words[0]) });
        return Reflect.apply(target, self, words);
      },
    });
  return {
    stat: shown('stat', real.stat),
    statfs: shown('statfs', real.statfs),
    readlink: shown('readlink', real.readlink),
    readFile: shown('readFile', real.readFile),
  };
}

/** The path of a file of a durable disk in another folder. */
export function movedTo(path: string, from: string, to: string): string {
  return join(to, path.slice(from.length));
}
