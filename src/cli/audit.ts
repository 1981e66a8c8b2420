import { z } from 'zod';
import { Problem, type ServiceLook, unitKey } from '../core/index.ts';
import { type AuditDocument, type AuditUnit, renderAudit } from '../report/index.ts';
import type { RuleBook } from '../rules/index.ts';
import { buildPlan, withinSites } from '../run/index.ts';
import { keepAudit } from './audit-store.ts';
import { defineCommand, type Exit } from './command.ts';
import { auditDocument, withUnits } from './documents.ts';
import { type Fleet, lookAndJudge, openFleet } from './fleet.ts';
import type { Io } from './io.ts';
import { AS_OF, AsOfDay, COMMON_OPTIONS, FLEET_OPTIONS, FleetSchema, stateFolder } from './options.ts';
import { type OpenPaths, openPaths } from './paths.ts';

const AuditArgs = FleetSchema.extend({
  asOf: AsOfDay,
  services: z.boolean(),
  advisory: z.array(z.string().regex(/^CVE-\d{4}-\d{4,7}$/i)),
});
type AuditArgs = z.infer<typeof AuditArgs>;

export const auditCommand = defineCommand<AuditArgs>({
  usage: 'audit',
  describe: 'Look at every unit of the inventory, judge it, and report by site (only reads)',
  positionals: {},
  options: {
    ...COMMON_OPTIONS,
    ...FLEET_OPTIONS,
    ...AS_OF,
    services: {
      type: 'boolean',
      default: false,
      describe: 'See which services each card has on, and what should not be',
    },
    advisory: {
      type: 'string',
      array: true,
      default: [],
      describe: 'Only units that this advisory concerns or may concern, such as CVE-2022-0715 (repeatable)',
    },
  },
  schema: AuditArgs,
  run: audit,
});

async function audit(args: AuditArgs, io: Io): Promise<Exit> {
  const fleet = await openFleet(args, io, { purpose: 'read', images: 'optional', asOf: args.asOf });
  const wanted = wantedAdvisories(args.advisory, fleet.book);
  const state = stateFolder(args, io);
  const open = openPaths(state, io);
  let document: AuditDocument;
  try {
    const { signal } = new AbortController();
    const judged = await lookAndJudge(fleet, open.paths, io, signal);
    const looks = args.services ? await lookAtAll(fleet, open, io, signal) : new Map<string, ServiceLook>();
    document = auditDocument(buildPlan(fleet.book.hash, judged), fleet.book, io.clock.now(), looks);
  } finally {
    await open.close();
  }
  // What was seen with an older knowledge, or of some units only, is no audit to come back to.
  if (args.asOf === undefined) await keepAudit(state, document);
  const shown = wanted.length === 0 ? document : concerned(document, wanted);
  if (args.json) io.out(`${JSON.stringify(shown, null, 2)}\n`);
  else io.out(renderAudit(shown, { format: 'text', color: io.color && args.color }));
  if (wanted.length > 0) return shown.units.length === 0 ? 0 : 3;
  return document.units.every(isWell) ? 0 : 3;
}

/** What is on at the card of every unit that has one, by the key of the unit. */
async function lookAtAll(
  fleet: Fleet,
  open: OpenPaths,
  io: Io,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ServiceLook>> {
  const targets = fleet.chosen.filter(({ network }) => network !== null);
  const looks = await withinSites(targets, async (target) => {
    const look = await open.services(target, { clock: io.clock, signal });
    return [unitKey(target), look] as const;
  });
  return new Map(looks);
}

function isWell({ verdict, advisories, findings }: AuditUnit): boolean {
  if ((findings ?? []).length > 0) return false;
  return verdict.status === 'current' && !(advisories ?? []).some(({ status }) => status === 'affected');
}

function wantedAdvisories(words: readonly string[], book: RuleBook): readonly string[] {
  const wanted = words.map((word) => word.toUpperCase());
  const known = book.advisories.map(({ id }) => id);
  const lost = wanted.filter((id) => !known.includes(id));
  if (lost.length === 0) return wanted;
  throw new Problem('config/usage', `The catalogue does not know ${lost.join(', ')}.`, {
    hint: `Known are ${known.join(', ') || 'none by that day'}.`,
  });
}

/** The units that some of the advisories concern, wholly or in part, or of which that is not known. */
function concerned(document: AuditDocument, wanted: readonly string[]): AuditDocument {
  const units = document.units.filter((unit) =>
    (unit.advisories ?? []).some(
      ({ id, status }) => wanted.includes(id) && status !== 'fixed' && status !== 'not-affected',
    ),
  );
  return withUnits(document, units);
}
