import {
  HOP_STEPS,
  isAllowed,
  type OperatorSettings,
  type Reason,
  type Status,
  type StoredImage,
  type Target,
  type Transport,
  type Unit,
  type UpsHop,
  type Verdict,
} from '../../core/index.ts';
import { type Candidate, candidateOf, type InstalledFirmware } from '../catalogue/candidate.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import { BUILT_IN_CODES, builtIn } from '../engine/built-in.ts';
import type { Fact } from '../engine/evaluate.ts';
import type { Stage } from '../engine/schema.ts';
import { type Assessment, evaluateStages } from '../engine/stages.ts';
import { compareVersions } from '../engine/versions.ts';
import { lineFacts } from '../facts/line.ts';
import { describedFacts } from '../facts/unit.ts';
import { conditionReasons, type StartInput } from './conditions.ts';
import { ambiguity, findRoute, hopReasons, isTwoStep, type RouteHop } from './route.ts';

export { BUILT_IN_CODES };

export interface UpsJudgeInput {
  readonly unit: Unit;
  /** The images of the folder, damaged ones included. */
  readonly images: readonly StoredImage[];
  readonly transport: Transport | null;
  readonly operator?: OperatorSettings;
}

/** What a unit is and whether it is handled at all, and what the vendor's words advise for it. */
const ABOUT_UNIT: readonly Stage[] = ['family', 'firmware', 'support', 'wizard', 'port'];

type FolderImage = Candidate & { readonly stored: StoredImage };

/** Judges a unit: what it may get from the folder, over which hops, and what stands against it. Pure. */
export function judgeUps(book: RuleBook, input: UpsJudgeInput): Verdict {
  const { unit, transport } = input;
  if (!unit.reachable) {
    const reason = builtIn(
      'UNREACHABLE',
      'block',
      'the unit does not answer',
      'See the problem of the unit.',
    );
    return plain('unreachable', [reason], transport, null);
  }
  const facts = factsOf(book, unit, transport);
  const about = evaluateStages(book, facts, ABOUT_UNIT);
  const wizard = wizardOf(facts);
  const refusals = about.reasons.filter(({ outcome }) => outcome === 'block' || outcome === 'unknown');
  // With hardware that takes no update at all, what else is known is not worth a word.
  if (about.unsupported)
    return plain(
      'unsupported',
      refusals.filter(({ outcome }) => outcome === 'block'),
      null,
      null,
    );
  const { microLinkId, version } = unit.firmware;
  const undecided = refusals.some(({ rule }) => !isAboutPort(book, rule));
  if (undecided || microLinkId === null || version === null) {
    const isClear = microLinkId !== null && version !== null;
    const blocked = isClear && refusals.every(({ outcome }) => outcome === 'block');
    return plain(blocked ? 'blocked' : 'unknown', about.reasons, transport, wizard);
  }
  return judgeUpdate(book, input, { facts, about, at: { microLinkId, version }, wizard });
}

/** The same rules once more, for a unit as it is now and the image that was chosen. Pure. */
export function judgeStart(book: RuleBook, input: StartInput): readonly Reason[] {
  const { unit, image, transport, folder = [] } = input;
  const facts = factsOf(book, unit, transport);
  const about = evaluateStages(book, facts, ABOUT_UNIT);
  const { microLinkId, version } = unit.firmware;
  const at = microLinkId === null || version === null ? null : { microLinkId, version };
  return [
    ...about.reasons,
    ...hopReasons(book, facts, at, candidateOf(image), folder.map(candidateOf), transport),
    ...conditionReasons(book, input, at, facts),
    ...sendPath(transport, wizardOf(facts)),
  ];
}

function factsOf(book: RuleBook, unit: Unit, transport: Transport | null): Map<string, Fact> {
  const facts = describedFacts(unit);
  for (const [name, fact] of lineFacts(book, facts, transport)) facts.set(name, fact);
  return facts;
}

interface Known {
  readonly facts: ReadonlyMap<string, Fact>;
  readonly about: Assessment;
  readonly at: InstalledFirmware;
  readonly wizard: string | null;
}

function judgeUpdate(book: RuleBook, input: UpsJudgeInput, known: Known): Verdict {
  const { transport } = input;
  const { about, at, facts, wizard } = known;
  const candidates = input.images.map((stored): FolderImage => ({ ...candidateOf(stored), stored }));
  const damaged = candidates.filter((one) => one.microLinkId === at.microLinkId && one.damage !== null);
  const extra = damaged.map((one) =>
    builtIn(
      'IMAGE_DAMAGED',
      'warn',
      `${one.file}: ${one.damage ?? 'damaged'}`,
      'Get the file again, and compare its sha256 with that of its source.',
    ),
  );
  const route = findRoute(book, { unit: facts, from: at, candidates, transport: transport ?? 'nmc' });
  const [first] = route.hops;
  const ambiguous = ambiguity(route.ambiguous, route.hops.at(-1)?.to ?? at);
  if (first === undefined) {
    if (ambiguous === null) return withoutImage(book, input, known, extra);
    const target = { version: route.ambiguous[0]?.version ?? '', microLinkId: at.microLinkId, image: null };
    const reasons = [...about.reasons, ambiguous, ...extra];
    return { status: 'blocked', target, hops: [], transport, wizard, reasons };
  }
  const kind = transport ?? 'nmc';
  const reasons = [
    ...about.reasons,
    ...first.reasons,
    ...conditionReasons(book, { ...input, image: first.image.stored, transport: kind }, at, facts),
    ...sendPath(kind, wizard),
    ...laterReasons(route.hops),
    ...(ambiguous === null ? remainingRoute(book, route.hops) : [ambiguous]),
    ...extra,
  ];
  const last = route.hops.at(-1) ?? first;
  const target: Target = {
    version: last.to.version,
    microLinkId: last.to.microLinkId,
    image: last.image.file,
  };
  const hops = route.hops.map((hop) => upsHop(book, hop, kind));
  const status: Status = isAllowed(reasons) ? 'outdated' : 'blocked';
  return { status, target, hops, transport, wizard, reasons };
}

