import { type Card, sanitize } from '../../core/index.ts';
import { showsNoApplication } from '../../snmp/index.ts';
import { CODE } from '../phrases.ts';
import { parseFields, type Reply } from '../session/reply.ts';

/**
 * The blocks of `about` by their headings; lines before the first heading describe the hardware.
 * Source: docs/sources/card.md#command-output
 */
const HEADINGS = [
  ['app', /^Application Module/i],
  ['os', /^APC OS\s*\(AOS\)/i],
  ['boot', /^APC Boot Monitor/i],
] as const;
type Block = 'hardware' | (typeof HEADINGS)[number][0];

/**
 * The applications for a UPS, each for one platform only; `sumx` of the first generation has no SSH.
 * Source: docs/sources/card.md#platforms-and-applications
 */
const PLATFORM_OF: Readonly<Record<string, Pick<Card, 'generation' | 'platform'>>> = {
  su: { generation: 'nmc3', platform: 'hw21' },
  sumx: { generation: 'nmc2', platform: 'hw05' },
};
const UNKNOWN_PLATFORM: Pick<Card, 'generation' | 'platform'> = { generation: null, platform: null };

/** The card as `about` describes it; null if the command fails. A card may have no application. */
export function cardFromAbout(about: Reply): Card | null {
  if (about.code !== CODE.success) return null;
  const blocks = new Map<Block, string[]>();
  let block: Block = 'hardware';
  for (const line of about.lines) {
    block = HEADINGS.find(([, heading]) => heading.test(line))?.[0] ?? block;
    blocks.set(block, [...(blocks.get(block) ?? []), line]);
  }
  const text = (of: Block, label: string): string | null => {
    const clean = sanitize(parseFields(blocks.get(of) ?? []).get(label) ?? '', 100);
    return clean === '' ? null : clean;
  };
  // A card that lost its application shows another module there, or that it cannot read one.
  const hasApp = !(blocks.get('app') ?? []).some(showsNoApplicationIn);
  const name = hasApp ? text('app', 'name') : null;
  return {
    model: text('hardware', 'model number'),
    serial: text('hardware', 'serial number'),
    ...platformOf(name?.toLowerCase() ?? null),
    boot: text('boot', 'version'),
    os: text('os', 'version'),
    app: name === null ? null : { name, version: text('app', 'version') },
    uptimeSeconds: uptimeOf(text('hardware', 'management uptime')),
  };
}

/** `0 Days 1 Hour 19 Minutes`, in seconds; null in another form. */
function uptimeOf(shown: string | null): number | null {
  const found = /^(\d{1,6}) Days? (\d{1,2}) Hours? (\d{1,2}) Minutes?$/i.exec(shown ?? '');
  if (found === null) return null;
  const [days = 0, hours = 0, minutes = 0] = found.slice(1).map(Number);
  return ((days * 24 + hours) * 60 + minutes) * 60;
}

function platformOf(application: string | null): Pick<Card, 'generation' | 'platform'> {
  const known = application !== null && Object.hasOwn(PLATFORM_OF, application);
  return (known ? PLATFORM_OF[application] : undefined) ?? UNKNOWN_PLATFORM;
}

/**
 * Whether a line of the block shows that there is no application.
 * Source: docs/sources/card.md#application-lost
 */
function showsNoApplicationIn(line: string): boolean {
  const value = line.replace(/^\s{0,80}[A-Za-z ]{1,40}:/, '');
  return showsNoApplication(value);
}

/**
 * Status of the application in the line `Stat` (command guide): `A+` running, `A?` still starting, `A!` does
 * not match the operating system, `A-` wrong checksum. Null if the line does not show it.
 */
export type AppStatus = 'running' | 'starting' | 'mismatch' | 'damaged';

/** An application that does not run, by its mark in the line `Stat`. */
export const APP_PROBLEMS: Readonly<Record<AppStatus, string>> = {
  running: 'is running (A+)',
  starting: 'is still starting (A?)',
  mismatch: 'does not match its operating system (A!)',
  damaged: 'has a wrong checksum (A-)',
};

const APP_STATES: Readonly<Record<string, AppStatus>> = {
  '+': 'running',
  '?': 'starting',
  '!': 'mismatch',
  '-': 'damaged',
};

export function appStateOf(system: Reply): AppStatus | null {
  if (system.code !== CODE.success) return null;
  const stat = parseFields(system.lines).get('stat') ?? '';
  const mark = /(?:^|\s)A([+?!-])(?:\s|$)/.exec(stat)?.[1];
  return APP_STATES[mark ?? ''] ?? null;
}
