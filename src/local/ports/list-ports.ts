import { Problem, sanitize } from '../../core/index.ts';
import { kernelEntry, listedEntry, type SerialPortEntry, type UsbUnitEntry, usbEntry } from './entries.ts';
import { type Holder, type HolderOptions, type HolderScan, scanHolders } from './holders.ts';
import { type KernelPorts, listKernelPorts } from './serial-kernel.ts';
import { type ListedSerialPort, type ListSerial, listByPackage } from './serial-package.ts';
import { listUsbUnits, type UsbUnit } from './usb-units.ts';

export interface ListPortsOptions extends HolderOptions {
  /** Root of the kernel's device tree; default `/sys`. With another root, only its devices are listed. */
  readonly sysfsRoot?: string;
  /** Root of the device nodes; default `/dev`. */
  readonly devRoot?: string;
  /** Another source of serial ports than the optional package `serialport`. */
  readonly listSerial?: ListSerial;
}

/** What is connected to the ports of this machine. All texts are sanitized. */
export interface LocalPorts {
  readonly serial: readonly SerialPortEntry[];
  readonly usb: readonly UsbUnitEntry[];
  /** What could not be seen and why, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Lists serial ports, APC USB units and the programs that hold them. No port or node is opened: the kernel,
 * udev and the package `serialport` supply the data. Missing data becomes a note, never an error.
 */
export async function listPorts(options: ListPortsOptions = {}): Promise<LocalPorts> {
  const { sysfsRoot = '/sys', devRoot = '/dev' } = options;
  const [units, kernel, listed] = await Promise.all([
    listUsbUnits(sysfsRoot, devRoot),
    listKernelPorts(sysfsRoot, devRoot),
    listSerialOf(options)(),
  ]);
  const others = listed instanceof Problem ? [] : unknownTo(kernel, listed);
  const nodesOf = ({ hidraw, usbNode }: UsbUnit): readonly string[] =>
    [hidraw, usbNode].filter((node) => node !== null);
  const paths = [
    ...(units ?? []).flatMap(nodesOf),
    ...(kernel?.ports ?? []).map(({ path }) => path),
    ...others.map(({ path }) => path),
  ];
  const scan = await scanHolders(paths, options);
  const serial = await Promise.all([
    ...(kernel?.ports ?? []).map((port) => kernelEntry(port, heldBy(scan, [port.path]))),
    ...others.map((port) => listedEntry(port, heldBy(scan, [port.path]))),
  ]);
  const usb = await Promise.all(
    (units ?? []).map((unit) => usbEntry(unit, units ?? [], heldBy(scan, nodesOf(unit)))),
  );
  return {
    serial,
    usb,
    notes: [
      ...treeNotes(sysfsRoot, units, kernel),
      ...(listed instanceof Problem ? [`${listed.message} ${listed.hint}`] : []),
      ...usbNotes(usb),
      ...(paths.length > 0 ? scanNotes(scan) : []),
    ],
  };
}

function listSerialOf({ sysfsRoot, listSerial }: ListPortsOptions): ListSerial {
  if (listSerial !== undefined) return listSerial;
  // The package knows only the ports of this machine, not those of another tree.
  return sysfsRoot === undefined ? listByPackage : async () => [];
}

/** Ports that the kernel's tree lacks and whose names can be printed unchanged. */
function unknownTo(
  kernel: KernelPorts | null,
  listed: readonly ListedSerialPort[],
): readonly ListedSerialPort[] {
  const known = new Set([
    ...(kernel?.ports ?? []).map(({ path }) => path),
    ...(kernel?.empty ?? []),
    ...(kernel?.unknown ?? []),
  ]);
  return listed.filter(({ path }) => !known.has(path) && sanitize(path, 512) === path);
}

/** The programs that hold one of the nodes; a process with two of them counts once. */
function heldBy({ holders, seen }: HolderScan, nodes: readonly string[]): readonly Holder[] | null {
  const all = nodes.flatMap((node) => holders.get(node) ?? []);
  if (all.length === 0 && seen === 'none') return null;
  return all.filter(
    (one, index) => one.pid === null || all.findIndex((other) => other.pid === one.pid) === index,
  );
}

function treeNotes(
  root: string,
  units: readonly UsbUnit[] | null,
  kernel: KernelPorts | null,
): readonly string[] {
  const shown = sanitize(root);
  if (units === null && kernel === null)
    return [
      `This system has no device below ${shown}. USB units are listed only on Linux. Connect the unit to a Linux machine, or use its serial port.`,
    ];
  const unknown = kernel?.unknown ?? [];
  return [
    ...(units === null ? [`The kernel shows no USB bus below ${shown}, so no USB unit can be seen.`] : []),
    ...(unknown.length > 0
      ? [
          `Left out, because only root can see whether there is hardware: ${sanitize(unknown.join(', '), 300)}.`,
        ]
      : []),
  ];
}

function usbNotes(usb: readonly UsbUnitEntry[]): readonly string[] {
  const unnamed = usb.filter(({ inventory }) => inventory === null).map(({ name }) => name);
  return unnamed.length === 0
    ? []
    : [
        `The serial number does not identify the units at USB ${sanitize(unnamed.join(', '))}. Connect one of them at a time and write usb: any.`,
      ];
}

function scanNotes({ seen, stale }: HolderScan): readonly string[] {
  const advice =
    process.getuid?.() === 0
      ? 'here even root does not see all of them.'
      : 'run it as root to see all of them.';
  return [
    ...{
      all: [],
      some: [
        `Not every process could be checked, so a program may hold a port without being listed: ${advice}`,
      ],
      none: ['Programs that hold a port are shown only on Linux: stop those that talk to a UPS yourself.'],
    }[seen],
    ...stale.map(
      ({ file, pid }) =>
        `${sanitize(file)} was left by process ${pid}, which no longer exists. It holds nothing.`,
    ),
  ];
}