function upsHop(book: RuleBook, hop: RouteHop<FolderImage>, transport: Transport): UpsHop {
  const { file, sha256, sizeBytes } = hop.image.stored;
  return {
    component: 'ups',
    twoStep: isTwoStep(book, hop),
    from: hop.from,
    to: hop.to,
    image: { file, sha256, sizeBytes },
    transport,
    steps: HOP_STEPS.ups,
  };
}

/** What is worth a word of the hops after the first; what holds goes without saying. */
function laterReasons(hops: readonly RouteHop<Candidate>[]): readonly Reason[] {
  return hops
    .slice(1)
    .flatMap((hop, index) =>
      hop.reasons
        .filter(({ outcome }) => outcome !== 'pass')
        .map((reason) => ({ ...reason, because: `hop ${index + 2}: ${reason.because}` })),
    );
}

/** A route that changed the line and has no image to go on with says so. */
function remainingRoute(book: RuleBook, hops: readonly RouteHop<Candidate>[]): readonly Reason[] {
  const last = hops.at(-1);
  if (last === undefined || last.to.microLinkId === last.from.microLinkId) return [];
  const newest = book.lines.get(last.to.microLinkId)?.newest.at(-1)?.version;
  if (newest === undefined || compareVersions(newest, last.to.version) !== 1) return [];
  return [
    builtIn(
      'ROUTE_GOES_ON',
      'warn',
      `afterwards the unit is of id ${last.to.microLinkId} at ${last.to.version}, the newest release known of it is ${newest}, and the folder holds no image to go on with`,
      `Put the image of ${newest} for id ${last.to.microLinkId} into the images folder.`,
    ),
  ];
}

function withoutImage(book: RuleBook, input: UpsJudgeInput, known: Known, extra: readonly Reason[]): Verdict {
  const { transport } = input;
  const { at, wizard } = known;
  const reasons = [...known.about.reasons, ...extra];
  const line = book.lines.get(at.microLinkId);
  if (line === undefined) {
    const because = `id ${at.microLinkId} is not in the catalogue, and no image in the folder is for it`;
    const remedy = 'Put the image of this id into the folder, if the vendor has one.';
    return plain(
      'unknown',
      [...reasons, builtIn('LINE_UNKNOWN', 'unknown', because, remedy)],
      transport,
      wizard,
    );
  }
  const newest = line.newest.at(-1) ?? null;
  const order = newest === null ? null : compareVersions(newest.version, at.version);
  if (newest === null || order !== 1) {
    const because = `installed is ${at.version}, the newest release known is ${newest?.version ?? 'none'}`;
    const reason = { ...builtIn('UP_TO_DATE', 'pass', because, ''), remedy: null };
    // What stands against a port stands against an update; where there is none, it is no finding.
    const kept = reasons.filter(({ outcome }) => outcome === 'pass' || outcome === 'warn');
    return plain('current', [...kept, reason], transport, wizard);
  }
  const files = [
    ...new Set(line.images.filter((one) => one.version === newest.version).map((one) => one.file)),
  ];
  const wanted =
    files.length === 0 ? `the image of ${newest.version} for id ${at.microLinkId}` : files.join(' or ');
  const missing = builtIn(
    'IMAGE_MISSING',
    'block',
    `installed is ${at.version}, the newest release known is ${newest.version} (${newest.source}), and the images folder holds no intact image of it`,
    `Put ${wanted} into the images folder.`,
  );
  const target = { version: newest.version, microLinkId: at.microLinkId, image: null };
  return { status: 'blocked', target, hops: [], transport, wizard, reasons: [...reasons, missing] };
}

function sendPath(transport: Transport, wizard: string | null): readonly Reason[] {
  if (transport === 'nmc') return [];
  return [
    builtIn(
      'NO_SEND_PATH',
      'block',
      `how a running unit is made to take an image over its ${transport === 'usb' ? 'USB' : 'serial'} port is not public`,
      `Use the Firmware Upgrade Wizard${wizard === null ? '' : ` ${wizard}`} of the vendor on Windows. upsfw plan --format md prints what a person on site has to do, where that is known.`,
    ),
  ];
}

function isAboutPort(book: RuleBook, rule: string): boolean {
  return (book.byStage.port ?? []).some((one) => one.id === rule);
}

function wizardOf(facts: ReadonlyMap<string, Fact>): string | null {
  const wizard = facts.get('advice.wizard');
  return typeof wizard === 'string' ? wizard : null;
}

function plain(
  status: Status,
  reasons: readonly Reason[],
  transport: Transport | null,
  wizard: string | null,
): Verdict {
  return { status, target: null, hops: [], transport, wizard, reasons };
}
