import { z } from 'zod';
import { escapedJson, Problem, type ServiceLook, unitKey } from '../../core/index.ts';
import { openOutputFile } from '../../files/index.ts';
import { type AuditDocument, type AuditUnit, renderAudit, renderPrometheus } from '../../report/index.ts';
import type { RuleBook } from '../../rules/index.ts';
import { buildPlan, withinSites } from '../../run/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { createCounter } from '../counter.ts';
import { auditDocument, withUnits } from '../documents/audit.ts';
import { saveAudit } from '../documents/audit-store.ts';
import { type Exit, exitOfAudit, exitOfPart } from '../exit-codes.ts';
import { type OpenPaths, openPaths } from '../fleet/drivers.ts';
import { lookAndJudge } from '../fleet/look.ts';
import { type Fleet, openFleet } from '../fleet/open.ts';
import type { Io } from '../io.ts';
import {
  AS_OF,
  AsOfDay,
  Day,
  FLEET_OPTIONS,
  FleetSchema,
  LISTING,
  LISTING_SHAPE,
  readListing,
  stateFolder,
} from '../options.ts';
import { readPast, withChanges } from './audit-history.ts';
import { type FailKind, failsOn, readFailOn } from './fail-on.ts';

const AuditArgs = FleetSchema.extend({
  asOf: AsOfDay,
  services: z.boolean(),
  advisory: z.array(z.string().regex(/^CVE-\d{4}-\d{4,7}$/i)),
  failOn: z.array(z.string().min(1)),
  compare: z.string().min(1).optional(),
  since: Day.optional(),
  format: z.enum(['text', 'prometheus']),
  out: z.string().min(1).optional(),
  ...LISTING_SHAPE,
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
    'fail-on': {
      type: 'string',
      array: true,
      default: [],
      describe:
        'Exit with 3 only for these, comma separated: outdated, blocked, unsupported, unknown, unreachable, vulnerable, services, changed; or none (default: all but changed; repeatable)',
    },
    compare: { type: 'string', describe: 'Say what changed since an earlier audit: LAST, or its JSON file' },
    since: {
      type: 'string',
      describe: 'The same with the newest kept audit of this day or before, YYYY-MM-DD (UTC)',
    },
    ...LISTING,
    format: {
      choices: ['text', 'prometheus'],
      default: 'text',
      describe: 'Text, or metrics for the textfile collector of node_exporter',
    },
    out: { type: 'string', describe: 'Write to this file, in one go, instead of standard output' },
  },
  schema: AuditArgs,
  run: audit,
});

async function audit(args: AuditArgs, io: Io): Promise<Exit> {
  const kinds = readKinds(args);
  const show = showing(args, io);
  const out = args.out === undefined ? null : await openOutputFile(args.out);
  const state = stateFolder(args, io);
  const past = await readPast(args, state, io);
  const fleet = await openFleet(args, io, {
    purpose: 'read',
    partly: true,
    images: 'optional',
    asOf: args.asOf,
  });
  const wanted = wantedAdvisories(args.advisory, fleet.book);
  const began = io.clock.monotonic();
  const document = compared(await makeAudit(fleet, state, args, io), past, fleet, args);
  const seconds = Math.round(io.clock.monotonic() - began) / 1000;
  // What was seen with an older knowledge, or of some units only, is no audit to come back to.
  const whole = args.site.length === 0 && args.unit.length === 0 && fleet.unasked.size === 0;
  if (whole && args.asOf === undefined) await keepOrWarn(state, document, io);
  const shown = wanted.length === 0 ? document : concerned(document, wanted);
  const text = show(shown, seconds);
  if (out === null) io.out(text);
  else await out.write(args.json ? escapedJson(text) : text, args.format === 'prometheus' ? 0o644 : 0o600);
  const found = wanted.length > 0 ? shown.units.length > 0 && kinds.size > 0 : failsOn(document, kinds);
  return exitOfPart(exitOfAudit(found), fleet.unasked.size);
}

