import type { Plan, Status, StoredImage, Unit } from '../core/index.ts';
import type {
  AuditDocument,
  ImagesDocument,
  PlanDocument,
  RunDocument,
  RunFirmware,
  RunHop,
  RunOutcome,
  RunUnit,
  StatusCounts,
} from '../report/index.ts';
import type { RuleBook } from '../rules/index.ts';
import { type HopRecord, inDoubt, type RunRecord, type UnitRecord } from '../run/index.ts';

/** Makes the JSON documents of what the other folders know. */

function noneOf(): Record<Status, number> {
  return { current: 0, outdated: 0, blocked: 0, unsupported: 0, unknown: 0, unreachable: 0 };
}

function count(statuses: readonly Status[]): StatusCounts {
  const counts = noneOf();
  for (const status of statuses) counts[status] += 1;
  return counts;
}

export function auditDocument(plan: Plan, now: Date): AuditDocument {
  const units = plan.units.map(({ unit, verdict, problem }) => ({
    ...unit,
    verdict,
    advisories: null,
    problem,
  }));
  const sites = [...new Set(units.map((unit) => unit.site ?? ''))];
  return {
    schema: 'upsfw/audit@1',
    generatedAt: now.toISOString(),
    units,
    sites: sites.map((site) => ({
      site,
      counts: count(units.filter((unit) => unit.site === site).map((unit) => unit.verdict.status)),
    })),
    counts: count(units.map((unit) => unit.verdict.status)),
  };
}

export function planDocument(plan: Plan, now: Date): PlanDocument {
  return { schema: 'upsfw/plan@1', generatedAt: now.toISOString(), ...plan };
}

/** `alive`: another process is at the run, so what is open is not in doubt but under way. */
export function runDocument(record: RunRecord, exitCode: number, alive: boolean, now: Date): RunDocument {
  const units = record.units.map((unit) => runUnit(unit, alive));
  const counts: Record<RunOutcome, number> = {
    upgraded: 0,
    current: 0,
    refused: 0,
    failed: 0,
    unknown: 0,
    stopped: 0,
    pending: 0,
  };
  for (const unit of units) counts[unit.outcome] += 1;
  const state = record.state === 'running' && !alive ? 'stopped' : record.state;
  return {
    schema: 'upsfw/run@1',
    generatedAt: now.toISOString(),
    run: record.run,
    state,
    units,
    counts,
    exitCode,
  };
}

function runUnit(record: UnitRecord, alive: boolean): RunUnit {
  const { planned, before, after, problem, reasons } = record;
  const outcome: RunOutcome = !alive && inDoubt(record) ? 'unknown' : record.outcome;
  const [site = '', name = ''] = planned.key.split('/');
  return {
    site,
    name,
    host: planned.unit.host,
    serial: planned.unit.serial,
    simulated: planned.unit.simulated,
    before: firmwareOf(before ?? (planned.unit.reachable ? planned.unit : null)),
    after: firmwareOf(after),
    outcome,
    hops: planned.hops.map((hop, index) => runHop(hop.image.file, hop.path, record.hops[index])),
    problem,
    reasons,
  };
}

function runHop(image: string, path: RunHop['path'], record: HopRecord | undefined): RunHop {
  const { begunAt = null, endedAt = null } = record ?? {};
  return {
    image,
    path,
    transfer: record?.transferred?.way ?? null,
    start: record?.startedBy ?? null,
    step: record?.step ?? null,
    state: record?.state ?? null,
    seconds:
      begunAt === null || endedAt === null
        ? null
        : Math.round((endedAt.getTime() - begunAt.getTime()) / 100) / 10,
  };
}

function firmwareOf(unit: Unit | null): RunFirmware | null {
  return unit === null ? null : { ...unit.firmware };
}

export function imagesDocument(images: readonly StoredImage[], book: RuleBook, now: Date): ImagesDocument {
  const known = new Set([...book.lines.values()].flatMap((line) => line.images.map((image) => image.sha256)));
  return {
    schema: 'upsfw/images@1',
    generatedAt: now.toISOString(),
    images: images.map((image) => ({
      file: image.file,
      sizeBytes: image.sizeBytes,
      sha256: image.sha256,
      microLinkId: image.microLinkId,
      microLinkIdAfter: image.microLinkIdAfter,
      version: image.version,
      signed: image.signed,
      parts: image.parts.map(({ name, version, id, offset, bytes }) => ({
        name,
        version,
        id,
        offset,
        bytes,
      })),
      known: known.has(image.sha256),
      problems: image.problems,
    })),
  };
}
