import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Programs that prevent sleep while they run. Each ends with its standard input, and so with this process.
 */
const INHIBITORS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, readonly string[]]>>> = {
  linux: [
    'systemd-inhibit',
    ['--what=sleep:idle:handle-lid-switch', '--who=upsfw', '--why=An image is being sent to a UPS', 'cat'],
  ],
  darwin: ['caffeinate', ['-i', 'cat']],
};

/** `kept` false: no such program works here, and the person must keep the machine awake. */
export interface Awake {
  readonly kept: boolean;
  release(): void;
}

/** Within this time a program ends that does not work here. */
const FAIL_WITHIN_MS = 300;

/**
 * Keeps this machine awake: a laptop that went to sleep cost somebody a unit.
 * Source: docs/sources/local.md#preparation-of-the-computer
 */
export async function keepAwake(): Promise<Awake> {
  const inhibitor = INHIBITORS[process.platform];
  if (inhibitor === undefined) return { kept: false, release: () => undefined };
  const [program, commandLine] = inhibitor;
  const child = spawn(program, commandLine, { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise<false>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(false));
  });
  child.stdin.on('error', () => undefined);
  let timer: NodeJS.Timeout | undefined;
  const isAlive = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), FAIL_WITHIN_MS);
  });
  const kept = await Promise.race([ended, isAlive]);
  clearTimeout(timer);
  return { kept, release: () => child.stdin.end() };
}

/** Whether this machine runs on its battery; null where the system does not report it. */
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
