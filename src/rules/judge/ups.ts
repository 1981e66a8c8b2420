import {
  HOP_STEPS,
  isAllowed,
  isRefusal,
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
  /** All images of the folder, including damaged ones. */
  readonly images: readonly StoredImage[];
  readonly transport: Transport | null;
  readonly operator?: OperatorSettings;
}

/** The stages about the unit itself: hardware, firmware, support, and the advice of the vendor. */
const UNIT_STAGES: readonly Stage[] = ['family', 'firmware', 'support', 'wizard', 'port'];

type FolderImage = Candidate & { readonly stored: StoredImage };

/** One list for all units of a fleet, so that they share the facts about hops. */
const folderImages = new WeakMap<readonly StoredImage[], readonly FolderImage[]>();

function candidatesOf(images: readonly StoredImage[]): readonly FolderImage[] {
  const known = folderImages.get(images);
  if (known !== undefined) return known;
  const candidates = images.map((stored): FolderImage => ({ ...candidateOf(stored), stored }));
  folderImages.set(images, candidates);
  return candidates;
}

/** Evaluates a unit: the images that it may get from the folder, the hops, and the reasons. Pure. */
export function judgeUps(book: RuleBook, input: UpsJudgeInput): Verdict {
  const { unit, transport } = input;
  if (!unit.reachable) {
    const reason = builtIn(
      'UNREACHABLE',
      'block',
      'the unit does not answer',
      'See the problem that is shown for the unit.',
    );
    return withoutHops('unreachable', [reason], transport, null);
  }
  const facts = factsOf(book, unit, transport);
  const assessment = evaluateStages(book, facts, UNIT_STAGES);
  const wizard = wizardOf(facts);
  const refusals = assessment.reasons.filter(isRefusal);
  // For unsupported hardware other reasons do not matter.
  if (assessment.unsupported)
    return withoutHops(
      'unsupported',
      refusals.filter(({ outcome }) => outcome === 'block'),
      null,
      null,
    );
  const { microLinkId, version } = unit.firmware;
  const isUndecided = refusals.some(({ rule }) => !isAboutPort(book, rule));
  if (isUndecided || microLinkId === null || version === null) {
    const isIdentified = microLinkId !== null && version !== null;
    const blocked = isIdentified && refusals.every(({ outcome }) => outcome === 'block');
    return withoutHops(blocked ? 'blocked' : 'unknown', assessment.reasons, transport, wizard);
  }
  return judgeUpdate(book, input, { facts, assessment, at: { microLinkId, version }, wizard });
}

/** The same rules for the current unit and the chosen image. Pure. */
export function judgeStart(book: RuleBook, input: StartInput): readonly Reason[] {
  const { unit, image, transport, folder = [] } = input;
  const facts = factsOf(book, unit, transport);
  const assessment = evaluateStages(book, facts, UNIT_STAGES);
  const { microLinkId, version } = unit.firmware;
  const at = microLinkId === null || version === null ? null : { microLinkId, version };
  return [
    ...assessment.reasons,
    ...hopReasons(book, facts, at, candidateOf(image), folder.map(candidateOf), transport),
    ...conditionReasons(book, input, at, facts),
    ...localPortReason(transport, wizardOf(facts)),
  ];
}

function factsOf(book: RuleBook, unit: Unit, transport: Transport | null): Map<string, Fact> {
  const facts = describedFacts(unit);
  for (const [name, fact] of lineFacts(book, facts, transport)) facts.set(name, fact);
  return facts;
}

interface Known {
  readonly facts: ReadonlyMap<string, Fact>;
  readonly assessment: Assessment;
  readonly at: InstalledFirmware;
  readonly wizard: string | null;
}

