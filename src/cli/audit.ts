import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuditDocument, renderAudit } from '../report/index.ts';
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
  const open = openPaths(state);
  let document: AuditDocument;
  try {
    const judged = await lookAndJudge(fleet, open.paths, io, new AbortController().signal);
    document = auditDocument(judged, io.clock.now());
  } finally {
    await open.close();
  }
  await keep(document, state);
  if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
  else io.out(renderAudit(document, 'text', { color: io.color && args.color }));
  return document.units.every((unit) => unit.verdict.status === 'current') ? 0 : 3;
}

/** Keeps the audit for `report --audit`. */
async function keep(document: AuditDocument, state: string): Promise<void> {
  const folder = join(state, 'audits');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = `${document.generatedAt.replace(/[^0-9TZ]/g, '')}.json`;
  await writeFile(join(folder, name), `${JSON.stringify(document)}\n`, { mode: 0o600 });
}
