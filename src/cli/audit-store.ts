import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, Problem } from '../core/index.ts';
import type { AuditDocument } from '../report/index.ts';
import { AuditUnitSchema } from '../run/index.ts';

const Counts = z.strictObject({
  current: z.int(),
  outdated: z.int(),
  blocked: z.int(),
  unsupported: z.int(),
  unknown: z.int(),
  unreachable: z.int(),
});

const AuditSchema: z.ZodType<AuditDocument> = z.strictObject({
  schema: z.literal('upsfw/audit@1'),
  generatedAt: z.string(),
  units: z.array(AuditUnitSchema),
  sites: z.array(z.strictObject({ site: z.string(), counts: Counts })),
  counts: Counts,
});

function folderOf(state: string): string {
  return join(state, 'audits');
}

/** Keeps an audit in the state folder, for `report --audit`. */
export async function keepAudit(state: string, document: AuditDocument): Promise<void> {
  await mkdir(folderOf(state), { recursive: true, mode: 0o700 });
  const name = `${document.generatedAt.replace(/[^0-9TZ]/g, '')}.json`;
  await writeFile(join(folderOf(state), name), `${JSON.stringify(document)}\n`, { mode: 0o600 });
}

/** The last audit that was kept. Throws Problem config/run. */
export async function readLastAudit(state: string): Promise<AuditDocument> {
  const names = await readdir(folderOf(state)).catch((thrown: unknown) => {
    if (hasCode(thrown, 'ENOENT')) return [];
    throw new Problem('config/state', `The folder ${folderOf(state)} cannot be read.`, {
      hint: 'Make it readable for the user that runs upsfw, or name another with --state.',
      cause: thrown,
    });
  });
  const last = names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .at(-1);
  if (last === undefined) {
    throw new Problem('config/run', `There is no audit in ${state}.`, {
      hint: 'Make one with: upsfw audit.',
    });
  }
  try {
    return AuditSchema.parse(JSON.parse(await readFile(join(folderOf(state), last), 'utf8')));
  } catch (thrown) {
    throw new Problem('config/run', `The audit ${last} cannot be read.`, {
      hint: 'Make a new one with: upsfw audit.',
      cause: thrown,
    });
  }
}
