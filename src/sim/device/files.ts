import { ACCESS } from '../access.ts';
import type { SimulatedDevice } from './device.ts';

/** An entry of a listing. */
export interface Entry {
  readonly name: string;
  readonly bytes: number;
  readonly isFolder: boolean;
}

/** `flashing`: the card accepted firmware for itself, and the connection closes without a reply. */
export type StoreAnswer = 'stored' | 'flashing' | 'refused' | 'no-room';

/** The files of a card as SCP, FTP and `dir` show them. Paths are absolute; see `absolutePath`. */
export interface CardFiles {
  isFolder(path: string): boolean;
  /** The bytes of a file; null if it does not exist or cannot be read. Counts nothing. */
  read(path: string): Buffer | null;
  /** The entries of a folder; null if there is no such folder. */
  list(folder: string): readonly Entry[] | null;
  /** The listing as the card prints it: a folder, or the one line of a file. Null if neither exists. */
  lines(path: string): readonly string[] | null;
  /** What would happen to a file of this size, as far as can be told before its bytes arrive. */
  accepts(path: string, bytes: number): 'stored' | 'refused' | 'no-room';
  /** Stores a complete file. */
  store(path: string, bytes: Buffer): StoreAnswer;
  /** False if there is no file that may be deleted. */
  remove(path: string): boolean;
}

const OS_BYTES = 3_137_536;
const APP_BYTES = 3_018_116;
const BOOT_BYTES = 262_144;
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const LONG = 5000;

/** Lines that no card is known to print; a client must survive them. */
const HOSTILE: readonly string[] = [
  '         128 Nov  5  2020  \u001b[2J\u001b[31mred.enc',
  `         128 Nov  5  2020  ${'x'.repeat(LONG)}.enc`,
  '        many Nov  5  2020  words.enc',
  '-1 Nov  5  2020  negative.enc',
  `${'9'.repeat(LONG)} Nov  5  2020  huge.enc`,
  '         128 Nov  5  2020  ../../etc/passwd',
  'E100: Command failed',
];

/**
 * The files of a card: its own in the root, images in `upsfw`, and on some cards the event log in its own
 * folder.
 */
export function cardFiles(device: SimulatedDevice): CardFiles {
  const { persona } = device;
  const inLogs = persona.logPlace === 'logs';
  const logPath = inLogs ? '/logs/event.txt' : '/event.txt';
  const isFolder = (path: string): boolean =>
    path === '/' || path === '/upsfw' || (inLogs && path === '/logs');

  const list = (folder: string): readonly Entry[] | null => {
    if (!isFolder(folder)) return null;
    if (folder === '/logs') return [logEntry(device)];
    if (folder === '/upsfw') return imageEntries(device);
    return [
      ...ownFiles(device),
      inLogs ? { name: 'logs', bytes: 0, isFolder: true } : logEntry(device),
      { name: 'upsfw', bytes: 0, isFolder: true },
    ];
  };

  const accepts = (path: string, bytes: number): 'stored' | 'refused' | 'no-room' => {
    const [folder, name] = split(path);
    if (!NAME.test(name) || (folder !== '/upsfw' && folder !== '/')) return 'refused';
    const used = [...device.files].reduce(
      (sum, [other, { length }]) => sum + (path === `/upsfw/${other}` ? 0 : length),
      0,
    );
    return persona.flashBytes !== null && used + bytes > persona.flashBytes ? 'no-room' : 'stored';
  };

  return {
    isFolder,
    list,
    accepts,
    read(path) {
      if (path === logPath) return device.logText === null ? null : Buffer.from(device.logText, 'latin1');
      if (path === '/config.ini') return configFile(device);
      const [folder, name] = split(path);
      return folder === '/upsfw' ? (device.files.get(name) ?? null) : null;
    },
    lines(path) {
      const line = persona.listing === '5' ? longLine : shortLine;
      const entries = list(path);
      if (entries !== null) {
        const hostile = path === '/upsfw' && device.has('listing-hostile') ? HOSTILE : [];
        return [...hostile, ...entries.map(line)];
      }
      const [folder, name] = split(path);
      const found = list(folder)?.find((entry) => entry.name === name && !entry.isFolder);
      return found === undefined ? null : [line(found)];
    },
    store(path, bytes) {
      const answer = accepts(path, bytes.length);
      if (answer !== 'stored') return answer;
      const [folder, name] = split(path);
      if (folder !== '/' && device.has('upload-lost-once')) {
        device.clearFault('upload-lost-once');
        return 'stored';
      }
      const kept = storedPart(device, bytes);
      // Which other files a card accepts in its root is not published.
      if (folder === '/') return device.storeInRoot(name, kept);
      device.store(name, kept);
      return 'stored';
    },
    remove(path) {
      const [folder, name] = split(path);
      return folder === '/upsfw' && device.remove(name);
    },
  };
}

