import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  describeFileError,
  escapedJson,
  hasCode,
  Problem,
  parseJson,
  reasonOf,
  STATUSES,
  sanitize,
} from '../../core/index.ts';
import { createWhole, diskProblem, makeFolder } from '../../files/index.ts';
import type { AuditChange, AuditDocument } from '../../report/index.ts';
import { AuditUnitSchema, isOlderAudit, LeftOutSchema, refuseForeign } from '../../state/index.ts';
import { readTextWithin } from '../../yaml/index.ts';

const Counts = z.record(z.enum(STATUSES), z.int());

const Side = z
  .strictObject({
    ...AuditUnitSchema.pick({ site: true, name: true, host: true, serial: true, firmware: true }).shape,
    status: z.enum(STATUSES),
  })
  .nullable();

const changeShape = {
  ...AuditUnitSchema.pick({ site: true, name: true, serial: true }).shape,
  before: Side,
  now: Side,
};
const Changed: z.ZodType<readonly AuditChange[]> = z.array(z.strictObject(changeShape));

const Changes = z.strictObject({
  since: z.string(),
  new: Changed,
  gone: Changed,
  moved: Changed,
  replaced: Changed,
  upgraded: Changed,
  downgraded: Changed,
  firmwareChanged: Changed,
  newlyOutdated: Changed,
  newlyVulnerable: z.array(z.strictObject({ ...changeShape, advisories: z.array(z.string()) })),
  unreachable: Changed,
  back: Changed,
});

const AuditSchema: z.ZodType<AuditDocument> = z.strictObject({
  schema: z.literal('upsfw/audit@1'),
  generatedAt: z.iso.datetime(),
  units: z.array(AuditUnitSchema),
  sites: z.array(z.strictObject({ site: z.string(), counts: Counts })),
  counts: Counts,
  asOf: z.string().nullable().optional(),
  leftOut: z.array(LeftOutSchema).optional(),
  changes: Changes.nullable().default(null),
});

/** Enough for an audit of 100,000 units. */
const LARGEST_AUDIT = 256 * 1024 * 1024;

function folderOf(state: string): string {
  return join(state, 'audits');
}

/** `20260313T023000000Z.json`; `-2` is the second audit of that millisecond. */
const NAME = /^(\d{8}T\d{9}Z)(?:-(\d{1,6}))?\.json$/;

/**
 * Saves an audit of a whole inventory in the state folder, for `report --audit` and later comparisons. Throws
 * Problem config/state.
 */
export async function saveAudit(state: string, document: AuditDocument): Promise<void> {
  const folder = folderOf(state);
  const stamp = document.generatedAt.replace(/[^0-9TZ]/g, '');
  try {
    await refuseForeign(state);
    await makeFolder(folder);
    // The file appears with its whole content, and never replaces another one.
    const text = escapedJson(`${JSON.stringify(document)}\n`);
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? `${stamp}.json` : `${stamp}-${number}.json`;
      if (await createWhole(join(folder, name), text)) return;
    }
  } catch (thrown) {
    throw diskProblem(thrown, `${folder} cannot be written`);
  }
}

/** The last saved audit. Throws Problem config/run. */
export async function readLastAudit(state: string): Promise<AuditDocument> {
  return readSaved(state, await savedNames(state), (names) => names.at(-1));
}

/**
 * The newest saved audit of that day (`YYYY-MM-DD`, UTC) or earlier. Without one: the oldest audit, and
 * `inTime` is false. Throws Problem config/run.
 */
export async function readAuditOf(
  state: string,
  day: string,
): Promise<{ readonly audit: AuditDocument; readonly inTime: boolean }> {
  const names = await savedNames(state);
  const last = day.replaceAll('-', '');
  const inTime = names.filter((name) => name.slice(0, last.length) <= last);
  const audit = await readSaved(state, names, () => inTime.at(-1) ?? names[0]);
  return { audit, inTime: inTime.length > 0 };
}

/** An audit that `audit --json` printed. Throws Problem config/run. */
export async function readAuditFile(file: string): Promise<AuditDocument> {
  try {
    return await parsedAudit(file);
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    const what =
      describeFileError(thrown) === null
        ? 'is not an audit of this version of upsfw'
        : `cannot be read: ${reasonOf(thrown)}`;
    throw new Problem('config/run', `The audit ${sanitize(file)} ${what}.`, {
      hint: 'Name a file that upsfw audit --json printed, or LAST for the last saved audit.',
      cause: thrown,
    });
  }
}

/** Reads an audit. Throws Problem config/run for one of an earlier version, and any other error as it is. */
async function parsedAudit(file: string): Promise<AuditDocument> {
  const value = parseJson(await readTextWithin(file, LARGEST_AUDIT));
  if (!isOlderAudit(value)) return AuditSchema.parse(value);
  throw new Problem(
    'config/run',
    `The audit ${sanitize(file, 4096)} was written by an earlier development version of upsfw. Nothing of it was changed or deleted.`,
    { hint: 'Make a new audit: upsfw audit. The old file is JSON; read it with any JSON tool.' },
  );
}

async function readSaved(
  state: string,
  names: readonly string[],
  choose: (names: readonly string[]) => string | undefined,
): Promise<AuditDocument> {
  const name = choose(names);
  if (name === undefined) {
    throw new Problem('config/run', `There is no audit in ${state}.`, {
      hint: 'Run: upsfw audit.',
    });
  }
  try {
    return await parsedAudit(join(folderOf(state), name));
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    throw new Problem('config/run', `The audit ${name} cannot be read.`, {
      hint: 'Run a new audit: upsfw audit.',
      cause: thrown,
    });
  }
}

/** Names of the saved audits, oldest first. */
async function savedNames(state: string): Promise<readonly string[]> {
  const names = await readdir(folderOf(state)).catch((thrown: unknown) => {
    if (hasCode(thrown, 'ENOENT')) return [];
    throw new Problem('config/state', `The folder ${folderOf(state)} cannot be read.`, {
      hint: 'Make it readable for the user that runs upsfw, or use another folder with --state.',
      cause: thrown,
    });
  });
  return names
    .flatMap((name) => {
      const [, stamp, number = '1'] = NAME.exec(name) ?? [];
      return stamp === undefined ? [] : [{ name, stamp, number: Number(number) }];
    })
    .sort((a, b) => (a.stamp === b.stamp ? a.number - b.number : a.stamp < b.stamp ? -1 : 1))
    .map(({ name }) => name);
}
