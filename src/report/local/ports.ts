import { type FirmwareReading, joinList, type LocalAccess } from '../../core/index.ts';
import type { DocumentHead } from '../documents.ts';
import { formatFirmware } from '../labels.ts';
import { createReportWriter, type ReportWriter, type Style, type Tone } from '../writer.ts';

interface PortHolder {
  readonly pid: number | null;
  readonly program: string;
  readonly known: boolean;
  readonly how: 'open' | 'lock-file';
}

interface Strings {
  readonly vendorId: string;
  readonly productId: string | null;
  readonly manufacturer: string | null;
  readonly product: string | null;
  readonly serial: string | null;
}

interface Node {
  readonly driver: string | null;
  readonly access: 'yes' | 'no' | 'missing';
  /** How to get access; null where there is access. */
  readonly hint: string | null;
  /** Null where the system does not report it. */
  readonly holders: readonly PortHolder[] | null;
}

export interface ListedPort extends Node {
  readonly path: string;
  readonly stableNames: readonly string[];
  readonly looksLike: 'adapter' | 'port' | 'modem-or-board' | null;
  readonly usb: Strings | null;
  readonly inventory: LocalAccess;
}

export interface ListedUsbUnit extends Node, Strings {
  readonly name: string;
  readonly model: string | null;
  readonly firmware: FirmwareReading;
  readonly isSmartUps: boolean;
  readonly hidraw: string | null;
  readonly usbNode: string | null;
  readonly inventory: LocalAccess | null;
}

/** The ports of a machine. None was opened. */
export interface LocalPortsDocument extends DocumentHead<'local-ports'> {
  /** True where units and ports are simulated. */
  readonly simulated: boolean;
  readonly serial: readonly ListedPort[];
  readonly usb: readonly ListedUsbUnit[];
  readonly notes: readonly string[];
}

const PORT_KIND: Readonly<Record<NonNullable<ListedPort['looksLike']>, string>> = {
  adapter: 'USB adapter',
  port: 'built-in port',
  'modem-or-board': 'often a modem or a development board',
};

/** Units and ports for people: what each is, who holds it, its inventory entry, and how to inspect it. */
export function renderLocalPorts(document: LocalPortsDocument, style: Style): string {
  const writer = createReportWriter(style);
  const { serial, usb, notes } = document;
  writer.title(`Ports of this machine, ${document.generatedAt}`);
  if (document.simulated)
    writer.line('SIMULATION: all units and ports are simulated. This report says nothing about real ports.');
  writer.line('No port was opened and nothing was sent. All information is from the operating system.');
  if (usb.length > 0) writer.heading('USB units of APC');
  for (const unit of usb) writeUnit(writer, unit);
  if (serial.length > 0) writer.heading('Serial ports');
  for (const port of serial) writePort(writer, port);
  if (serial.length > 0) {
    writer.line('');
    writer.line('A listed serial port may have no UPS. To find out: upsfw local inspect PORT');
  }
  if (serial.length + usb.length === 0) writeNothing(writer);
  if (notes.length > 0) writer.heading('Notes');
  for (const note of notes) writer.note(note, 'warn');
  return writer.toString();
}

function writeUnit(writer: ReportWriter, unit: ListedUsbUnit): void {
  const what = [unit.model ?? 'an APC device without a product string', formatFirmware(unit.firmware)];
  const [state, tone] = portState(unit);
  writer.item([...what, unit.serial ?? 'no serial number'].join('  '), state, tone, `USB ${unit.name}`);
  if (unit.model !== null && !unit.isSmartUps) writer.note('not a Smart-UPS: not supported by upsfw', 'warn');
  writer.note([ids(unit), unit.hidraw ?? 'no hidraw node', unit.driver ?? 'no driver'].join(', '));
  writeNode(writer, unit);
  if (unit.isSmartUps && unit.inventory !== null) writeUse(writer, unit.inventory);
}

function writePort(writer: ReportWriter, port: ListedPort): void {
  const { path, looksLike, driver, usb, stableNames } = port;
  const [state, tone] = portState(port);
  writer.item(path, state, tone, looksLike === null ? '' : PORT_KIND[looksLike]);
  const strings = usb === null ? [] : [usb.manufacturer, usb.product, usb.serial, ids(usb)];
  const known = [...strings, driver].filter((text) => text !== null);
  if (known.length > 0) writer.note(known.join(', '));
  if (stableNames.length > 1) writer.note(`also ${joinList(stableNames.slice(1))}`);
  writeNode(writer, port);
  writeUse(writer, port.inventory);
}

/** The names of the port in an inventory and on the command line. */
function writeUse(writer: ReportWriter, access: LocalAccess): void {
  const [entry, text, argument] =
    'serialPort' in access
      ? ['serialPort', access.serialPort, access.serialPort]
      : ['usb', access.usb, access.usb === 'any' ? 'usb' : `usb:${access.usb}`];
  writer.note(`inventory: ${entry}: ${yamlText(text)}`, 'plain');
  writer.note(`inspect:   upsfw local inspect ${shellQuote(argument)}`, 'plain');
}

function writeNode(writer: ReportWriter, { holders, hint }: Node): void {
  for (const { program, pid, how } of holders ?? []) {
    const who = pid === null ? program : `${program}, process ${pid}`;
    writer.note(
      how === 'open'
        ? `held by ${who}: end it before you use the port`
        : `locked by ${who}: end it before you use the port`,
      'warn',
    );
  }
  if (hint !== null) writer.note(hint, 'warn');
}

function writeNothing(writer: ReportWriter): void {
  writer.line('');
  writer.line('This machine has no serial port and no USB unit of APC.');
  for (const check of [
    'Is the unit switched on, and its cable seated at both ends? The USB port of a unit is the square one.',
    'Does the system detect the adapter or the unit? On Linux, check dmesg and lsusb; an APC unit has the vendor ID 051d.',
    'In a virtual machine or a container: is the device passed through to it?',
  ])
    writer.note(check, 'plain');
}

/** Whether the user can open the node. */
function portState({ access, holders }: Node): readonly [string, Tone] {
  if (holders !== null && holders.length > 0) return ['held', 'warn'];
  if (access === 'no') return ['no access', 'warn'];
  return access === 'missing' ? ['no node', 'warn'] : ['accessible', 'good'];
}

function ids({ vendorId, productId }: Strings): string {
  return `${vendorId}:${productId ?? '????'}`;
}

/** Quoted where YAML could read it as another type, such as a serial number of digits only. */
function yamlText(text: string): string {
  return /^[A-Za-z/][\w/.@+-]*$/.test(text) ? text : JSON.stringify(text);
}

/** Quoted where a shell could split or expand it. */
function shellQuote(text: string): string {
  return /^[\w/.:@+\\-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
