import type {
  CardFile,
  DeviceKind,
  DiscoveryFinding,
  Hop,
  Image,
  ImagePart,
  Plan,
  ProblemJson,
  Reason,
  Service,
  ServiceFinding,
  Status,
  StepName,
  Transport,
  Unit,
  Verdict,
  WorkOrder,
} from '../core/index.ts';
import type { AuditChanges } from './audit-changes.ts';

/** The JSON documents that commands print. Missing is null, never a guess. */
export interface DocumentHead<Kind extends string> {
  readonly schema: `upsfw/${Kind}@1`;
  /** ISO 8601, UTC. */
  readonly generatedAt: string;
}

/** One hop of a verdict as audits and decisions list it: what would be sent, and where it leads. */
export interface HopSummary {
  /** Absent in a decision about a described unit, which is always about the UPS. */
  readonly component?: Hop['component'];
  /** Null where the version of a part of a card is not known. */
  readonly from: string | null;
  readonly to: string;
  /** File name. */
  readonly image: string;
  /** Null for a part of a card. */
  readonly microLinkIdAfter: number | null;
  readonly transport: Transport;
  /** The unit receives an image first and installs it when its panel allows it. Absent for a part of a card. */
  readonly twoStep?: boolean;
}

export type AuditUnit = Unit & {
  readonly verdict: Omit<Verdict, 'hops'> & { readonly hops: readonly HopSummary[] };
  /** How the unit stands to each known advisory; null in an audit of an older version of the tool. */
  readonly advisories: readonly Advisory[] | null;
  /** What the card has on; null where that was not asked, or the unit has no card. */
  readonly services: readonly Service[] | null;
  /** What its owner should change about that; null as above. */
  readonly findings: readonly ServiceFinding[] | null;
  /** Why the unit could not be looked at; null where it could. */
  readonly problem: ProblemJson | null;
};

export interface Advisory {
  readonly id: string;
  readonly status: 'affected' | 'partly' | 'fixed' | 'not-affected' | 'unknown';
  readonly fixedIn: string | null;
  readonly partlyIn: string | null;
  readonly source: string;
}

export type StatusCounts = Readonly<Record<Status, number>>;

export interface AuditDocument extends DocumentHead<'audit'> {
  readonly units: readonly AuditUnit[];
  readonly sites: readonly { readonly site: string; readonly counts: StatusCounts }[];
  readonly counts: StatusCounts;
  /** What changed since an earlier audit, and when that was made (ISO 8601, UTC); null where that was not asked. */
  readonly changes: (AuditChanges & { readonly since: string }) | null;
}

export interface DiscoverDocument extends DocumentHead<'discover'> {
  /** Addresses that were asked. */
  readonly scanned: number;
  /** Addresses of them that answered. */
  readonly answered: number;
  /** Smart-UPS units. */
  readonly units: readonly Unit[];
  /** Everything else that answered. */
  readonly others: readonly {
    readonly host: string;
    readonly kind: Exclude<DeviceKind, 'smart-ups'>;
    readonly description: string;
  }[];
  readonly findings: readonly DiscoveryFinding[];
  /** What became of the inventory; null where none was to be written. */
  readonly inventory: { readonly file: string; readonly changes: readonly InventoryChange[] } | null;
  /** True where somebody stopped the sweep before its end. */
  readonly stopped: boolean;
  readonly seconds: number;
}

/** One thing that was done to an inventory, or was not done and why. */
export interface InventoryChange {
  readonly kind: string;
  readonly site: string;
  readonly name: string;
  readonly message: string;
}

/** What a plan was made with. It is carried out with the same, or not at all. Paths are absolute. */
export interface PlanOrigin {
  readonly inventory: {
    readonly file: string;
    /** Of the bytes of the file. */
    readonly sha256: string;
    /** A hash of what the inventory says of each planned unit, by its key. */
    readonly entries: Readonly<Record<string, string>>;
  };
  /** Null where no folder was named. */
  readonly images: string | null;
  /** Rule files of the operator. */
  readonly rules: readonly string[];
  readonly override: readonly { readonly rule: string; readonly reason: string }[];
  /** The day whose knowledge judged; null = all that is known. A plan of a day cannot be carried out. */
  readonly asOf: string | null;
}

export interface PlanDocument extends DocumentHead<'plan'>, Plan {
  /** SHA-256 over everything else in this document, see `contentHash`. */
  readonly digest: string;
  readonly madeWith: PlanOrigin;
  /** Groups of units with the same load, by key: no two of a group are ever in flight together. */
  readonly protects: readonly (readonly string[])[];
  /** By the key of the unit. */
  readonly advisories: Readonly<Record<string, readonly Advisory[]>>;
  /** What is left to people on site, by the key of the unit in each. */
  readonly workOrders: readonly WorkOrder[];
}

export type RunOutcome = 'upgraded' | 'current' | 'refused' | 'failed' | 'unknown' | 'stopped' | 'pending';

export interface RunFirmware {
  readonly raw: string | null;
  readonly version: string | null;
  readonly microLinkId: number | null;
}

export interface RunHop {
  readonly image: string;
  readonly transport: Transport;
  /** How the image was sent; null = not yet. */
  readonly transfer: string | null;
  /** How the tool asked for the start; null = not yet, or not known. */
  readonly start: string | null;
  /** The request was answered with an error. What ran afterwards may have been started by somebody else. */
  readonly startRefused: boolean;
  readonly step: StepName | null;
  readonly state:
    | 'begun'
    | 'committing'
    | 'done'
    | 'failed'
    | 'unknown'
    | 'staged'
    | 'not-started'
    | 'received'
    | null;
  readonly seconds: number | null;
}

