import { z } from 'zod';
import { type JournalEvent, listRuns, readJournal } from '../../../src/state/index.ts';
import { type ConformanceSite, cardVersions, filesUnder, type Watched } from './conformance-site.ts';
import type { Ran } from './site.ts';

/**
 * Statements that must hold for any behaviour of a device. Each check returns the violations; an empty list
 * means none.
 */

const ProblemShape = z.object({ code: z.string(), message: z.string(), hint: z.string() });
const FirmwareShape = z.object({ version: z.string().nullable(), microLinkId: z.number().nullable() });
const UnitShape = z.object({
  name: z.string(),
  outcome: z.enum(['upgraded', 'current', 'refused', 'failed', 'unknown', 'stopped', 'pending']),
  before: FirmwareShape.nullable(),
  after: FirmwareShape.nullable(),
  problem: ProblemShape.nullable(),
  reasons: z.array(z.object({ outcome: z.string(), because: z.string() })),
  hops: z.array(z.object({ step: z.string().nullable(), state: z.string().nullable() })),
});
const RunShape = z.object({
  schema: z.literal('upsfw/run@1'),
  run: z.string(),
  exitCode: z.number(),
  units: z.array(UnitShape),
});
export type RunReport = z.infer<typeof RunShape>;
type UnitReport = z.infer<typeof UnitShape>;

const LookShape = z.object({
  units: z.array(
    z.object({
      name: z.string(),
      serial: z.string().nullable(),
      firmware: FirmwareShape,
      problem: ProblemShape.nullable(),
    }),
  ),
});

/** The run document. If there is none, throws with everything that was printed. */
export function reportOf(ran: Ran): RunReport {
  try {
    return RunShape.parse(JSON.parse(ran.out));
  } catch (cause) {
    throw new Error(`exit ${ran.exit}, no run document: ${ran.out.slice(0, 400)}${ran.info}`, {
      cause,
    });
  }
}

/** A look wrote nothing, answered nothing, and reports for each unit its identity or why it is unknown. */
export function checkLook(site: ConformanceSite, ran: Ran): string[] {
  const broken: string[] = [];
  if (ran.exit !== 0 && ran.exit !== 3) broken.push(`exit ${ran.exit}: ${ran.info}`);
  const { units } = LookShape.parse(JSON.parse(ran.out));
  if (units.length !== site.units.length)
    broken.push(`${units.length} units reported of ${site.units.length}`);
  for (const { name, device } of site.units) {
    const report = units.find((unit) => unit.name === name);
    const note = (text: string): number => broken.push(`${name}: ${text}`);
    if (report === undefined) {
      note('not reported');
      continue;
    }
    const { firmware, problem, serial } = report;
    if (problem !== null) broken.push(...checkProblem(name, problem));
    if (firmware.version === null && problem === null) note('neither a version nor a problem');
    if (firmware.version !== null && firmware.version !== device.version)
      note(`reported ${firmware.version}, runs ${device.version}`);
    if (serial !== null && ![device.serial, device.cardSerial].includes(serial))
      note(`reported serial ${serial}, has ${device.serial}`);
  }
  return [...broken, ...checkUntouched(site)];
}

/** Nothing was done to any device of the site. */
export function checkUntouched(site: ConformanceSite): string[] {
  return site.units
    .filter(({ device }) => device.writes > 0)
    .map(({ name, device }) => `${name}: a look left ${JSON.stringify(device.counters)}`);
}

function checkProblem(name: string, { code, message, hint }: z.infer<typeof ProblemShape>): string[] {
  const broken: string[] = [];
  if (code.startsWith('internal/')) broken.push(`${name}: ${code} ${message}`);
  if (hint.trim() === '' || message.trim() === '') broken.push(`${name}: ${code} without message or hint`);
  return broken;
}

/** Whether the run concerns the UPS or the firmware of its card. */
export type Component = 'ups' | 'card';

/**
 * The whole run: true statements about every unit, the right exit code, no secret, no bad advice, no lock
 * left.
 */
export async function checkRun(
  site: ConformanceSite,
  ran: Ran,
  {
    component = 'ups',
    interrupted = false,
  }: { readonly component?: Component; readonly interrupted?: boolean } = {},
): Promise<string[]> {
  const run = reportOf(ran);
  const events = await readJournal(site.state, run.run);
  const broken: string[] = [];
  if (run.units.length !== site.units.length) broken.push('a unit is missing in the report');
  for (const watched of site.units) {
    const report = run.units.find(({ name }) => name === watched.name);
    if (report !== undefined) broken.push(...checkUnit(watched, report, events, component, interrupted));
  }
  const exit = exitFor(run.units, events, interrupted);
  if (ran.exit !== exit || run.exitCode !== exit)
    broken.push(`exit ${ran.exit}, document ${run.exitCode}, expected ${exit}`);
  return [...broken, ...(await checkTexts(site, ran))];
}

