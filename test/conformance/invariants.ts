import { z } from 'zod';
import { type JournalEvent, listRuns, readJournal } from '../../src/state/index.ts';
import { type ConformanceSite, cardVersions, filesUnder, type Heard, type Watched } from './site.ts';

/** What must hold whatever a device does. Each check gives what was broken, in words; nothing broken is an empty list. */

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
export type RunTold = z.infer<typeof RunShape>;
type UnitTold = z.infer<typeof UnitShape>;

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

/** The document of a run. Throws with everything that was printed where there is none. */
export function toldBy(heard: Heard): RunTold {
  try {
    return RunShape.parse(JSON.parse(heard.out));
  } catch (cause) {
    throw new Error(`exit ${heard.exit}, no document of a run: ${heard.out.slice(0, 400)}${heard.info}`, {
      cause,
    });
  }
}

/** A look wrote nothing, answered nothing, and says of each unit what it is or why that is not known. */
export function checkLook(site: ConformanceSite, heard: Heard): string[] {
  const broken: string[] = [];
  if (heard.exit !== 0 && heard.exit !== 3) broken.push(`exit ${heard.exit}: ${heard.info}`);
  const { units } = LookShape.parse(JSON.parse(heard.out));
  if (units.length !== site.units.length) broken.push(`${units.length} units told of ${site.units.length}`);
  for (const { name, device } of site.units) {
    const told = units.find((unit) => unit.name === name);
    const say = (text: string): number => broken.push(`${name}: ${text}`);
    if (told === undefined) {
      say('not told of');
      continue;
    }
    const { firmware, problem, serial } = told;
    if (problem !== null) broken.push(...checkProblem(name, problem));
    if (firmware.version === null && problem === null) say('neither a version nor a problem');
    if (firmware.version !== null && firmware.version !== device.version)
      say(`told ${firmware.version}, runs ${device.version}`);
    if (serial !== null && ![device.serial, device.cardSerial].includes(serial))
      say(`told serial ${serial}, has ${device.serial}`);
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

/** Whether the run is about the UPS or about the firmware of its card. */
export type About = 'ups' | 'card';

/** The whole run: every unit told of truly, an exit code that fits, no secret, no bad advice, no lock left. */
export async function checkRun(
  site: ConformanceSite,
  heard: Heard,
  { about = 'ups', interrupted = false }: { readonly about?: About; readonly interrupted?: boolean } = {},
): Promise<string[]> {
  const run = toldBy(heard);
  const events = await readJournal(site.state, run.run);
  const broken: string[] = [];
  if (run.units.length !== site.units.length) broken.push('a unit is not told of');
  for (const watched of site.units) {
    const told = run.units.find(({ name }) => name === watched.name);
    if (told !== undefined) broken.push(...checkUnit(watched, told, events, about, interrupted));
  }
  const exit = exitFor(run.units, events, interrupted);
  if (heard.exit !== exit || run.exitCode !== exit)
    broken.push(`exit ${heard.exit}, document ${run.exitCode}, expected ${exit}`);
  return [...broken, ...(await checkWords(site, heard))];
}

/** A unit after a run: the statement is true of the device, and the device was asked at most once a hop. */
function checkUnit(
  { name, device, before, early }: Watched,
  told: UnitTold,
  events: readonly JournalEvent[],
  about: About,
  interrupted: boolean,
): string[] {
  const broken: string[] = [];
  const say = (text: string): void => {
    const { starts, startsAccepted, cardFlashes } = device.counters;
    const is = `${device.phase} ${device.version}, card ${cardVersions(device)}, starts ${starts}/${startsAccepted}, flashes ${cardFlashes}`;
    broken.push(`${name}: ${text} [${told.outcome} ${told.problem?.code ?? ''} | device: ${is}]`);
  };
  const memory = journalOf(name, events);
  const { hops, verified, received } = memory;
  const { starts, startsAccepted, cardFlashes, answers } = device.counters;
  broken.push(...early.map((text) => `${name}: ${text}`));

  if (about === 'ups' && startsAccepted > hops.length) say('more starts than hops');
  if (cardFlashes > (about === 'card' ? hops.length : 0)) say('more files for the card than hops');
  if (about === 'card' && starts > 0) say('the UPS was started in a run for its card');
  for (const [hop, lines] of memory.committing) if (lines > 1) say(`hop ${hop} was started ${lines} times`);
  if (answers > 0) say(`${answers} answers to questions`);
  if (told.problem !== null) broken.push(...checkProblem(name, told.problem));

  const done = about === 'ups' ? startsAccepted : cardFlashes;
  const runs = about === 'ups' ? device.version : cardVersions(device);
  const asBefore = about === 'ups' ? before.version : before.cardVersions;
  const end = hops.at(-1);
  switch (told.outcome) {
    case 'upgraded':
      if (about === 'ups' && device.version !== end?.version) say(`plan leads to ${end?.version}`);
      if (about === 'card' && !cardVersions(device).endsWith(` v${end?.version ?? ''}`))
        say(`plan leads to ${end?.version}`);
      if (device.phase !== 'idle') say('not idle');
      if (device.outputOn !== before.outputOn || device.onBattery || device.alarm) say('not as before');
      if (device.serial !== before.serial) say(`serial ${device.serial}`);
      if (!device.cardUp || device.card.appState !== 'A+') say(`card ${device.card.appState}`);
      break;
    case 'failed':
      if (verified.length === 0 && runs !== asBefore) say(`ran ${asBefore} before`);
      if (device.phase !== 'idle') say('not idle');
      if (told.problem === null) say('no problem');
      break;
    case 'refused':
      if (done !== verified.length) say('something was started');
      if (told.problem === null && told.reasons.length === 0) say('neither a reason nor a problem');
      break;
    case 'stopped':
      if (done !== verified.length && !received) say('something was started that is not told');
      if (received && device.version === end?.version) say('told to wait for hands, and installed');
      if (told.problem === null) say('no problem');
      break;
    case 'unknown':
      if (told.problem === null) say('no problem');
      break;
    case 'current':
      if (starts + cardFlashes > 0) say('something was started');
      break;
    case 'pending':
      if (!interrupted) say('no end');
      if (starts + cardFlashes > 0) say('something was started');
      break;
  }
  // What is not known may be anything; whatever else is told leaves the load as it was.
  if (told.outcome !== 'unknown' && device.outputOn !== before.outputOn) say(`output on: ${device.outputOn}`);
  const wasSeen = told.outcome !== 'unknown' && told.after !== null && told.after.version !== null;
  if (wasSeen && told.after?.version !== device.version) say(`told to run ${told.after?.version}`);
  return broken;
}

interface Memory {
  readonly hops: readonly { readonly version: string }[];
  /** Lines "committing" by hop, since the last `--retry`. */
  readonly committing: ReadonlyMap<number, number>;
  readonly verified: readonly number[];
  /** The unit has the image and runs its old firmware until somebody has it installed. */
  readonly received: boolean;
  /** A start is on record that the device did not deny. */
  readonly staged: boolean;
}

function journalOf(name: string, events: readonly JournalEvent[]): Memory {
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
    // Nothing left, or the card refused it for certain: that line is answered.
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

/** The exit code as docs/codes.md has it: the worst wins. */
function exitFor(units: readonly UnitTold[], events: readonly JournalEvent[], interrupted: boolean): number {
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

/** Sentences that would have somebody take the power from a unit, where they do not forbid it. */
export function badAdvice(text: string): readonly string[] {
  return text
    .split(/[.!?;](?:\s|\\?"|$)|\n/)
    .filter((sentence) => POWER_OFF.test(sentence) && !FORBIDDEN.test(sentence));
}

/** What was printed and what was written: no secret, no advice to power a unit off; and no lock is left. */
export async function checkWords(site: ConformanceSite, heard: Heard): Promise<string[]> {
  const files = await filesUnder(site.state);
  const texts = [
    { file: 'standard output', text: heard.out },
    { file: 'standard error', text: heard.info },
    ...files,
  ];
  const broken: string[] = [];
  for (const { file, text } of texts) {
    // The card's own settings are kept whole, so that they can be put back.
    const kept = file.endsWith('config.ini');
    for (const [variable, secret] of Object.entries(site.fleet.environment))
      if (!kept && text.includes(secret)) broken.push(`${file} holds ${variable}`);
    if (file.endsWith('transcript.jsonl')) continue;
    for (const sentence of badAdvice(text)) broken.push(`${file} says: ${sentence.slice(-200)}`);
  }
  const locks = files.filter(({ file }) => file.includes('/locks/')).map(({ file }) => `left: ${file}`);
  return [...broken, ...locks];
}

/** Starts and uploads of card firmware that reached each device so far. */
export function countStarts(site: ConformanceSite): ReadonlyMap<string, number> {
  return new Map(
    site.units.map(({ name, device }) => [name, device.counters.starts + device.counters.cardFlashes]),
  );
}

/**
 * A run that was taken up again started nothing where a start was on record that the device had not denied: only hops that no
 * line had begun may be begun then. A unit that was refused or stopped before a start is a different matter: a resume is what
 * it waits for.
 */
export async function checkNoFurtherStart(
  site: ConformanceSite,
  first: RunTold,
  starts: ReadonlyMap<string, number>,
): Promise<string[]> {
  const runs = await listRuns(site.state);
  const broken = runs.length === 1 ? [] : [`${runs.length} runs after a resume`];
  const events = await readJournal(site.state, first.run);
  const resumedAt = events.findIndex(({ event }) => event === 'resumed');
  for (const { name, outcome, hops } of first.units) {
    const open = ['refused', 'stopped', 'pending'].includes(outcome);
    const waits = open && !hops.some(({ state }) => state === 'received');
    const begun = journalOf(name, events.slice(0, resumedAt)).committing;
    const fresh = [...journalOf(name, events).committing.keys()].filter((hop) => !begun.has(hop)).length;
    const more = (countStarts(site).get(name) ?? 0) - (starts.get(name) ?? 0);
    if (more > fresh && !waits)
      broken.push(`${name}: ${outcome}, and ${more} more starts by resume, ${fresh} hops begun`);
  }
  return broken;
}