/** What a device said when it was asked, beside what the journal holds. */
export interface RunNow {
  /**
   * `same`: the unit of the plan; `other`: another serial number; `unidentified`: something answers, and which unit it is is
   * not known; `silent`: no answer.
   */
  readonly answers: 'same' | 'other' | 'unidentified' | 'silent';
  readonly serial: string | null;
  /** Null where the unit of the plan did not tell. */
  readonly firmware: RunFirmware | null;
  /** `waiting`: it has an image and installs it later. `unknown`: it was not asked, or did not say. */
  readonly activity: 'idle' | 'updating' | 'waiting' | 'unknown';
  /** Why the activity is not known; null where it is. */
  readonly note: string | null;
  readonly problem: ProblemJson | null;
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
  /**
   * What the run did to the output; null = it never touched it. Only `on` says that it is as it was, and `not-switched` that it
   * never was anything else.
   */
  readonly output: 'switching-off' | 'off' | 'not-switched' | 'switching-on' | 'on' | 'unknown' | null;
  /** What the device said just now; null where it was not asked. */
  readonly now: RunNow | null;
  /** How the unit stands to each known advisory with what it runs now. */
  readonly advisories: readonly Advisory[];
  readonly problem: ProblemJson | null;
  /** What the rules said; shows why a unit was refused. */
  readonly reasons: readonly Reason[];
}

/** Units of a run by their outcome. */
export type RunCounts = Readonly<Record<RunOutcome, number>>;

/**
 * Where a run stands. `running`: a living process is at it; `interrupted`: it has no end, and nobody is at it; `stopped`: it was ended
 * before all of its units were, by the operator, by a pause, or for want of room on the disk.
 */
export type RunState = 'running' | 'interrupted' | 'stopped' | 'done';

export interface RunDocument extends DocumentHead<'run'> {
  readonly run: string;
  readonly state: RunState;
  /** Why the run paused itself and began no further unit; null where it did not. */
  readonly paused: ProblemJson | null;
  readonly units: readonly RunUnit[];
  readonly counts: RunCounts;
  /** What is wrong with the journal of the run itself: it is damaged, or a line could not be written. Null where nothing is. */
  readonly problem: ProblemJson | null;
  readonly exitCode: number;
}

export interface ImagesDocument extends DocumentHead<'images'> {
  readonly images: readonly ImageEntry[];
  /** Firmware files for cards; what they are for stands in their names alone. */
  readonly cardFiles: readonly CardFileEntry[];
}

export interface CardFileEntry extends Omit<CardFile, 'path' | 'sha256'> {
  /** Null where the bytes were not read. */
  readonly sha256: string | null;
}

export interface ImageEntry extends Omit<Image, 'parts' | 'sha256'> {
  /** Null where the bytes were not read. */
  readonly sha256: string | null;
  readonly parts: readonly Omit<ImagePart, 'slot'>[];
  /** The catalogue knows this sha256. */
  readonly known: boolean;
  /** Other files of the list with the same bytes: names, or paths where they lie in another folder. */
  readonly identicalTo: readonly string[];
  /** What one should know of the file although it is usable. */
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

export interface DecisionDocument extends DocumentHead<'decision'> {
  readonly input: {
    readonly model: string | null;
    readonly sku?: string | null | undefined;
    readonly firmware: string | null;
    readonly serial?: string | null | undefined;
    readonly ratedVA?: number | null | undefined;
    readonly transport: Transport;
  };
  readonly supported: boolean | 'unknown';
  readonly wizard: string | null;
  readonly image: string | null;
  readonly target: string | null;
  readonly upToDate: boolean | null;
  readonly reasons: readonly Reason[];
  readonly prepare: readonly { readonly text: string; readonly source: string }[];
  readonly hops: readonly HopSummary[];
  readonly advisories: readonly Advisory[];
  /** What a person on site does, for a unit at a serial or USB port; null where nothing is to be done or not enough is known. */
  readonly workOrder: WorkOrder | null;
  readonly line: {
    readonly microLinkId: number;
    readonly families: readonly string[];
    readonly description: string | null;
    readonly minWizard: string | null;
    readonly outputOn: {
      readonly update: 'yes' | 'no' | 'unknown';
      readonly from?: string | undefined;
      readonly before: 'no' | 'unknown';
      readonly note?: string | undefined;
    };
    readonly minCardApp: readonly {
      readonly app: string;
      readonly version: string;
      readonly card?: string | undefined;
    }[];
    readonly signedFrom: string | null;
    readonly becomes: number | null;
    readonly notes: readonly string[];
    readonly sources: readonly string[];
  } | null;
}

type RuleCondition = Readonly<Record<string, unknown>>;

export interface RulesDocument extends DocumentHead<'rules'> {
  readonly rules: readonly {
    readonly file: string;
    readonly id: string;
    readonly code?: string | undefined;
    readonly stage: string;
    readonly statement: string;
    readonly source: string;
    readonly published: string;
    readonly until?: string | undefined;
    readonly confidence: string;
    readonly final: boolean;
    readonly when?: readonly RuleCondition[] | undefined;
    readonly require?: readonly RuleCondition[] | undefined;
    readonly remedy?: string | undefined;
  }[];
}