/** A unit after a run: the report is true, and the device received at most one start per hop. */
function checkUnit(
  { name, device, before, violations }: Watched,
  report: UnitReport,
  events: readonly JournalEvent[],
  component: Component,
  interrupted: boolean,
): string[] {
  const broken: string[] = [];
  const note = (text: string): void => {
    const { starts, startsAccepted, cardFlashes } = device.counters;
    const is = `${device.phase} ${device.version}, card ${cardVersions(device)}, starts ${starts}/${startsAccepted}, flashes ${cardFlashes}`;
    broken.push(`${name}: ${text} [${report.outcome} ${report.problem?.code ?? ''} | device: ${is}]`);
  };
  const journal = journalOf(name, events);
  const { hops, verified, received } = journal;
  const { starts, startsAccepted, cardFlashes, answers } = device.counters;
  broken.push(...violations.map((text) => `${name}: ${text}`));

  if (component === 'ups' && startsAccepted > hops.length) note('more starts than hops');
  if (cardFlashes > (component === 'card' ? hops.length : 0)) note('more files for the card than hops');
  if (component === 'card' && starts > 0) note('the UPS was started in a run for its card');
  for (const [hop, lines] of journal.committing) if (lines > 1) note(`hop ${hop} was started ${lines} times`);
  if (answers > 0) note(`${answers} answers to questions`);
  if (report.problem !== null) broken.push(...checkProblem(name, report.problem));

  const done = component === 'ups' ? startsAccepted : cardFlashes;
  const installed = component === 'ups' ? device.version : cardVersions(device);
  const previous = component === 'ups' ? before.version : before.cardVersions;
  const end = hops.at(-1);
  switch (report.outcome) {
    case 'upgraded':
      if (component === 'ups' && device.version !== end?.version) note(`plan leads to ${end?.version}`);
      if (component === 'card' && !cardVersions(device).endsWith(` v${end?.version ?? ''}`))
        note(`plan leads to ${end?.version}`);
      if (device.phase !== 'idle') note('not idle');
      if (device.outputOn !== before.outputOn || device.onBattery || device.alarm) note('not as before');
      if (device.serial !== before.serial) note(`serial ${device.serial}`);
      if (!device.cardUp || device.card.appState !== 'A+') note(`card ${device.card.appState}`);
      break;
    case 'failed':
      if (verified.length === 0 && installed !== previous) note(`ran ${previous} before`);
      if (device.phase !== 'idle') note('not idle');
      if (report.problem === null) note('no problem');
      break;
    case 'refused':
      if (done !== verified.length) note('something was started');
      if (report.problem === null && report.reasons.length === 0) note('neither a reason nor a problem');
      break;
    case 'stopped':
      if (done !== verified.length && !received) note('something was started that is not reported');
      if (received && device.version === end?.version)
        note('reported as waiting for a person, but installed');
      if (report.problem === null) note('no problem');
      break;
    case 'unknown':
      if (report.problem === null) note('no problem');
      break;
    case 'current':
      if (starts + cardFlashes > 0) note('something was started');
      break;
    case 'pending':
      if (!interrupted) note('no outcome');
      if (starts + cardFlashes > 0) note('something was started');
      break;
  }
  // An unknown unit may be in any state; every other outcome leaves the output as it was.
  if (report.outcome !== 'unknown' && device.outputOn !== before.outputOn)
    note(`output on: ${device.outputOn}`);
  const wasSeen = report.outcome !== 'unknown' && report.after !== null && report.after.version !== null;
  if (wasSeen && report.after?.version !== device.version) note(`reported to run ${report.after?.version}`);
  return broken;
}

interface UnitJournal {
  readonly hops: readonly { readonly version: string }[];
  /** Journal lines "committing" by hop, since the last `--retry`. */
  readonly committing: ReadonlyMap<number, number>;
  readonly verified: readonly number[];
  /** The unit has the image and runs its old firmware until a person installs it. */
  readonly received: boolean;
  /** A start is in the journal that the device did not deny. */
  readonly staged: boolean;
}

