import { describeEnd, joinList, type Reason } from '../core/index.ts';
import {
  advisorySummary,
  SIMULATION_NOTICE,
  STATUS_TONE,
  summary,
  unitLine,
  writeAdvisories,
  writeLeftOut,
  writeProblem,
  writeReasons,
} from './labels.ts';
import type { PlanDocument } from './run-documents.ts';
import { writeWorkOrder } from './work-order.ts';
import { createReportWriter, type ReportWriter, type Style } from './writer.ts';

/** What identifies a plan file. */
export interface ApprovedPlan {
  readonly file: string;
  readonly generatedAt: string;
  readonly digest: string;
}

export interface PlanExtras {
  /** Ids of the rules that can be overridden. */
  readonly overridable?: ReadonlySet<string>;
  /** The plan file that is executed; the report shows its time and digest. */
  readonly approved?: ApprovedPlan | null;
}

/**
 * A plan for people: what would be sent where, notes, and what blocks the rest. Markdown includes the work
 * orders for printing; text only counts them.
 */
export function renderPlan(
  document: PlanDocument,
  style: Style,
  { overridable = new Set(), approved = null }: PlanExtras = {},
): string {
  const writer = createReportWriter(style);
  const { generatedAt, digest } = approved ?? document;
  writer.title(`Plan ${document.id} of ${generatedAt}, digest ${digest.slice(0, 16)}`);
  if (approved !== null)
    writer.line(
      `This is the plan of ${approved.file}. The units were checked again at ${document.generatedAt}:`,
    );
  if (document.units.some(({ unit }) => unit.simulated)) writer.line(SIMULATION_NOTICE);
  const counts: Record<string, number> = {};
  for (const { key, unit, verdict, hops, problem } of document.units) {
    counts[verdict.status] = (counts[verdict.status] ?? 0) + 1;
    writer.item(unitLine(key, unit), verdict.status, STATUS_TONE[verdict.status]);
    for (const [index, hop] of hops.entries()) {
      const will = verdict.status === 'outdated' ? 'will send' : 'would send';
      writer.note(
        `hop ${index + 1}: ${will} ${hop.image.file} through ${hop.transport}: ${describeEnd(hop, 'from')} -> ${describeEnd(hop, 'to')}`,
        'plain',
      );
      writer.note(`  sha256 ${hop.image.sha256}; steps: ${hop.steps.join(', ')}`);
    }
    if (problem !== null) {
      writeProblem(writer, problem, verdict.reasons);
    } else {
      const own = verdict.reasons.filter((reason) => !isImageNote(reason));
      writeReasons(writer, own, verdict.status === 'outdated', overridable);
      writeAdvisories(writer, document.advisories[key] ?? []);
    }
  }
  writer.line('');
  writeImageNotes(writer, document);
  writeLeftOut(writer, document);
  writeProtected(writer, document);
  writer.line(summary(counts));
  for (const line of advisorySummary(Object.values(document.advisories))) writer.line(line);
  if (style.format === 'markdown') for (const order of document.workOrders) writeWorkOrder(writer, order);
  else if (document.workOrders.length > 0) writer.line(describeWorkOrders(document.workOrders.length));
  return writer.toString();
}

/** Whether a note is about an image and not about a unit. */
function isImageNote({ code, outcome }: Reason): boolean {
  return code === 'HASH_UNKNOWN' && outcome === 'warn';
}

/** Each note about an image once, with its units. */
function writeImageNotes(writer: ReportWriter, { units }: PlanDocument): void {
  const notes = new Map<string, { readonly reason: Reason; readonly keys: Set<string> }>();
  for (const { key, verdict } of units) {
    for (const reason of verdict.reasons.filter(isImageNote)) {
      const because = reason.because.replace(/^hop \d+: /, '');
      const note = notes.get(because) ?? { reason: { ...reason, because }, keys: new Set() };
      notes.set(because, note);
      note.keys.add(key);
    }
  }
  for (const { reason, keys } of notes.values()) {
    writer.note(`note: ${reason.because} [${reason.code}]`, 'warn');
    if (reason.remedy !== null) writer.note(`  remedy: ${reason.remedy}`);
    writer.note(`  ${keys.size === 1 ? '1 unit' : `${keys.size} units`}: ${joinList([...keys])}`);
  }
}

/** The groups of units with the same load, so that a wrong name in `feeds` becomes visible. */
function writeProtected(writer: ReportWriter, { units, protects }: PlanDocument): void {
  const grouped = new Set(protects.flat());
  const alone = units.filter(({ key }) => !grouped.has(key)).length;
  if (protects.length === 0) {
    writer.line('No units of this plan share a load (feeds, redundantWith).');
    return;
  }
  writer.line('Never updated together, because they feed the same load:');
  for (const group of protects) writer.note(group.join(' + '), 'plain');
  if (alone > 0) {
    const share = alone === 1 ? '1 unit of this plan shares' : `${alone} units of this plan share`;
    writer.line(`${share} no load with another unit.`);
  }
}

function describeWorkOrders(count: number): string {
  const orders = count === 1 ? '1 work order' : `${count} work orders`;
  return `${orders} for people on site. To print ${count === 1 ? 'it' : 'them'}: upsfw plan --format md`;
}