/** An audit that cannot be kept is shown all the same: what was seen must not be lost. */
async function keepOrWarn(state: string, document: AuditDocument, io: Io): Promise<void> {
  try {
    await saveAudit(state, document);
  } catch (thrown) {
    warnAbout(thrown, 'The audit was not kept for report --audit and --compare', io);
  }
}

/** Goes on where the state folder is at fault, and throws anything else. */
function warnAbout(thrown: unknown, what: string, io: Io): void {
  if (!(thrown instanceof Problem) || thrown.code !== 'config/state') throw thrown;
  io.info(`${what}: ${thrown.message} ${thrown.hint}\n`);
}

/** What changed since an earlier audit; a unit that was not asked has not changed and has not gone, as far as is known. */
function compared(
  document: AuditDocument,
  past: AuditDocument | null,
  fleet: Fleet,
  args: AuditArgs,
): AuditDocument {
  const asked = ({ site, name }: AuditUnit): boolean =>
    !fleet.unasked.has(unitKey({ site: site ?? '', name: name ?? '' }));
  const was = past === null ? null : { ...past, units: past.units.filter(asked) };
  const now = { ...document, units: document.units.filter(asked) };
  return { ...document, changes: withChanges(now, was, args).changes };
}

async function makeAudit(fleet: Fleet, state: string, args: AuditArgs, io: Io): Promise<AuditDocument> {
  const open = openPaths(state, io, 'read');
  try {
    const { signal } = new AbortController();
    const judged = await lookAndJudge(fleet, open.paths, state, io, signal);
    const looks = args.services ? await lookAtAll(fleet, open, io, signal) : new Map<string, ServiceLook>();
    return auditDocument(buildPlan(fleet.book.hash, judged), fleet.book, io.clock.now(), looks);
  } finally {
    await open.close();
  }
}

/** The kinds to fail on, which must be ones that this audit can find. Throws Problem config/usage. */
function readKinds(args: AuditArgs): ReadonlySet<FailKind> {
  const kinds = readFailOn(args.failOn);
  const compares = args.compare !== undefined || args.since !== undefined;
  if (kinds.has('changed') && !compares) {
    throw usage('--fail-on changed has nothing to compare with.', 'Add --compare or --since.');
  }
  if (args.failOn.length > 0 && kinds.has('services') && !args.services) {
    throw usage('--fail-on services has nothing to find.', 'Add --services.');
  }
  if (compares && args.advisory.length > 0) {
    throw usage(
      'A comparison is of the whole audit, not of the units of an advisory.',
      'Leave --advisory out: newly affected units stand in the comparison.',
    );
  }
  return kinds;
}

/** How the audit is shown. Throws Problem config/usage. */
function showing(args: AuditArgs, io: Io): (document: AuditDocument, seconds: number) => string {
  const listing = readListing(args);
  if (args.format === 'prometheus') {
    if (args.json) throw usage('The audit is one of JSON and metrics.', 'Leave --json or --format out.');
    return renderPrometheus;
  }
  if (args.json) return (document) => `${JSON.stringify(document, null, 2)}\n`;
  const color = io.color && args.color && args.out === undefined;
  return (document) => renderAudit(document, { format: 'text', color }, listing);
}

function usage(message: string, hint: string): Problem {
  return new Problem('config/usage', message, { hint });
}

/** What is on at the card of every unit that has one, by the key of the unit. */
async function lookAtAll(
  fleet: Fleet,
  open: OpenPaths,
  io: Io,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ServiceLook>> {
  const targets = fleet.chosen.filter(
    (target) => target.network !== null && !fleet.unasked.has(unitKey(target)),
  );
  const counter = createCounter(io);
  let looked = 0;
  const looks = await withinSites(targets, async (target) => {
    try {
      const look = await open.services(target, { clock: io.clock, signal });
      return [[unitKey(target), look] as const];
    } catch (thrown) {
      warnAbout(thrown, `The services of ${unitKey(target)} were not seen`, io);
      return [];
    } finally {
      looked += 1;
      counter.show(`services of ${looked} of ${targets.length} cards looked at`);
    }
  }).finally(() => counter.end());
  return new Map(looks.flat());
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
