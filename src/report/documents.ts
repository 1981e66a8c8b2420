import type {
  Image,
  ImagePart,
  PathKind,
  Plan,
  ProblemJson,
  Reason,
  Status,
  StepName,
  Unit,
  Verdict,
} from '../core/index.ts';

/** The JSON documents that commands print. Missing is null, never a guess. */
export interface DocumentHead<Kind extends string> {
  readonly schema: `upsfw/${Kind}@1`;
  /** ISO 8601, UTC. */
  readonly generatedAt: string;
}

export type AuditUnit = Unit & {
  readonly verdict: Verdict;
  /** Null: advisories are not judged yet. */
  readonly advisories: readonly Advisory[] | null;
  /** Why the unit could not be looked at; null where it could. */
  readonly problem: ProblemJson | null;
};

export interface Advisory {
  readonly id: string;
  readonly status: 'affected' | 'partly' | 'fixed' | 'not-affected' | 'unknown';
  readonly fixedIn: string | null;
  readonly source: string;
}

export type StatusCounts = Readonly<Record<Status, number>>;

export interface AuditDocument extends DocumentHead<'audit'> {
  readonly units: readonly AuditUnit[];
  readonly sites: readonly { readonly site: string; readonly counts: StatusCounts }[];
  readonly counts: StatusCounts;
}

export interface PlanDocument extends DocumentHead<'plan'>, Plan {}

export type RunOutcome = 'upgraded' | 'current' | 'refused' | 'failed' | 'unknown' | 'stopped' | 'pending';

export interface RunFirmware {
  readonly raw: string | null;
  readonly version: string | null;
  readonly microLinkId: number | null;
}

export interface RunHop {
  readonly image: string;
  readonly path: PathKind;
  /** How the image was sent; null = not yet. */
  readonly transfer: string | null;
  /** How the update was started; null = not yet, or not known. */
  readonly start: string | null;
  readonly step: StepName | null;
  readonly state: 'begun' | 'committing' | 'done' | 'failed' | 'unknown' | null;
  readonly seconds: number | null;
}

export interface RunUnit {
  readonly site: string;
  readonly name: string;
  readonly host: string | null;
  readonly serial: string | null;
  readonly simulated: boolean;
  readonly before: RunFirmware | null;
  readonly after: RunFirmware | null;
  readonly outcome: RunOutcome;
  readonly hops: readonly RunHop[];
  readonly problem: ProblemJson | null;
  /** What the rules said; shows why a unit was refused. */
  readonly reasons: readonly Reason[];
}

export interface RunDocument extends DocumentHead<'run'> {
  readonly run: string;
  readonly state: 'planned' | 'running' | 'done' | 'stopped';
  readonly units: readonly RunUnit[];
  readonly counts: Readonly<Record<RunOutcome, number>>;
  readonly exitCode: number;
}

export interface ImagesDocument extends DocumentHead<'images'> {
  readonly images: readonly ImageEntry[];
}

export interface ImageEntry extends Omit<Image, 'parts'> {
  readonly parts: readonly Omit<ImagePart, 'slot'>[];
  /** The catalogue knows this sha256. */
  readonly known: boolean;
}
