import type { Alternative, OrderEnd, OrderHop, OrderImage, WorkItem, WorkOrder } from '../core/index.ts';
import { REHEARSAL } from './words.ts';
import type { ReportWriter } from './writer.ts';

/** A work order as a paper that can be printed and handed over: everything that a person at the unit needs, each with its source. */
export function writeWorkOrder(paper: ReportWriter, order: WorkOrder): void {
  paper.heading(`Work order: ${order.key}`);
  if (order.unit.simulated) paper.line(REHEARSAL);
  paper.table(['what', 'as known when this was written'], facts(order));
  section(paper, 'Why this way', order.port?.because ?? [], 'plain');
  hops(paper, order.hops);
  section(paper, 'To be cleared first', order.first, 'box');
  section(paper, 'Bring', order.bring, 'box');
  section(paper, 'Before', order.prepare, 'box');
  section(paper, 'Steps', order.steps, 'number');
  section(paper, 'Check afterwards', order.check, 'box');
  section(paper, 'If it does not go as written', order.ifItFails, 'plain');
  section(paper, 'Not known, to be found out at the unit', order.unknown, 'box');
  section(paper, 'Worth knowing', order.notes, 'plain');
  for (const way of order.alternatives) otherWay(paper, way);
  paper.subheading('Done by');
  for (const label of FIELDS) paper.field(label);
}

const FIELDS = [
  'Name',
  'Date',
  'Version seen before',
  'Version seen afterwards',
  'Output on afterwards',
  'Signature',
];

/** The same lines below a decision on a described unit; `said` are those that stand there already. */
export function noteWorkOrder(paper: ReportWriter, order: WorkOrder, said: ReadonlySet<string>): void {
  const { port } = order;
  if (port !== null) paper.note(`port: ${port.use}`, 'plain');
  const lists: readonly (readonly [string, readonly WorkItem[]])[] = [
    ['why this way', port?.because ?? []],
    ['bring', order.bring],
    ['on site', order.prepare.filter(({ text }) => !said.has(text))],
    ['step', order.steps],
    ['afterwards', order.check],
    ['if it fails', order.ifItFails],
    ['not known', order.unknown],
    ...order.alternatives.map(({ title, steps }) => [`other way (${title})`, steps] as const),
  ];
  for (const [word, lines] of lists) {
    for (const [index, line] of lines.entries()) {
      paper.note(`${word}${word === 'step' ? ` ${index + 1}` : ''}: ${withSource(line)}`, 'plain');
    }
  }
}

function facts({ unit, installed, target, port, wizard, minutes, hops: all, procedure: way }: WorkOrder) {
  const rows: (readonly [string, string | null])[] = [
    ['site', unit.site],
    ['unit', unit.name],
    ['place', placeOf(unit)],
    ['model', unit.model],
    ['SKU', unit.sku],
    ['serial number', unit.serial],
  ];
  if (way === 'card-console') {
    rows.push(['what is to be done', 'load the firmware of the card again, over its own console']);
    return rows.map(known);
  }
  rows.push(
    [
      'installed',
      installed.version === null ? null : `UPS ${installed.version} (ID${installed.microLinkId ?? '?'})`,
    ],
    ['to be installed', target === null ? null : standing(target)],
    [
      'way',
      `Firmware Upgrade Wizard ${wizard ?? '(version not known)'} over the ${portName(port?.use)} port of the UPS`,
    ],
    ['time', timeOf(minutes, all.length)],
  );
  return rows.map(known);
}

function known([what, value]: readonly [string, string | null]): readonly string[] {
  return [what, value ?? 'not known'];
}

function placeOf({ host, serialPort, usb }: WorkOrder['unit']): string | null {
  if (serialPort !== null) return `serial port ${serialPort} of the machine that plans`;
  if (usb !== null) return `USB of the machine that plans: ${usb}`;
  return host === null ? null : `card at ${host}`;
}

function portName(port: 'serial' | 'usb' | undefined): string {
  return port === 'usb' ? 'USB' : 'serial';
}

function timeOf(minutes: WorkItem | null, count: number): string | null {
  if (minutes === null) return null;
  return `${withSource(minutes)}${count > 1 ? `, for each of ${count} hops` : ''}`;
}

function standing({ version, microLinkId }: OrderEnd): string {
  return `UPS ${version} (ID${microLinkId})`;
}

function hops(paper: ReportWriter, all: readonly OrderHop[]): void {
  if (all.length === 0) return;
  paper.subheading(all.length === 1 ? 'Image' : 'Images, one after the other');
  for (const [index, { from, to, image }] of all.entries()) {
    paper.task(`${standing(from)} -> ${standing(to)}: ${imageInWords(image)}`, index + 1);
  }
}

function imageInWords(image: OrderImage | null): string {
  if (image === null) return 'no file of it is known here';
  const place = image.inFolder ? 'in the images folder' : 'not in the images folder';
  return `${image.file}, ${place}, sha256 ${image.sha256 ?? 'not known'}`;
}

function section(
  paper: ReportWriter,
  title: string,
  lines: readonly WorkItem[],
  form: 'box' | 'number' | 'plain',
): void {
  if (lines.length === 0) return;
  paper.subheading(title);
  for (const [index, line] of lines.entries()) {
    if (form === 'plain') paper.note(withSource(line), 'plain');
    else paper.task(withSource(line), form === 'number' ? index + 1 : undefined);
  }
}

function otherWay(paper: ReportWriter, { title, steps }: Alternative): void {
  section(paper, `Another way: ${title}`, steps, 'number');
}

function withSource({ text, source }: WorkItem): string {
  return `${text} (${source})`;
}
