import { z } from 'zod';
import { escapedJson, Problem, type ServiceLook, unitKey } from '../../core/index.ts';
import { openOutputFile } from '../../files/index.ts';
import {
  type AuditDocument,
  type AuditUnit,
  compareAudits,
  renderAudit,
  renderPrometheus,
} from '../../report/index.ts';
import type { RuleBook } from '../../rules/index.ts';
import { withinSites } from '../../run/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { createCounter } from '../counter.ts';
import { auditDocument, selectUnits } from '../documents/audit.ts';
import { readAuditFile, readAuditOf, readLastAudit, saveAudit } from '../documents/audit-store.ts';
import { type Exit, exitOfAudit, exitOfPart } from '../exit-codes.ts';
import { type OpenDrivers, openDrivers } from '../fleet/drivers.ts';
import { lookAndJudge } from '../fleet/look.ts';
import { type Fleet, openFleet } from '../fleet/open.ts';
import type { Io } from '../io.ts';
import {
  AS_OF,
  AsOfDay,
  Day,
  DETAIL_OPTIONS,
  DETAIL_SHAPE,
  FLEET_OPTIONS,
  FleetSchema,
  readDetailLevel,
  stateFolder,
} from '../options.ts';
import { jsonText, sayWritten, textStyle } from '../print.ts';
import { type FailKind, failsOn, readFailOn } from './fail-on.ts';

const AuditArgs = FleetSchema.extend({
  asOf: AsOfDay,
  services: z.boolean(),
  advisory: z.array(z.string().regex(/^(?:CVE-\d{4}-\d{4,7}|SEVD-\d{4}-\d{3}-\d{2})$/i)),
  failOn: z.array(z.string().min(1)),
  compare: z.string().min(1).optional(),
  since: Day.optional(),
  format: z.enum(['text', 'prometheus']),
  out: z.string().min(1).optional(),
  ...DETAIL_SHAPE,
});
type AuditArgs = z.infer<typeof AuditArgs>;

export const auditCommand = defineCommand<AuditArgs>({
  usage: 'audit',
  describe: 'Check every unit of the inventory and report by site (only reads)',
  positionals: {},
  options: {
    ...COMMON_OPTIONS,
    ...FLEET_OPTIONS,
    ...AS_OF,
    services: {
      type: 'boolean',
      default: false,
      describe: 'Also check which services of each card are on',
    },
    advisory: {
      type: 'string',
      array: true,
      default: [],
      describe:
        'Only units that this advisory affects or may affect, such as CVE-2022-0715 or SEVD-2020-174-01 (repeatable)',
    },
    'fail-on': {
      type: 'string',
      array: true,
      default: [],
      describe:
        'Exit with 3 only for these, separated by commas: outdated, blocked, unsupported, unknown, unreachable, vulnerable, services, changed; or none (default: all but changed; repeatable)',
    },
    compare: { type: 'string', describe: 'Show what changed since an earlier audit: LAST, or its JSON file' },
    since: {
      type: 'string',
      describe: 'Compare with the newest saved audit of this day or earlier, YYYY-MM-DD (UTC)',
    },
    ...DETAIL_OPTIONS,
    format: {
      choices: ['text', 'prometheus'],
      default: 'text',
      describe: 'Text, or metrics for the textfile collector of node_exporter',
    },
    out: {
      type: 'string',
      describe: 'Write to this file instead of standard output; it is replaced as a whole',
    },
  },
  schema: AuditArgs,
  run: audit,
});

async function audit(args: AuditArgs, io: Io): Promise<Exit> {
  const kinds = readKinds(args);
  const show = rendererOf(args, io);
  const out = args.out === undefined ? null : await openOutputFile(args.out);
  const state = stateFolder(args, io);
  const before = await readEarlierAudit(args, state, io);
  const fleet = await openFleet(args, io, {
    purpose: 'read',
    partly: true,
    images: 'optional',
    asOf: args.asOf,
  });
  const advisories = chosenAdvisories(args.advisory, fleet.book);
  const begin = io.clock.monotonic();
  const document = withChanges(await runAudit(fleet, state, args, io), before, fleet, args);
  const seconds = Math.round(io.clock.monotonic() - begin) / 1000;
  // Only complete audits that were evaluated with all rules are worth comparing with later.
  const isComplete = args.site.length === 0 && args.unit.length === 0 && fleet.unasked.size === 0;
  if (isComplete && args.asOf === undefined) await saveOrWarn(state, document, io);
  const shown = advisories.length === 0 ? document : unitsConcernedBy(document, advisories);
  const text = show(shown, seconds);
  if (out === null) io.out(text);
  else {
    await out.write(args.json ? escapedJson(text) : text, args.format === 'prometheus' ? 0o644 : 0o600);
    sayWritten('audit', args.out, io);
  }
  const found = advisories.length > 0 ? shown.units.length > 0 && kinds.size > 0 : failsOn(document, kinds);
  return exitOfPart(exitOfAudit(found), fleet.unasked.size);
}

/** An audit that cannot be saved is still shown, with a warning. */
async function saveOrWarn(state: string, document: AuditDocument, io: Io): Promise<void> {
  try {
    await saveAudit(state, document);
  } catch (thrown) {
    warnAbout(thrown, 'The audit was not saved for report --audit and --compare', io);
  }
}

/** Warns about a problem of the state folder, and throws anything else. */
function warnAbout(thrown: unknown, what: string, io: Io): void {
  if (!(thrown instanceof Problem) || thrown.code !== 'config/state') throw thrown;
  io.info(`${what}: ${thrown.message} ${thrown.hint}\n`);
}

/**
 * The earlier audit to compare with, read before any device is asked; null without one. Throws Problem
 * config/.
 */
