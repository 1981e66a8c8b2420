import {
  asProblem,
  type Clock,
  type Look,
  type LookContext,
  Problem,
  rethrowInternal,
  sanitize,
  type Unit,
  type UnitTarget,
  unitKey,
  unknownUnit,
  usableSerial,
} from '../../core/index.ts';
import type { OpenLine, OpenReports } from '../line/line.ts';
import { type Holder, holdersOf } from '../ports/holders.ts';
import { listUsbUnits, type UsbUnit } from '../ports/usb-units.ts';
import type { LocalTimeouts } from '../timeouts.ts';
import { lookAtLine, type PortSeen } from './serial.ts';
import { lookAtUsb } from './usb.ts';

/** A look at a unit at a port, with what only such a port tells. */
export interface Looked extends Look {
  readonly seen: PortSeen | null;
}

/** What a look at a port needs of its surroundings; other roots and openers in tests and rehearsals. */
export interface LookTools {
  readonly sysfsRoot: string;
  readonly devRoot: string;
  readonly procRoot: string;
  /** Ports are asked in the world's own time, also where a simulated unit lives faster. */
  readonly clock: Clock;
  readonly timeouts: LocalTimeouts;
  readonly openLine: OpenLine;
  readonly openReports: OpenReports;
}

/** How a port is looked at. */
export interface LookManner {
  /** Exchanges passwords with the unit, which writes four bytes to it. */
  readonly authenticate?: boolean;
  /** Asks by Microlink alone: a unit that may be programming is not bothered with other protocols. */
  readonly gently?: boolean;
}

/** Looks at the unit that a target names by its port. Never throws for what a device does. */
export async function lookAtPort(
  tools: LookTools,
  target: UnitTarget,
  context: Pick<LookContext, 'signal'>,
  manner: LookManner = {},
): Promise<Looked> {
  const { local } = target;
  const port = local === null ? null : 'usb' in local ? local.usb : local.serialPort;
  const place = { site: target.site, name: target.name, host: null, port };
  const none = (problem: Problem): Looked => ({
    unit: unknownUnit(place),
    kind: null,
    description: null,
    problem,
    seen: null,
  });
  if (local === null) {
    return none(
      new Problem('refused/no-path', `${unitKey(target)} has neither an address nor a port.`, {
        hint: 'Write host:, serialPort: or usb: in the inventory.',
      }),
    );
  }
  try {
    return 'usb' in local
      ? await lookOverUsb(tools, target, local.usb, place, context, manner)
      : await lookOverSerial(tools, local.serialPort, place, context, manner);
  } catch (thrown) {
    rethrowInternal(thrown);
    return none(asProblem(thrown));
  }
}

type Place = Pick<Unit, 'site' | 'name' | 'host' | 'port'>;

async function lookOverSerial(
  tools: LookTools,
  path: string,
  place: Place,
  { signal }: Pick<LookContext, 'signal'>,
  manner: LookManner,
): Promise<Looked> {
  const holder = await holderOf([path], tools.procRoot);
  if (holder !== null) throw held(path, holder);
  const time = { clock: tools.clock, signal };
  const line = await tools.openLine(path, 9600, time);
  try {
    const seen = await lookAtLine(line, { time, timeouts: tools.timeouts, ...manner });
    return lookedOf(seen, place, 'serial');
  } finally {
    await line.close();
  }
}

async function lookOverUsb(
  tools: LookTools,
  target: UnitTarget,
  wanted: string,
  place: Place,
  { signal }: Pick<LookContext, 'signal'>,
  manner: LookManner,
): Promise<Looked> {
  const { sysfsRoot, devRoot, procRoot } = tools;
  const units = await listUsbUnits(sysfsRoot, devRoot);
  if (units === null) {
    throw new Problem('link/silent', `${unitKey(target)}: this system does not tell the USB strings.`, {
      hint: 'They are read on Linux, below /sys. Elsewhere connect the unit to a Linux machine.',
    });
  }
  const unit = choose(units, wanted, target);
  const holder = await holderOf([unit.hidraw, unit.usbNode], procRoot);
  const seen = await lookAtUsb(unit, {
    sysfsRoot,
    open: tools.openReports,
    time: { clock: tools.clock, signal },
    timeouts: tools.timeouts,
    authenticate: manner.authenticate === true,
    keepOff: holder === null ? null : `${inWords(holder)} has it`,
  });
  const looked = lookedOf(seen, place, 'usb');
  if (looked.kind === 'smart-ups') return looked;
  const problem = new Problem(
    'device/not-smart-ups',
    `${unitKey(target)} is not a Smart-UPS but: ${seen.description ?? 'not known'}.`,
    { hint: 'Remove it from the inventory, or correct its usb: entry.' },
  );
  return { ...looked, problem };
}

/** The first program that has one of the nodes. */
async function holderOf(nodes: readonly (string | null)[], procRoot: string): Promise<Holder | null> {
  for (const node of nodes) {
    if (node === null) continue;
    const [holder] = await holdersOf(node, { procRoot });
    if (holder !== undefined) return holder;
  }
  return null;
}

function choose(units: readonly UsbUnit[], wanted: string, target: UnitTarget): UsbUnit {
  const fitting =
    wanted === 'any' ? units : units.filter(({ serial }) => usableSerial(serial) === usableSerial(wanted));
  const [first] = fitting;
  if (first === undefined) {
    throw new Problem(
      'link/silent',
      `${unitKey(target)}: no USB unit ${wanted === 'any' ? 'of APC' : `"${sanitize(wanted)}"`} is connected here.`,
      {
        hint: 'Check the cable, and the serial number in the inventory; upsfw local ports lists what is here.',
      },
    );
  }
  if (fitting.length === 1) return first;
  const serials = fitting.map(({ serial }) => sanitize(serial ?? 'none', 40)).join(', ');
  throw new Problem(
    'refused/identity',
    `${unitKey(target)}: ${fitting.length} USB units are connected (${serials}).`,
    {
      hint: 'Name the one that is meant by its serial number: usb: SERIAL in the inventory, usb:SERIAL at local inspect.',
    },
  );
}

function lookedOf(seen: PortSeen, place: Place, seenBy: 'serial' | 'usb'): Looked {
  const { identity, protocol, loader } = seen;
  const isThere = protocol !== null;
  const unit: Unit = {
    ...unknownUnit(place),
    ...identity,
    reachable: isThere,
    seenBy: isThere ? seenBy : null,
    simulated: identity?.simulated === true || loader?.simulated === true,
  };
  const isSmart = /^smart-?ups\b/i.test(identity?.model ?? '');
  return {
    unit,
    // Whoever speaks the protocols of these units is one of them; of a USB device its strings tell.
    kind: !isThere ? null : protocol === 'usb-strings' && !isSmart ? 'ups' : 'smart-ups',
    description: seen.description,
    problem: seen.problem,
    seen,
  };
}

function held(path: string, holder: Holder): Problem {
  return new Problem('refused/locked', `${inWords(holder)} has ${sanitize(path)} open.`, {
    hint: 'Two programs at one port disturb each other. End that program for the time being, and start it again afterwards.',
    transient: true,
  });
}

function inWords({ program, pid }: Holder): string {
  return `${program}${pid === null ? '' : ` (process ${pid})`}`;
}
