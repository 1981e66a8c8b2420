import { standingInWords } from '../core/index.ts';
import type { PlanDocument } from './documents.ts';
import { createPaper, type Style } from './paper.ts';
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

/**
 * A plan for people: what would be sent where, what is worth knowing, and what stands against the rest. In Markdown the work
 * orders follow, each to be printed; a text says only that there are some.
 */
export function renderPlan(document: PlanDocument, style: Style): string {
  const paper = createPaper(style);
  paper.title(`Plan ${document.id} of ${document.generatedAt}`);
  if (document.units.some(({ unit }) => unit.simulated)) paper.line(REHEARSAL);
  const counts: Record<string, number> = {};
  for (const { key, unit, verdict, hops, problem } of document.units) {
    counts[verdict.status] = (counts[verdict.status] ?? 0) + 1;
    paper.item(unitLine(key, unit), verdict.status, STATUS_TONE[verdict.status]);
    for (const [index, hop] of hops.entries()) {
      const will = verdict.status === 'outdated' ? 'will send' : 'would send';
      paper.note(
        `hop ${index + 1}: ${will} ${hop.image.file} through ${hop.path}: ${standingInWords(hop, 'from')} -> ${standingInWords(hop, 'to')}`,
        'plain',
      );
      paper.note(`  sha256 ${hop.image.sha256}; steps: ${hop.steps.join(', ')}`);
    }
    if (problem !== null) {
      paper.note(`${problem.message} [${problem.code}]`, 'warn');
      paper.note(`  remedy: ${problem.hint}`);
    } else {
      writeReasons(paper, verdict.reasons, verdict.status === 'outdated');
      writeAdvisories(paper, document.advisories[key] ?? []);
    }
  }
  paper.line('');
  paper.line(summary(counts));
  for (const line of advisorySummary(Object.values(document.advisories))) paper.line(line);
  if (style.format === 'markdown') for (const order of document.workOrders) writeWorkOrder(paper, order);
  else if (document.workOrders.length > 0) paper.line(ordersInWords(document.workOrders.length));
  return paper.toString();
}

function ordersInWords(count: number): string {
  const orders = count === 1 ? '1 work order' : `${count} work orders`;
  return `${orders} for people on site: upsfw plan --format md prints ${count === 1 ? 'it' : 'them'}.`;
}
