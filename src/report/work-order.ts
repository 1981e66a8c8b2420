import type { Alternative, OrderEnd, OrderHop, OrderImage, WorkItem, WorkOrder } from '../core/index.ts';
import { SIMULATION_NOTICE } from './labels.ts';
import type { ReportWriter } from './writer.ts';

/** A work order for printing: everything that a person at the unit needs, each item with its source. */
export function writeWorkOrder(writer: ReportWriter, order: WorkOrder): void {
  writer.heading(`Work order: ${order.key}`);
  if (order.unit.simulated) writer.line(SIMULATION_NOTICE);
  writer.table(['item', 'known when this was written'], facts(order));
  section(writer, 'Why this procedure', order.port?.because ?? [], 'plain');
  writeHops(writer, order.hops);
  section(writer, 'Clear first', order.first, 'box');
  section(writer, 'Bring', order.bring, 'box');
  section(writer, 'Before', order.prepare, 'box');
  section(writer, 'Steps', order.steps, 'number');
  section(writer, 'Check afterwards', order.check, 'box');
  section(writer, 'If a step fails', order.ifItFails, 'plain');
  section(writer, 'Find out at the unit', order.unknown, 'box');
  section(writer, 'Notes', order.notes, 'plain');
  for (const procedure of order.alternatives) writeAlternative(writer, procedure);
  writer.subheading('Done by');
  for (const label of SIGN_OFF) writer.field(label);
}

const SIGN_OFF = [
  'Name',
  'Date',
  'Version seen before',
  'Version seen afterwards',
  'Output on afterwards',
  'Signature',
];

/** The same items below a decision on a described unit. `shown`: items that the decision already has. */
export function noteWorkOrder(writer: ReportWriter, order: WorkOrder, shown: ReadonlySet<string>): void {
  const { port } = order;
  if (port !== null) writer.note(`port: ${port.use}`, 'plain');
  const lists: readonly (readonly [string, readonly WorkItem[]])[] = [
    ['why this procedure', port?.because ?? []],
    ['bring', order.bring],
    ['on site', order.prepare.filter(({ text }) => !shown.has(text))],
    ['step', order.steps],
    ['afterwards', order.check],
    ['if it fails', order.ifItFails],
    ['not known', order.unknown],
    ...order.alternatives.map(({ title, steps }) => [`alternative (${title})`, steps] as const),
  ];
  for (const [label, items] of lists) {
    for (const [index, item] of items.entries()) {
      writer.note(`${label}${label === 'step' ? ` ${index + 1}` : ''}: ${withSource(item)}`, 'plain');
    }
  }
}

function facts({ unit, installed, target, port, wizard, minutes, hops: all, procedure }: WorkOrder) {
  const rows: (readonly [string, string | null])[] = [
    ['site', unit.site],
    ['unit', unit.name],
    ['place', placeOf(unit)],
    ['model', unit.model],
    ['SKU', unit.sku],
    ['serial number', unit.serial],
  ];
  if (procedure === 'card-console') {
    rows.push(['task', 'load the firmware of the card again, over its own console']);
    return rows.map(known);
  }
  rows.push(
    [
      'installed',
      installed.version === null ? null : `UPS ${installed.version} (ID${installed.microLinkId ?? '?'})`,
    ],
    ['to be installed', target === null ? null : describeFirmware(target)],
    [
      'procedure',
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
  if (serialPort !== null) return `serial port ${serialPort} of the computer that made the plan`;
  if (usb !== null) return `USB of the computer that made the plan: ${usb}`;
  return host === null ? null : `card at ${host}`;
}

function portName(port: 'serial' | 'usb' | undefined): string {
  return port === 'usb' ? 'USB' : 'serial';
}

function timeOf(minutes: WorkItem | null, count: number): string | null {
  if (minutes === null) return null;
  return `${withSource(minutes)}${count > 1 ? `, for each of ${count} hops` : ''}`;
}

function describeFirmware({ version, microLinkId }: OrderEnd): string {
  return `UPS ${version} (ID${microLinkId})`;
}

function writeHops(writer: ReportWriter, all: readonly OrderHop[]): void {
  if (all.length === 0) return;
  writer.subheading(all.length === 1 ? 'Image' : 'Images, one after the other');
  for (const [index, { from, to, image }] of all.entries()) {
    writer.task(`${describeFirmware(from)} -> ${describeFirmware(to)}: ${describeImage(image)}`, index + 1);
  }
}

function describeImage(image: OrderImage | null): string {
  if (image === null) return 'no file is known';
  const place = image.inFolder ? 'in the images folder' : 'not in the images folder';
  return `${image.file}, ${place}, sha256 ${image.sha256 ?? 'not known'}`;
}

function section(
  writer: ReportWriter,
  title: string,
  items: readonly WorkItem[],
  form: 'box' | 'number' | 'plain',
): void {
  if (items.length === 0) return;
  writer.subheading(title);
  for (const [index, item] of items.entries()) {
    if (form === 'plain') writer.note(withSource(item), 'plain');
    else writer.task(withSource(item), form === 'number' ? index + 1 : undefined);
  }
}

function writeAlternative(writer: ReportWriter, { title, steps }: Alternative): void {
  section(writer, `Alternative: ${title}`, steps, 'number');
}

function withSource({ text, source }: WorkItem): string {
  return `${text} (${source})`;
}
