import { describeEnd, joinList, type Reason } from '../core/index.ts';
import type { PlanDocument } from './documents.ts';
import {
  advisorySummary,
  REHEARSAL,
  STATUS_TONE,
  summary,
  unitLine,
  writeAdvisories,
  writeReasons,
} from './words.ts';
import { writeWorkOrder } from './work-order.ts';
import { createPaper, type ReportWriter, type Style } from './writer.ts';

/** A plan file, by what tells it from any other. */
export interface ApprovedPlan {
  readonly file: string;
  readonly generatedAt: string;
  readonly digest: string;
}

/** What a plan is shown with. */
export interface PlanExtras {
  /** Ids of the rules that can be overridden. */
  readonly overridable?: ReadonlySet<string>;
  /** The plan file that is carried out, whose time and digest are those that somebody looked at. */
  readonly approved?: ApprovedPlan | null;
}

/**
 * A plan for people: what would be sent where, what is worth knowing, and what stands against the rest. In Markdown the work
 * orders follow, each to be printed; a text says only that there are some.
 */
export function renderPlan(
  document: PlanDocument,
  style: Style,
  { overridable = new Set(), approved = null }: PlanExtras = {},
): string {
  const paper = createPaper(style);
  const { generatedAt, digest } = approved ?? document;
  paper.title(`Plan ${document.id} of ${generatedAt}, digest ${digest.slice(0, 16)}`);
  if (approved !== null)
    paper.line(
      `This is the plan of ${approved.file}. The units were looked at and judged again at ${document.generatedAt}:`,
    );
  if (document.units.some(({ unit }) => unit.simulated)) paper.line(REHEARSAL);
  const counts: Record<string, number> = {};
  for (const { key, unit, verdict, hops, problem } of document.units) {
    counts[verdict.status] = (counts[verdict.status] ?? 0) + 1;
    paper.item(unitLine(key, unit), verdict.status, STATUS_TONE[verdict.status]);
    for (const [index, hop] of hops.entries()) {
      const will = verdict.status === 'outdated' ? 'will send' : 'would send';
      paper.note(
        `hop ${index + 1}: ${will} ${hop.image.file} through ${hop.transport}: ${describeEnd(hop, 'from')} -> ${describeEnd(hop, 'to')}`,
        'plain',
      );
      paper.note(`  sha256 ${hop.image.sha256}; steps: ${hop.steps.join(', ')}`);
    }
    if (problem !== null) {
      paper.note(`${problem.message} [${problem.code}]`, 'warn');
      paper.note(`  remedy: ${problem.hint}`);
    } else {
      const own = verdict.reasons.filter((reason) => !isSaidOnce(reason));
      writeReasons(paper, own, verdict.status === 'outdated', overridable);
      writeAdvisories(paper, document.advisories[key] ?? []);
    }
  }
  paper.line('');
  writeSaidOnce(paper, document);
  writeProtected(paper, document);
  paper.line(summary(counts));
  for (const line of advisorySummary(Object.values(document.advisories))) paper.line(line);
  if (style.format === 'markdown') for (const order of document.workOrders) writeWorkOrder(paper, order);
  else if (document.workOrders.length > 0) paper.line(ordersInWords(document.workOrders.length));
  return paper.toString();
}

/** A note about an image and not about a unit. */
function isSaidOnce({ code, outcome }: Reason): boolean {
  return code === 'HASH_UNKNOWN' && outcome === 'warn';
}

/** Each note about an image once, with the units that would get it. */
function writeSaidOnce(paper: ReportWriter, { units }: PlanDocument): void {
  const notes = new Map<string, { readonly reason: Reason; readonly keys: Set<string> }>();
  for (const { key, verdict } of units) {
    for (const reason of verdict.reasons.filter(isSaidOnce)) {
      const because = reason.because.replace(/^hop \d+: /, '');
      const note = notes.get(because) ?? { reason: { ...reason, because }, keys: new Set() };
      notes.set(because, note);
      note.keys.add(key);
    }
  }
  for (const { reason, keys } of notes.values()) {
    paper.note(`note: ${reason.because} [${reason.code}]`, 'warn');
    if (reason.remedy !== null) paper.note(`  remedy: ${reason.remedy}`);
    paper.note(`  ${keys.size === 1 ? '1 unit' : `${keys.size} units`}: ${joinList([...keys])}`);
  }
}

/** The groups of units of which never two are in flight, so that a wrong name in `feeds` is seen. */
function writeProtected(paper: ReportWriter, { units, protects }: PlanDocument): void {
  const grouped = new Set(protects.flat());
  const alone = units.filter(({ key }) => !grouped.has(key)).length;
  if (protects.length === 0) {
    paper.line('No unit of this plan shares a load with another (feeds, redundantWith).');
    return;
  }
  paper.line('Never in flight together, because they carry the same load:');
  for (const group of protects) paper.note(group.join(' + '), 'plain');
  if (alone > 0) {
    const share = alone === 1 ? '1 unit of this plan shares' : `${alone} units of this plan share`;
    paper.line(`${share} no load with another.`);
  }
}

function ordersInWords(count: number): string {
  const orders = count === 1 ? '1 work order' : `${count} work orders`;
  return `${orders} for people on site: upsfw plan --format md prints ${count === 1 ? 'it' : 'them'}.`;
}