function judgeUpdate(book: RuleBook, input: UpsJudgeInput, known: Known): Verdict {
  const { transport } = input;
  const { assessment, at, facts, wizard } = known;
  const candidates = candidatesOf(input.images);
  const damaged = candidates.filter((one) => one.microLinkId === at.microLinkId && one.damage !== null);
  const extra = damaged.map((one) =>
    builtIn(
      'IMAGE_DAMAGED',
      'warn',
      `${one.file}: ${one.damage ?? 'damaged'}`,
      'Download the file again and compare its SHA-256 with that of its source.',
    ),
  );
  const route = findRoute(book, { unit: facts, from: at, candidates, transport: transport ?? 'nmc' });
  const [first] = route.hops;
  const ambiguous = ambiguity(route.ambiguous, route.hops.at(-1)?.to ?? at);
  if (first === undefined) {
    if (ambiguous === null) return withoutImage(book, input, known, extra);
    const target = { version: route.ambiguous[0]?.version ?? '', microLinkId: at.microLinkId, image: null };
    const reasons = [...assessment.reasons, ambiguous, ...extra];
    return { status: 'blocked', target, hops: [], transport, wizard, reasons };
  }
  const kind = transport ?? 'nmc';
  const reasons = [
    ...assessment.reasons,
    ...first.reasons,
    ...conditionReasons(book, { ...input, image: first.image.stored, transport: kind }, at, facts),
    ...localPortReason(kind, wizard),
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

/** The reasons of later hops, without those that pass. */
function laterReasons(hops: readonly RouteHop<Candidate>[]): readonly Reason[] {
  return hops
    .slice(1)
    .flatMap((hop, index) =>
      hop.reasons
        .filter(({ outcome }) => outcome !== 'pass')
        .map((reason) => ({ ...reason, because: `hop ${index + 2}: ${reason.because}` })),
    );
}

/** A warning if the route ends below the newest release, after an image that changed the ID. */
function remainingRoute(book: RuleBook, hops: readonly RouteHop<Candidate>[]): readonly Reason[] {
  const last = hops.at(-1);
  if (last === undefined || last.to.microLinkId === last.from.microLinkId) return [];
  const newest = book.lines.get(last.to.microLinkId)?.newest.at(-1)?.version;
  if (newest === undefined || compareVersions(newest, last.to.version) !== 1) return [];
  return [
    builtIn(
      'ROUTE_GOES_ON',
      'warn',
      `after the last hop the unit has ID ${last.to.microLinkId} and ${last.to.version}; the newest known release for this ID is ${newest}, and the images folder has no image of it`,
      `Put the image of ${newest} for ID ${last.to.microLinkId} into the images folder.`,
    ),
  ];
}

function withoutImage(book: RuleBook, input: UpsJudgeInput, known: Known, extra: readonly Reason[]): Verdict {
  const { transport } = input;
  const { at, wizard } = known;
  const reasons = [...known.assessment.reasons, ...extra];
  const line = book.lines.get(at.microLinkId);
  if (line === undefined) {
    const because = `ID ${at.microLinkId} is not in the catalogue, and the images folder has no image for it`;
    const remedy = 'Put an image for this ID into the images folder, if the vendor has one.';
    return withoutHops(
      'unknown',
      [...reasons, builtIn('LINE_UNKNOWN', 'unknown', because, remedy)],
      transport,
      wizard,
    );
  }
  const newest = line.newest.at(-1) ?? null;
  const order = newest === null ? null : compareVersions(newest.version, at.version);
  if (newest === null || order !== 1) {
    const because = `installed is ${at.version}, newest known release: ${newest?.version ?? 'none'}`;
    const reason = { ...builtIn('UP_TO_DATE', 'pass', because, ''), remedy: null };
    // Without an update, a refusal of the port does not matter.
    const kept = reasons.filter(({ outcome }) => outcome === 'pass' || outcome === 'warn');
    return withoutHops('current', [...kept, reason], transport, wizard);
  }
  const files = [
    ...new Set(line.images.filter((one) => one.version === newest.version).map((one) => one.file)),
  ];
  const missingFile =
    files.length === 0 ? `the image of ${newest.version} for ID ${at.microLinkId}` : files.join(' or ');
  const missing = builtIn(
    'IMAGE_MISSING',
    'block',
    `installed is ${at.version}, the newest known release is ${newest.version} (${newest.source}), and no intact image of it was found`,
    `Put ${missingFile} into the images folder, and name that folder in the inventory (images: ./images).`,
  );
  const target = { version: newest.version, microLinkId: at.microLinkId, image: null };
  return { status: 'blocked', target, hops: [], transport, wizard, reasons: [...reasons, missing] };
}

function localPortReason(transport: Transport, wizard: string | null): readonly Reason[] {
  if (transport === 'nmc') return [];
  return [
    builtIn(
      'NO_SEND_PATH',
      'block',
      `the protocol to send an image to a running unit over its ${transport === 'usb' ? 'USB' : 'serial'} port is not public`,
      `Use the Firmware Upgrade Wizard${wizard === null ? '' : ` ${wizard}`} of the vendor on Windows. upsfw plan --format md prints a work order for the unit if the steps are known.`,
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

function withoutHops(
  status: Status,
  reasons: readonly Reason[],
  transport: Transport | null,
  wizard: string | null,
): Verdict {
  return { status, target: null, hops: [], transport, wizard, reasons };
}