/** Makes a typed path absolute and clean; dots never lead above the root. */
export function absolutePath(typed: string, folder: string): string {
  const parts: string[] = [];
  for (const part of (typed.startsWith('/') ? typed : `${folder}/${typed}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function storedPart(device: SimulatedDevice, bytes: Buffer): Buffer {
  if (device.has('upload-empty')) return Buffer.alloc(0);
  if (device.has('upload-truncated-once')) {
    device.clearFault('upload-truncated-once');
    return bytes.subarray(0, Math.floor(bytes.length / 2));
  }
  if (device.has('upload-truncated')) return bytes.subarray(0, Math.floor(bytes.length / 2));
  return bytes;
}

function ownFiles(device: SimulatedDevice): Entry[] {
  const { card } = device;
  const file = (name: string, bytes: number): Entry => ({ name, bytes, isFolder: false });
  return [
    file(card.fileName('os'), OS_BYTES),
    ...(card.appName === null ? [] : [file(card.fileName('app'), APP_BYTES)]),
    file(card.fileName('boot'), BOOT_BYTES),
    file('config.ini', configFile(device).length),
  ];
}

function imageEntries(device: SimulatedDevice): Entry[] {
  const missing = device.has('listing-wrong-size') ? 1 : 0;
  return [...device.files].map(([name, { length }]) => ({
    name,
    bytes: Math.max(length - missing, 0),
    isFolder: false,
  }));
}

/** A log that cannot be read still has a size. */
function logEntry(device: SimulatedDevice): Entry {
  const bytes = device.eventLog.reduce((sum, line) => sum + line.length + 2, 0);
  return { name: 'event.txt', bytes, isFolder: false };
}

/** Folder and name of an absolute path. */
function split(path: string): readonly [string, string] {
  const cut = path.lastIndexOf('/');
  return [cut <= 0 ? '/' : path.slice(0, cut), path.slice(cut + 1)];
}

/** From AOS 6: size, date, name; folders end in a slash. Source: docs/sources/card.md#command-output */
function shortLine({ name, bytes, isFolder }: Entry): string {
  return `${String(bytes).padStart(12)} Nov  5  2020  ${name}${isFolder ? '/' : ''}`;
}

/** AOS 5: like `ls -l`, with owner and group. */
function longLine({ name, bytes, isFolder }: Entry): string {
  const rights = isFolder ? 'drwxr-xr-x' : '-rw-r--r--';
  return `${rights}   1 admin    admin    ${String(bytes).padStart(10)} Nov  5  2010 ${name}${isFolder ? '/' : ''}`;
}

/** Settings as a file: a short substitute with communities and a user name. */
function configFile(device: SimulatedDevice): Buffer {
  const lines = [
    '; Settings of a simulated card',
    '[NetworkSNMP]',
    `AccessControl1Community=${ACCESS.read}`,
    `AccessControl2Community=${ACCESS.write}`,
    '[SystemID]',
    `Name=${device.name}`,
    '[SystemUserManager]',
    `SuperUserName=${ACCESS.user}`,
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}
