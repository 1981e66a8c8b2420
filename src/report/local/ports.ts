import { type FirmwareReading, joinList, type LocalAccess } from '../../core/index.ts';
import type { DocumentHead } from '../documents.ts';
import { firmwareWords } from '../words.ts';
import { createPaper, type ReportWriter, type Style, type Tone } from '../writer.ts';

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
  /** What gives access; null where there is. */
  readonly hint: string | null;
  /** Null where the system does not tell. */
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

/** What is at the ports of a machine; nothing of it was opened. */
export interface LocalPortsDocument extends DocumentHead<'local-ports'> {
  /** True where a rehearsal made the units and ports. */
  readonly simulated: boolean;
  readonly serial: readonly ListedPort[];
  readonly usb: readonly ListedUsbUnit[];
  readonly notes: readonly string[];
}

const LOOKS: Readonly<Record<NonNullable<ListedPort['looksLike']>, string>> = {
  adapter: 'USB adapter',
  port: 'port of the machine',
  'modem-or-board': 'often a modem or a board',
};

/** Units and ports for people: what each is, who holds it, what to write into the inventory, how it is asked. */
export function renderLocalPorts(document: LocalPortsDocument, style: Style): string {
  const paper = createPaper(style);
  const { serial, usb, notes } = document;
  paper.title(`Ports of this machine, ${document.generatedAt}`);
  if (document.simulated)
    paper.line('REHEARSAL: all of this is simulated. Nothing here says anything about a real port.');
  paper.line('No port was opened and nothing was sent: this is what the system tells of itself.');
  if (usb.length > 0) paper.heading('USB units of APC');
  for (const unit of usb) writeUnit(paper, unit);
  if (serial.length > 0) paper.heading('Serial ports');
  for (const port of serial) writePort(paper, port);
  if (serial.length > 0) {
    paper.line('');
    paper.line('A serial port does not tell by itself whether a UPS is behind it; only asking it does.');
  }
  if (serial.length + usb.length === 0) writeNothing(paper);
  if (notes.length > 0) paper.heading('Notes');
  for (const note of notes) paper.note(note, 'warn');
  return paper.toString();
}

function writeUnit(paper: ReportWriter, unit: ListedUsbUnit): void {
  const what = [unit.model ?? 'an APC device without a product string', firmwareWords(unit.firmware)];
  const [word, tone] = standing(unit);
  paper.item([...what, unit.serial ?? 'no serial number'].join('  '), word, tone, `USB ${unit.name}`);
  if (unit.model !== null && !unit.isSmartUps)
    paper.note('not a Smart-UPS: upsfw can do nothing for it', 'warn');
  paper.note([ids(unit), unit.hidraw ?? 'no hidraw node', unit.driver ?? 'no driver'].join(', '));
  writeNode(paper, unit);
  if (unit.isSmartUps && unit.inventory !== null) writeUse(paper, unit.inventory);
}

function writePort(paper: ReportWriter, port: ListedPort): void {
  const { path, looksLike, driver, usb, stableNames } = port;
  const [word, tone] = standing(port);
  paper.item(path, word, tone, looksLike === null ? '' : LOOKS[looksLike]);
  const strings = usb === null ? [] : [usb.manufacturer, usb.product, usb.serial, ids(usb)];
  const told = [...strings, driver].filter((text) => text !== null);
  if (told.length > 0) paper.note(told.join(', '));
  if (stableNames.length > 1) paper.note(`also ${joinList(stableNames.slice(1))}`);
  writeNode(paper, port);
  writeUse(paper, port.inventory);
}

/** How it is named in an inventory, and on the command line. */
function writeUse(paper: ReportWriter, access: LocalAccess): void {
  const [entry, text, word] =
    'serialPort' in access
      ? ['serialPort', access.serialPort, access.serialPort]
      : ['usb', access.usb, access.usb === 'any' ? 'usb' : `usb:${access.usb}`];
  paper.note(`inventory: ${entry}: ${yamlText(text)}`, 'plain');
  paper.note(`ask it:    upsfw local inspect ${shellWord(word)}`, 'plain');
}

function writeNode(paper: ReportWriter, { holders, hint }: Node): void {
  for (const { program, pid, how } of holders ?? []) {
    const who = pid === null ? program : `${program}, process ${pid}`;
    paper.note(
      how === 'open'
        ? `held by ${who}: end it before the port is asked`
        : `locked by ${who}: end it before the port is asked`,
      'warn',
    );
  }
  if (hint !== null) paper.note(hint, 'warn');
}

function writeNothing(paper: ReportWriter): void {
  paper.line('');
  paper.line('There is no serial port and no USB unit of APC at this machine.');
  for (const check of [
    'Is the unit switched on, and its cable seated at both ends? The USB port of a unit is the square one.',
    'Does the system see the adapter or the unit at all? On Linux dmesg and lsusb tell; an APC unit has the vendor id 051d.',
    'In a virtual machine or a container: is the device handed through to it?',
  ])
    paper.note(check, 'plain');
}

/** One word for what stands between the user and the node. */
function standing({ access, holders }: Node): readonly [string, Tone] {
  if (holders !== null && holders.length > 0) return ['held', 'warn'];
  if (access === 'no') return ['no right', 'warn'];
  return access === 'missing' ? ['no node', 'warn'] : ['accessible', 'good'];
}

function ids({ vendorId, productId }: Strings): string {
  return `${vendorId}:${productId ?? '????'}`;
}

/** Quoted where YAML could take it for something else than text, such as a serial number of digits alone. */
function yamlText(text: string): string {
  return /^[A-Za-z/][\w/.@+-]*$/.test(text) ? text : JSON.stringify(text);
}

/** Quoted where a shell could take it for more than a word. */
function shellWord(text: string): string {
  return /^[\w/.:@+\\-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
