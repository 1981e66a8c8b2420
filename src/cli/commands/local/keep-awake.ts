import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Programs that keep a machine from going to sleep while they run; each ends with its standard input, and so with this process. */
const KEEPERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, readonly string[]]>>> = {
  linux: [
    'systemd-inhibit',
    ['--what=sleep:idle:handle-lid-switch', '--who=upsfw', '--why=An image is being sent to a UPS', 'cat'],
  ],
  darwin: ['caffeinate', ['-i', 'cat']],
};

/** A machine that is kept awake. `kept` false: nothing here can do that, and the person must. */
export interface Awake {
  readonly kept: boolean;
  release(): void;
}

/** Time that a keeper which cannot work takes to end. Milliseconds. */
const TO_FAIL = 300;

/**
 * Keeps this machine from going to sleep: a laptop that did cost somebody a unit.
 * Source: docs/sources/local.md#preparation-of-the-computer
 */
export async function keepAwake(): Promise<Awake> {
  const keeper = KEEPERS[process.platform];
  if (keeper === undefined) return { kept: false, release: () => undefined };
  const [program, words] = keeper;
  const child = spawn(program, words, { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise<false>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(false));
  });
  child.stdin.on('error', () => undefined);
  let timer: NodeJS.Timeout | undefined;
  const lives = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), TO_FAIL);
  });
  const kept = await Promise.race([ended, lives]);
  clearTimeout(timer);
  return { kept, release: () => child.stdin.end() };
}

/** Whether this machine runs on its battery; null where it does not tell. */
export async function isOnBattery(sysfsRoot = '/sys'): Promise<boolean | null> {
  const folder = join(sysfsRoot, 'class', 'power_supply');
  const supplies = await readdir(folder).catch(() => []);
  const read = (name: string, file: string): Promise<string | null> =>
    readFile(join(folder, name, file), 'utf8').then(
      (text) => text.trim(),
      () => null,
    );
  const online = await Promise.all(
    supplies.map(async (name) =>
      (await read(name, 'type')) === 'Mains' ? await read(name, 'online') : null,
    ),
  );
  const known = online.filter((value) => value === '0' || value === '1');
  return known.length === 0 ? null : known.every((value) => value === '0');
}
