import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OperatorSettings, Reason, Unit } from '../../src/core/index.ts';
import { readImage } from '../../src/images/index.ts';
import { judgeStart, loadRules } from '../../src/rules/index.ts';
import { buildImage } from '../../src/sim/index.ts';
import { unitAt } from '../support/values/units.ts';

const BYTES = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 500 });
const IMAGE = { ...readImage(BYTES, 'x.enc'), path: '/images/x.enc' };
const REPORT = `  - generation: nmc2
    app: { name: sumx, version: "v6.9.6" }
    line: 18
    transfer: ftp
    start: snmp
    from: "09.4"
    to: "15.0"
    reportedBy: a friend
    on: "2026-11-30"
    source: our tickets, 12
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function methods(
  transfer: readonly ('scp' | 'ftp')[],
  start: readonly ('snmp' | 'cli')[],
  plaintext = true,
): OperatorSettings {
  return { switchOutput: null, feeds: [], network: { transfer, start, plaintext } };
}

async function reportReason(
  reports: string,
  operator: OperatorSettings | undefined,
  unit: Unit = unitAt('09.4'),
  asOf?: string,
): Promise<Reason | undefined> {
  const file = join(folder, 'own.yaml');
  await writeFile(file, `version: 1\nrules: []\n${reports === '' ? '' : `reports:\n${reports}`}`);
  const book = await loadRules({ files: [file], asOf });
  const input = {
    unit,
    image: IMAGE,
    transport: 'nmc' as const,
    ...(operator === undefined ? {} : { operator }),
  };
  return judgeStart(book, input).find(({ code }) => code === 'NOT_CONFIRMED' || code === 'WAY_REPORTED');
}

const FTP_AND_SNMP = methods(['ftp'], ['snmp']);

it('warns about a line that nobody has reported', async () => {
  expect(await reportReason('', FTP_AND_SNMP)).toMatchObject({
    code: 'NOT_CONFIRMED',
    outcome: 'warn',
    because: 'nobody has reported updates of ID 18 through an NMC2 card yet',
    remedy: 'Start with one unit within reach whose load may fail.',
  });
});

it('names who reported the same method, and when', async () => {
  expect(await reportReason(REPORT, FTP_AND_SNMP)).toMatchObject({
    code: 'WAY_REPORTED',
    outcome: 'pass',
    because: expect.stringContaining('ftp and snmp by a friend, 2026-11-30'),
  });
});

it('warns if the card has another application than the reports', async () => {
  const card = { ...unitAt('09.4').card, app: { name: 'sumx', version: 'v7.1.2' } };
  const reason = await reportReason(REPORT, FTP_AND_SNMP, unitAt('09.4', { card: { ...base(), ...card } }));
  expect(reason).toMatchObject({ code: 'NOT_CONFIRMED', outcome: 'warn' });
  expect(reason?.because).toContain('are reported with sumx v6.9.6, this card has sumx v7.1.2');
});

function base(): NonNullable<Unit['card']> {
  const { card } = unitAt('09.4');
  if (card === null) throw new Error('the unit has no card');
  return card;
}

it.each([
  ['a second transfer method', methods(['scp', 'ftp'], ['snmp']), 'scp and snmp'],
  ['a second start method', methods(['ftp'], ['snmp', 'cli']), 'ftp and cli'],
])('warns if the inventory allows %s that nobody has reported', async (_what, operator, left) => {
  const reason = await reportReason(REPORT, operator);
  expect(reason).toMatchObject({ code: 'NOT_CONFIRMED', outcome: 'warn' });
  expect(reason?.because).toMatch(new RegExp(`the inventory also allows ${left}$`));
});

it('ignores FTP if plain text is not allowed', async () => {
  const scp = REPORT.replace('transfer: ftp', 'transfer: scp');
  expect(await reportReason(scp, methods(['scp', 'ftp'], ['snmp'], false))).toMatchObject({
    code: 'WAY_REPORTED',
  });
});

it('warns if the methods of the unit are not known', async () => {
  expect(await reportReason(REPORT, undefined)).toMatchObject({ code: 'NOT_CONFIRMED', outcome: 'warn' });
});

it.each([
  ['another line', 'line: 18', 'line: 20'],
  ['another generation', 'generation: nmc2', 'generation: nmc3'],
  ['the card itself', 'line: 18', 'line: card'],
  ['a manual start', 'start: snmp', 'start: hand'],
])('a report of %s does not confirm the update', async (_what, from, to) => {
  expect(await reportReason(REPORT.replace(from, to), FTP_AND_SNMP)).toMatchObject({ code: 'NOT_CONFIRMED' });
});

it('ignores a report before its date', async () => {
  expect(await reportReason(REPORT, FTP_AND_SNMP, unitAt('09.4'), '2026-11-29')).toMatchObject({
    code: 'NOT_CONFIRMED',
  });
  expect(await reportReason(REPORT, FTP_AND_SNMP, unitAt('09.4'), '2026-11-30')).toMatchObject({
    code: 'WAY_REPORTED',
  });
});

it('reports a mistake in a report with its position', async () => {
  await expect(reportReason(REPORT.replace('line: 18', 'line: none'), FTP_AND_SNMP)).rejects.toMatchObject({
    code: 'config/rules',
    message: expect.stringMatching(/own\.yaml:6:/),
  });
});

it('has no built-in report yet', async () => {
  expect((await loadRules()).reports).toEqual([]);
});
