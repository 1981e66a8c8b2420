import { type AuditDocument, renderAudit } from '../report/index.ts';
import { buildPlan } from '../run/index.ts';
import { keepAudit } from './audit-store.ts';
import { defineCommand, type Exit } from './command.ts';
import { auditDocument } from './documents.ts';
import { lookAndJudge, openFleet } from './fleet.ts';
import type { Io } from './io.ts';
import { COMMON_OPTIONS, FLEET_OPTIONS, type FleetArgs, FleetSchema, stateFolder } from './options.ts';
import { openPaths } from './paths.ts';

export const auditCommand = defineCommand<FleetArgs>({
  usage: 'audit',
  describe: 'Look at every unit of the inventory, judge it, and report by site (only reads)',
  positionals: {},
  options: { ...COMMON_OPTIONS, ...FLEET_OPTIONS },
  schema: FleetSchema,
  run: audit,
});

async function audit(args: FleetArgs, io: Io): Promise<Exit> {
  const fleet = await openFleet(args, io, { purpose: 'read', images: 'optional' });
  const state = stateFolder(args, io);
  const open = openPaths(state, io);
  let document: AuditDocument;
  try {
    const judged = await lookAndJudge(fleet, open.paths, io, new AbortController().signal);
    document = auditDocument(buildPlan(fleet.book.hash, judged), io.clock.now());
  } finally {
    await open.close();
  }
  await keepAudit(state, document);
  if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
  else io.out(renderAudit(document, { format: 'text', color: io.color && args.color }));
  return document.units.every((unit) => unit.verdict.status === 'current') ? 0 : 3;
}