function journalOf(name: string, events: readonly JournalEvent[]): UnitJournal {
  const [first] = events;
  const planned =
    first?.event === 'run' ? first.plan.units.find(({ key }) => key === `here/${name}`) : undefined;
  const mine = events.filter((event) => 'unit' in event && event.unit === `here/${name}`);
  const committing = new Map<number, number>();
  const verified = new Set<number>();
  let received = false;
  let staged = false;
  for (const event of mine) {
    if (event.event === 'retry') committing.clear();
    if (event.event !== 'step') continue;
    // Nothing was sent, or the card certainly refused it: that line is settled.
    if (event.step === 'start' && event.state === 'not-started') committing.delete(event.hop);
    if (event.state === 'committing') committing.set(event.hop, (committing.get(event.hop) ?? 0) + 1);
    if (event.step === 'verify' && event.state === 'done') verified.add(event.hop);
    if (event.step === 'settle') received = event.state === 'received';
    if (event.step === 'start') staged = event.state === 'staged';
  }
  return {
    hops: planned?.hops.map(({ to }) => ({ version: to.version })) ?? [],
    committing,
    verified: [...verified],
    received,
    staged,
  };
}

/** The exit code by docs/codes.md: the worst wins. */
function exitFor(
  units: readonly UnitReport[],
  events: readonly JournalEvent[],
  interrupted: boolean,
): number {
  if (units.some(({ outcome }) => outcome === 'unknown')) return 5;
  const known = units.some(({ name, outcome }) => {
    const { verified, received, staged } = journalOf(name, events);
    if (outcome === 'failed') return true;
    if (outcome === 'refused') return verified.length > 0;
    return outcome === 'stopped' && (received || staged);
  });
  if (known) return 4;
  if (interrupted) return 130;
  if (units.some(({ outcome }) => outcome === 'stopped')) return 130;
  return units.every(({ outcome }) => outcome === 'upgraded' || outcome === 'current') ? 0 : 3;
}

const THING = '(?:it|(?:the|this|that|each|every) (?:unit|ups|card|device)s?|(?:unit|ups)s?)';
const POWER_OFF = new RegExp(
  `\\bpower(?:ing|ed|s)? (?:${THING} (?:off|down)|(?:off|down) ${THING})|\\bpower[- ]?cycl|\\bunplug|\\bswitch(?:ing)? (?:${THING} off|off ${THING})`,
  'i',
);
const FORBIDDEN = /\b(?:never|not|no|without)\b/i;

/** Sentences that advise cutting the power of a unit, unless they forbid it. */
export function badAdvice(text: string): readonly string[] {
  return text
    .split(/[.!?;](?:\s|\\?"|$)|\n/)
    .filter((sentence) => POWER_OFF.test(sentence) && !FORBIDDEN.test(sentence));
}

/** Everything printed and written: no secret, no advice to power a unit off, and no lock left. */
export async function checkTexts(site: ConformanceSite, ran: Ran): Promise<string[]> {
  const files = await filesUnder(site.state);
  const texts = [
    { file: 'standard output', text: ran.out },
    { file: 'standard error', text: ran.info },
    ...files,
  ];
  const broken: string[] = [];
  for (const { file, text } of texts) {
    // The card's own settings are kept complete, so that they can be restored.
    const kept = file.endsWith('config.ini');
    for (const [variable, secret] of Object.entries(site.fleet.environment))
      if (!kept && text.includes(secret)) broken.push(`${file} holds ${variable}`);
    if (file.endsWith('transcript.jsonl')) continue;
    for (const sentence of badAdvice(text)) broken.push(`${file}: ${sentence.slice(-200)}`);
  }
  const locks = files.filter(({ file }) => file.includes('/locks/')).map(({ file }) => `left: ${file}`);
  return [...broken, ...locks];
}

/** Starts and card firmware uploads that reached each device so far. */
export function countStarts(site: ConformanceSite): ReadonlyMap<string, number> {
  return new Map(
    site.units.map(({ name, device }) => [name, device.counters.starts + device.counters.cardFlashes]),
  );
}

/**
 * A resume starts nothing if the journal holds a start that the device did not deny; only hops without such a
 * line may start. A unit that was refused or stopped before a start may start in a resume.
 */
export async function checkNoFurtherStart(
  site: ConformanceSite,
  first: RunReport,
  starts: ReadonlyMap<string, number>,
): Promise<string[]> {
  const runs = await listRuns(site.state);
  const broken = runs.length === 1 ? [] : [`${runs.length} runs after a resume`];
  const events = await readJournal(site.state, first.run);
  const resumedAt = events.findIndex(({ event }) => event === 'resumed');
  for (const { name, outcome, hops } of first.units) {
    const open = ['refused', 'stopped', 'pending'].includes(outcome);
    const isWaiting = open && !hops.some(({ state }) => state === 'received');
    const begun = journalOf(name, events.slice(0, resumedAt)).committing;
    const newHops = [...journalOf(name, events).committing.keys()].filter((hop) => !begun.has(hop)).length;
    const more = (countStarts(site).get(name) ?? 0) - (starts.get(name) ?? 0);
    if (more > newHops && !isWaiting)
      broken.push(`${name}: ${outcome}, and ${more} more starts by resume, ${newHops} hops begun`);
  }
  return broken;
}