async function readEarlierAudit(
  { compare, since }: Pick<AuditArgs, 'compare' | 'since'>,
  state: string,
  io: Io,
): Promise<AuditDocument | null> {
  if (compare !== undefined && since !== undefined)
    throw usage('--compare and --since are mutually exclusive.', 'Leave one of them out.');
  if (compare !== undefined)
    return compare.toUpperCase() === 'LAST' ? readLastAudit(state) : readAuditFile(compare);
  if (since === undefined) return null;
  const { audit: earlier, inTime } = await readAuditOf(state, since);
  if (!inTime)
    io.info(
      `No saved audit is from ${since} or earlier. Comparing with the oldest, of ${earlier.generatedAt}.\n`,
    );
  return earlier;
}

/**
 * Adds what changed since an earlier audit. A unit that was not asked counts neither as changed nor as gone.
 */
function withChanges(
  document: AuditDocument,
  before: AuditDocument | null,
  fleet: Fleet,
  args: AuditArgs,
): AuditDocument {
  if (before === null) return document;
  const asked = ({ site, name }: AuditUnit): boolean =>
    !fleet.unasked.has(unitKey({ site: site ?? '', name: name ?? '' }));
  const changes = compareAudits(
    { units: before.units.filter(asked) },
    { units: document.units.filter(asked) },
    { sites: args.site, units: args.unit },
  );
  return { ...document, changes: { since: before.generatedAt, ...changes } };
}

async function runAudit(fleet: Fleet, state: string, args: AuditArgs, io: Io): Promise<AuditDocument> {
  const open = openDrivers(state, io, 'read');
  try {
    const judged = await lookAndJudge(fleet, open.drivers, state, io);
    const looks = args.services ? await inspectServices(fleet, open, io) : new Map<string, ServiceLook>();
    // What was not read must not be saved as an audit.
    io.stop.throwIfAborted();
    return auditDocument(judged, fleet.book, io.clock.now(), looks, fleet.leftOut);
  } finally {
    await open.close();
  }
}

/** The kinds to fail on. Throws Problem config/usage for kinds that this audit cannot find. */
function readKinds(args: AuditArgs): ReadonlySet<FailKind> {
  const kinds = readFailOn(args.failOn);
  const compares = args.compare !== undefined || args.since !== undefined;
  if (kinds.has('changed') && !compares) {
    throw usage('--fail-on changed needs an earlier audit.', 'Add --compare or --since.');
  }
  if (args.failOn.length > 0 && kinds.has('services') && !args.services) {
    throw usage('--fail-on services needs --services.', 'Add --services.');
  }
  if (compares && args.advisory.length > 0) {
    throw usage(
      '--advisory cannot be used with --compare or --since.',
      'Leave --advisory out: the comparison lists newly affected units.',
    );
  }
  return kinds;
}

/** How the audit is shown. Throws Problem config/usage. */
function rendererOf(args: AuditArgs, io: Io): (document: AuditDocument, seconds: number) => string {
  const detailLevel = readDetailLevel(args);
  if (args.format === 'prometheus') {
    if (args.json)
      throw usage('--json and --format prometheus are mutually exclusive.', 'Leave one of them out.');
    return renderPrometheus;
  }
  if (args.json) return jsonText;
  const style = textStyle({ color: args.color && args.out === undefined }, io);
  return (document) => renderAudit(document, style, detailLevel);
}

function usage(message: string, hint: string): Problem {
  return new Problem('config/usage', message, { hint });
}

/** The services of the card of every unit that has one, by the key of the unit. */
async function inspectServices(
  fleet: Fleet,
  open: OpenDrivers,
  io: Io,
): Promise<ReadonlyMap<string, ServiceLook>> {
  const targets = fleet.chosen.filter(
    (target) => target.network !== null && !fleet.unasked.has(unitKey(target)),
  );
  const counter = createCounter(io);
  let looked = 0;
  const looks = await withinSites(targets, async (target) => {
    try {
      const look = await open.services(target, { clock: io.clock, signal: io.stop });
      return [[unitKey(target), look] as const];
    } catch (thrown) {
      warnAbout(thrown, `The services of ${unitKey(target)} were not read`, io);
      return [];
    } finally {
      looked += 1;
      counter.show(`services of ${looked} of ${targets.length} cards checked`);
    }
  }).finally(() => counter.end());
  return new Map(looks.flat());
}

function chosenAdvisories(given: readonly string[], book: RuleBook): readonly string[] {
  const ids = given.map((id) => id.toUpperCase());
  const known = knownAdvisories(book);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length === 0) return ids;
  throw usage(
    `The catalogue has no advisory ${unknown.join(', ')}.`,
    `It has ${known.join(', ') || 'none of that day or earlier'}.`,
  );
}

/** The CVE numbers and notices of UPS and card. */
function knownAdvisories({ advisories, cards }: RuleBook): readonly string[] {
  const names = [
    ...advisories.flatMap(({ id, notice }) => [id, notice]),
    ...cards.advisories.flatMap(({ cves, notice }) => [...cves, notice]),
  ];
  return [...new Set(names.filter((name) => name !== null))];
}

/**
 * Only the units that an advisory affects wholly or in part, or for which that is not known. A version that
 * the source does not list as affected is left out.
 */
function unitsConcernedBy(document: AuditDocument, advisories: readonly string[]): AuditDocument {
  const units = document.units.filter((unit) =>
    (unit.advisories ?? []).some(
      ({ id, notice, status, listed }) =>
        (advisories.includes(id) || (notice != null && advisories.includes(notice))) &&
        status !== 'fixed' &&
        status !== 'not-affected' &&
        !(status === 'unknown' && listed === false),
    ),
  );
  return selectUnits(document, units);
}
