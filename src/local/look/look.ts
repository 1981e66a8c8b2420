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

/** A look at a unit at a port, with details that only a port gives. */
export interface LocalLook extends Look {
  readonly seen: PortSeen | null;
}

/** What a look at a port needs; tests and simulations use other roots and openers. */
export interface LookTools {
  readonly sysfsRoot: string;
  readonly devRoot: string;
  readonly procRoot: string;
  /** Ports are read in real time, even if a simulated unit runs faster. */
  readonly clock: Clock;
  readonly timeouts: LocalTimeouts;
  readonly openLine: OpenLine;
  readonly openReports: OpenReports;
}

/** How to look at a port. */
export interface LookMode {
  /** Exchanges passwords with the unit, which writes four bytes to it. */
  readonly authenticate?: boolean;
  /** Uses Microlink only: a unit that may be programming must not receive other protocols. */
  readonly passive?: boolean;
}

/** Looks at the unit at the port of a target. Never throws for what a device does. */
export async function lookAtPort(
  tools: LookTools,
  target: UnitTarget,
  context: Pick<LookContext, 'signal'>,
  mode: LookMode = {},
): Promise<LocalLook> {
  const { local } = target;
  const port = local === null ? null : 'usb' in local ? local.usb : local.serialPort;
  const place = { site: target.site, name: target.name, host: null, port };
  const none = (problem: Problem): LocalLook => ({
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
      ? await lookOverUsb(tools, target, local.usb, place, context, mode)
      : await lookOverSerial(tools, local.serialPort, place, context, mode);
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
  mode: LookMode,
): Promise<LocalLook> {
  const holder = await holderOf([path], tools.procRoot);
  if (holder !== null) throw inUse(path, holder);
  const time = { clock: tools.clock, signal };
  const line = await tools.openLine(path, 9600, time);
  try {
    const seen = await lookAtLine(line, { time, timeouts: tools.timeouts, ...mode });
    return toLook(seen, place, 'serial');
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
  mode: LookMode,
): Promise<LocalLook> {
  const { sysfsRoot, devRoot, procRoot } = tools;
  const units = await listUsbUnits(sysfsRoot, devRoot);
  if (units === null) {
    throw new Problem('link/silent', `${unitKey(target)}: this system does not show USB strings.`, {
      hint: 'They are read on Linux, below /sys. Connect the unit to a Linux machine.',
    });
  }
  const unit = selectUnit(units, wanted, target);
  const holder = await holderOf([unit.hidraw, unit.usbNode], procRoot);
  const seen = await lookAtUsb(unit, {
    sysfsRoot,
    open: tools.openReports,
    time: { clock: tools.clock, signal },
    timeouts: tools.timeouts,
    authenticate: mode.authenticate === true,
    skipReason: holder === null ? null : `${describeHolder(holder)} has it open`,
  });
  const looked = toLook(seen, place, 'usb');
  if (looked.kind === 'smart-ups') return looked;
  const problem = new Problem(
    'device/not-smart-ups',
    `${unitKey(target)} is not a Smart-UPS but: ${seen.description ?? 'not known'}.`,
    { hint: 'Remove it from the inventory, or correct its usb: entry.' },
  );
  return { ...looked, problem };
}

/** The first program that has one of the nodes open. */
async function holderOf(nodes: readonly (string | null)[], procRoot: string): Promise<Holder | null> {
  for (const node of nodes) {
    if (node === null) continue;
    const [holder] = await holdersOf(node, { procRoot });
    if (holder !== undefined) return holder;
  }
  return null;
}

function selectUnit(units: readonly UsbUnit[], wanted: string, target: UnitTarget): UsbUnit {
  const matches =
    wanted === 'any' ? units : units.filter(({ serial }) => usableSerial(serial) === usableSerial(wanted));
  const [first] = matches;
  if (first === undefined) {
    throw new Problem(
      'link/silent',
      `${unitKey(target)}: no USB unit ${wanted === 'any' ? 'of APC' : `"${sanitize(wanted)}"`} is connected to this machine.`,
      {
        hint: 'Check the cable and the serial number in the inventory. List the ports with: upsfw local ports',
      },
    );
  }
  if (matches.length === 1) return first;
  const serials = matches.map(({ serial }) => sanitize(serial ?? 'none', 40)).join(', ');
  throw new Problem(
    'refused/identity',
    `${unitKey(target)}: ${matches.length} USB units are connected (${serials}).`,
    {
      hint: 'Select one by its serial number: usb: SERIAL in the inventory, or upsfw local inspect usb:SERIAL.',
    },
  );
}

function toLook(seen: PortSeen, place: Place, seenBy: 'serial' | 'usb'): LocalLook {
  const { identity, protocol, loader } = seen;
  const isPresent = protocol !== null;
  const unit: Unit = {
    ...unknownUnit(place),
    ...identity,
    reachable: isPresent,
    seenBy: isPresent ? seenBy : null,
    simulated: identity?.simulated === true || loader?.simulated === true,
  };
  const isSmart = /^smart-?ups\b/i.test(identity?.model ?? '');
  return {
    unit,
    // A unit that speaks one of these protocols is a Smart-UPS; a USB device needs its strings to show it.
    kind: !isPresent ? null : protocol === 'usb-strings' && !isSmart ? 'ups' : 'smart-ups',
    description: seen.description,
    problem: seen.problem,
    seen,
  };
}

function inUse(path: string, holder: Holder): Problem {
  return new Problem('refused/locked', `${describeHolder(holder)} has ${sanitize(path)} open.`, {
    hint: 'Two programs at one port disturb each other. Stop that program, and start it again afterwards.',
  });
}

function describeHolder({ program, pid }: Holder): string {
  return `${program}${pid === null ? '' : ` (process ${pid})`}`;
}
