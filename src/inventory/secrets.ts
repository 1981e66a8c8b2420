import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { Problem, reasonOf, Secret, sanitize } from '../core/index.ts';
import { readTextWithin } from '../yaml/index.ts';
import type { SecretReference } from './schema.ts';

/** Where references are looked up. */
export interface SecretSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder of relative `file:` paths and of commands: that of the inventory. */
  readonly folder: string;
  /**
   * Asks a person and gives the line, or null at the end of the input; `hidden`: the line is not shown. Null
   * where there is no terminal.
   */
  readonly ask: ((question: string, hidden: boolean) => Promise<string | null>) | null;
}

export interface SecretResolver {
  /**
   * Resolves a reference. Each reference is resolved once, and `prompt` once for each `what`: a community is
   * no password. `what`: describes the secret and its user. `owner`: the unit that needs it. Throws Problem
   * config/secret.
   */
  resolve(reference: SecretReference, what: string, owner?: string): Promise<Secret>;
  /** Registers a unit that will need a secret, so that the question can name all units that need it. */
  expect(reference: SecretReference, what: string, owner: string): void;
}

const LONGEST_SECRET = 4096;
const COMMAND_LIMIT_MS = 60_000;
const run = promisify(execFile);

export function createSecretResolver(sources: SecretSources): SecretResolver {
  const known = new Map<string, Promise<Secret>>();
  const owners = new Map<string, Set<string>>();
  return {
    expect(reference, what, owner) {
      const key = keyOf(reference, what);
      owners.set(key, (owners.get(key) ?? new Set()).add(owner));
    },
    resolve(reference, what, owner) {
      const key = keyOf(reference, what);
      const present = known.get(key);
      if (present !== undefined) return present;
      const all = new Set(owners.get(key)).add(owner ?? '');
      all.delete('');
      const found = lookUp(reference, { what, owners: [...all] }, sources).then((text) => {
        if (text === '') throw missing(describe(reference), 'is empty', 'Give it a value.');
        return new Secret(text, describe(reference));
      });
      known.set(key, found);
      return found;
    },
  };
}

/** Prompts without a label differ by what they ask for. */
function keyOf(reference: SecretReference, what: string): string {
  return JSON.stringify(reference === 'prompt' ? [reference, what] : reference);
}

/** What a secret is, and the units that need it. */
interface Use {
  readonly what: string;
  readonly owners: readonly string[];
}

/** `Password of apc for 4 units (berlin/a, berlin/b, ...)` */
function question({ what, owners }: Use): string {
  const [only] = owners;
  if (only === undefined) return what;
  if (owners.length === 1) return `${what} for ${only}`;
  const more = owners.length > MOST_NAMED ? ', ...' : '';
  return `${what} for ${owners.length} units (${owners.slice(0, MOST_NAMED).join(', ')}${more})`;
}

/** A label of the operator replaces the description, and the name of a single unit. */
function labelled(reference: string, { what, owners }: Use): Use {
  if (!reference.startsWith('prompt:')) return { what, owners };
  const label = sanitize(reference.slice('prompt:'.length));
  return { what: label, owners: owners.length > 1 ? owners : [] };
}

/** A question fits one line, and the key of a unit may have 130 characters. */
const MOST_NAMED = 2;
const LONGEST_QUESTION = 400;

/** The reference as text for messages; it never holds the secret. */
function describe(reference: SecretReference): string {
  return typeof reference === 'string' ? reference : `cmd: ${reference.cmd[0] ?? ''}`;
}

function missing(what: string, message: string, hint: string, cause?: unknown): Problem {
  return new Problem('config/secret', `Secret ${sanitize(what)} ${message}.`, { hint, cause });
}

async function lookUp(reference: SecretReference, use: Use, sources: SecretSources): Promise<string> {
  if (typeof reference !== 'string') return fromCommand(reference.cmd, sources.folder);
  if (reference.startsWith('env:')) {
    const name = reference.slice('env:'.length);
    const value = sources.environment[name];
    if (value === undefined) {
      throw missing(reference, 'is not set', `Set the environment variable ${name} before you start upsfw.`);
    }
    return value;
  }
  if (reference.startsWith('file:')) return fromFile(reference.slice('file:'.length), sources.folder);
  return fromPerson(reference, use, sources.ask);
}

async function fromPerson(reference: string, use: Use, ask: SecretSources['ask']): Promise<string> {
  if (ask === null) {
    throw missing(
      reference === 'prompt' ? `prompt (${use.what})` : reference,
      'needs a terminal to ask on',
      'Start upsfw on a terminal, or use env:, file: or cmd.',
    );
  }
  const asked = sanitize(question(labelled(reference, use)), LONGEST_QUESTION);
  const secret = await ask(`${asked}: `, true);
  if (secret !== null) return secret;
  throw new Problem('config/secret', `${asked}: the input ended.`, {
    hint: 'Nothing was sent. Type the secret and press Enter, or use a reference that needs no person: env:, file: or cmd.',
  });
}

async function fromFile(path: string, folder: string): Promise<string> {
  const file = resolve(folder, path);
  const reference = `file:${path}`;
  let text: string;
  try {
    const { mode, uid, size } = await stat(file);
    // Windows has no owner bits to check.
    if (process.platform !== 'win32') {
      if ((mode & 0o077) !== 0) {
        throw missing(reference, 'can be read by others', `Run: chmod 600 ${path}`);
      }
      if (process.getuid !== undefined && uid !== process.getuid() && uid !== 0) {
        throw missing(reference, 'belongs to another user', 'Use a file of your own.');
      }
    }
    if (size > LONGEST_SECRET)
      throw missing(reference, `has ${size} bytes`, `A secret has at most ${LONGEST_SECRET} bytes.`);
    text = await readTextWithin(file, LONGEST_SECRET);
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    throw missing(
      reference,
      `cannot be read: ${reasonOf(thrown)}`,
      'Check the path. A relative path starts at the folder of the inventory.',
      thrown,
    );
  }
  return text.replace(/\r?\n$/, '');
}

async function fromCommand(command: readonly string[], folder: string): Promise<string> {
  const [program, ...rest] = command;
  if (program === undefined) throw missing('cmd', 'names no program', 'Give the program and its arguments.');
  try {
    const { stdout } = await run(program, rest, {
      cwd: folder,
      timeout: COMMAND_LIMIT_MS,
      maxBuffer: LONGEST_SECRET,
      windowsHide: true,
    });
    return stdout.replace(/\r?\n$/, '');
  } catch {
    // The error of a failed command may hold what it printed, so it is not kept as the cause.
    throw missing(
      `cmd: ${program}`,
      'could not be read: the command failed',
      'Run the command by hand to see its error.',
    );
  }
}
