import type {
  Card,
  CardFile,
  DeviceKind,
  DiscoveryFinding,
  Hop,
  Image,
  ImagePart,
  ProblemJson,
  Reason,
  Service,
  ServiceFinding,
  Status,
  Transport,
  Unit,
  Verdict,
  WorkOrder,
} from '../core/index.ts';
import type { AuditChanges } from './audit-changes.ts';

/**
 * The JSON documents of the commands that change nothing; run-documents.ts has those of a plan and a run.
 * docs/json.md describes them. A missing value is null, never a guess.
 */

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
  /** The unit receives an image and installs it when its panel allows it. Absent for a part of a card. */
  readonly twoStep?: boolean;
}

/** Card firmware that somebody saw. Information, never a target. */
export interface NewestSeen {
  readonly os: string | null;
  readonly app: string;
  /** Year, month or day; null if no source tells it. */
  readonly seen: string | null;
  readonly note: string | null;
  readonly source: string;
}

/** A card in an audit. Both fields are absent in an audit of an older version of upsfw. */
export type AuditCard = Card & {
  /** Reasons about faults of the card itself. */
  readonly reasons?: readonly Reason[] | undefined;
  /** The newest firmware that was seen for such a card; null if none is known. */
  readonly newestSeen?: NewestSeen | null | undefined;
};

/** A file of the images folder that was not used because of `--as-of`. */
export interface LeftOutFile {
  readonly file: string;
  readonly sha256: string;
  readonly microLinkId: number | null;
  readonly because: string;
}

export type AuditUnit = Omit<Unit, 'card'> & {
  readonly card: AuditCard | null;
  readonly verdict: Omit<Verdict, 'hops'> & { readonly hops: readonly HopSummary[] };
  /** The status of each known advisory; null in an audit of an older version of upsfw. */
  readonly advisories: readonly Advisory[] | null;
  /** The services of the card; null without `--services` or without a card. */
  readonly services: readonly Service[] | null;
  /** Findings about the services; null as above. */
  readonly findings: readonly ServiceFinding[] | null;
  /** Why the unit could not be read; null where it could. */
  readonly problem: ProblemJson | null;
};

/** In an audit of an older version of upsfw the optional fields are absent, and all are about the UPS. */
export interface Advisory {
  readonly id: string;
  readonly component?: 'ups' | 'card' | undefined;
  readonly status: 'affected' | 'partly' | 'fixed' | 'not-affected' | 'unknown';
  /** Whether the source lists the version as affected; null: that cannot be said. */
  readonly listed?: boolean | null | undefined;
  readonly fixedIn: string | null;
  readonly partlyIn: string | null;
  /** Number and name of the vendor's notice; null without one. */
  readonly notice?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly confidence?: 'vendor' | 'reported' | undefined;
  /** Why the card has this status; null for the UPS. */
  readonly detail?: string | null | undefined;
  readonly source: string;
}

export type StatusCounts = Readonly<Record<Status, number>>;

export interface AuditDocument extends DocumentHead<'audit'> {
  readonly units: readonly AuditUnit[];
  readonly sites: readonly { readonly site: string; readonly counts: StatusCounts }[];
  readonly counts: StatusCounts;
  /** The day of `--as-of`; null without it, absent in an audit of an older version of upsfw. */
  readonly asOf?: string | null | undefined;
  /** Files of the images folder that were not used because of that day; absent as above. */
  readonly leftOut?: readonly LeftOutFile[] | undefined;
  /** Changes since an earlier audit and its time (ISO 8601, UTC); null where no audits were compared. */
  readonly changes: (AuditChanges & { readonly since: string }) | null;
}

export interface DiscoverDocument extends DocumentHead<'discover'> {
  /** Addresses that were asked. */
  readonly scanned: number;
  /** Addresses that answered. */
  readonly answered: number;
  /** Smart-UPS units. */
  readonly units: readonly Unit[];
  /** Other devices that answered. */
  readonly others: readonly {
    readonly host: string;
    readonly kind: Exclude<DeviceKind, 'smart-ups'>;
    readonly description: string;
  }[];
  readonly findings: readonly DiscoveryFinding[];
  /** Changes to the inventory; null where none was written. */
  readonly inventory: { readonly file: string; readonly changes: readonly InventoryChange[] } | null;
  /** True where the operator stopped the sweep. */
  readonly stopped: boolean;
  readonly seconds: number;
}

/** A change to an inventory, or why there was none. */
export interface InventoryChange {
  readonly kind: string;
  readonly site: string;
  readonly name: string;
  readonly message: string;
}

export interface ImagesDocument extends DocumentHead<'images'> {
  readonly images: readonly ImageEntry[];
  /** Firmware files for cards; only their names describe them. */
  readonly cardFiles: readonly CardFileEntry[];
  /** What is in the folders besides, by kind. */
  readonly others?: readonly {
    readonly kind: string;
    /** The kind in words. */
    readonly what: string;
    readonly count: number;
    /** The first ones by name. */
    readonly files: readonly string[];
  }[];
  /** What was not searched, and why. */
  readonly notes?: readonly string[];
  /** The comparison with `--sha256`; null without it. */
  readonly expected: ComparedHash | null;
}

/** The hash that the user expects, and that of the one file that was read. */
export interface ComparedHash {
  readonly sha256: string;
  /** Null where the bytes were not read. */
  readonly found: string | null;
  readonly matches: boolean;
}

export interface CardFileEntry extends Omit<CardFile, 'path' | 'sha256'> {
  /** Folder of an unpacked package, such as `NAME/Bins`; null for a file in another folder. */
  readonly folder: string | null;
  /** Other listed card files with the same bytes: names, or paths for another folder. */
  readonly identicalTo: readonly string[];
  /** Null where the bytes were not read. */
  readonly sha256: string | null;
}

export interface ImageEntry extends Omit<Image, 'parts' | 'sha256'> {
  /** Null where the bytes were not read. */
  readonly sha256: string | null;
  readonly parts: readonly Omit<ImagePart, 'slot'>[];
  /** The catalogue has this sha256. */
  readonly known: boolean;
  /** Other listed files with the same bytes: names, or paths for another folder. */
  readonly identicalTo: readonly string[];
  /** Notes about a usable file. */
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
    readonly cardOs?: string | null | undefined;
    readonly cardModel?: string | null | undefined;
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
  /**
   * The work on site for an update over a serial or USB port; null where none is needed or too little is
   * known.
   */
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
