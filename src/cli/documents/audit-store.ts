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
import { AuditUnitSchema, refuseForeign } from '../../state/index.ts';
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
  changes: Changes.nullable().default(null),
});

/** An audit of a hundred thousand units; a larger file is none. */
const LARGEST_AUDIT = 256 * 1024 * 1024;

function folderOf(state: string): string {
  return join(state, 'audits');
}

/** `20260313T023000000Z.json`, and with `-2` the second of that millisecond. */
const NAME = /^(\d{8}T\d{9}Z)(?:-(\d{1,6}))?\.json$/;

/**
 * Keeps an audit of a whole inventory in the state folder, for `report --audit` and for later comparisons. Throws Problem
 * config/state.
 */
export async function saveAudit(state: string, document: AuditDocument): Promise<void> {
  const folder = folderOf(state);
  const stamp = document.generatedAt.replace(/[^0-9TZ]/g, '');
  try {
    await refuseForeign(state);
    await makeFolder(folder);
    // It appears under its name with its content in it, and never in place of another.
    const text = escapedJson(`${JSON.stringify(document)}\n`);
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? `${stamp}.json` : `${stamp}-${number}.json`;
      if (await createWhole(join(folder, name), text)) return;
    }
  } catch (thrown) {
    throw diskProblem(thrown, `${folder} cannot be written`);
  }
}

/** The last audit that was kept. Throws Problem config/run. */
export async function readLastAudit(state: string): Promise<AuditDocument> {
  return readKept(state, await keptNames(state), (names) => names.at(-1));
}

/**
 * The newest kept audit of that day (`YYYY-MM-DD`, to its end in UTC) or before, and where none is that old the oldest one, which is
 * then not `inTime`. Throws Problem config/run.
 */
export async function readAuditOf(
  state: string,
  day: string,
): Promise<{ readonly audit: AuditDocument; readonly inTime: boolean }> {
  const names = await keptNames(state);
  const last = day.replaceAll('-', '');
  const inTime = names.filter((name) => name.slice(0, last.length) <= last);
  const audit = await readKept(state, names, () => inTime.at(-1) ?? names[0]);
  return { audit, inTime: inTime.length > 0 };
}

/** An audit as `audit --json` printed it. Throws Problem config/run. */
export async function readAuditFile(file: string): Promise<AuditDocument> {
  try {
    return AuditSchema.parse(parseJson(await readTextWithin(file, LARGEST_AUDIT)));
  } catch (thrown) {
    const what =
      describeFileError(thrown) === null
        ? 'is no audit of this version of upsfw'
        : `cannot be read: ${reasonOf(thrown)}`;
    throw new Problem('config/run', `The audit ${sanitize(file)} ${what}.`, {
      hint: 'Name a file that upsfw audit --json wrote, or LAST for the last audit that was kept.',
      cause: thrown,
    });
  }
}

async function readKept(
  state: string,
  names: readonly string[],
  choose: (names: readonly string[]) => string | undefined,
): Promise<AuditDocument> {
  const name = choose(names);
  if (name === undefined) {
    throw new Problem('config/run', `There is no audit in ${state}.`, {
      hint: 'Make one with: upsfw audit.',
    });
  }
  try {
    return AuditSchema.parse(parseJson(await readTextWithin(join(folderOf(state), name), LARGEST_AUDIT)));
  } catch (thrown) {
    throw new Problem('config/run', `The audit ${name} cannot be read.`, {
      hint: 'Make a new one with: upsfw audit.',
      cause: thrown,
    });
  }
}

/** Names of the kept audits, the oldest first. */
async function keptNames(state: string): Promise<readonly string[]> {
  const names = await readdir(folderOf(state)).catch((thrown: unknown) => {
    if (hasCode(thrown, 'ENOENT')) return [];
    throw new Problem('config/state', `The folder ${folderOf(state)} cannot be read.`, {
      hint: 'Make it readable for the user that runs upsfw, or name another with --state.',
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
