/** One line of a work order, and where it was read. */
export interface WorkItem {
  readonly text: string;
  readonly source: string;
}

/** An image that a person on site has to have. */
export interface OrderImage {
  readonly file: string;
  /** Null where only the name is known. */
  readonly sha256: string | null;
  /** An intact file with these bytes lies in the images folder. */
  readonly inFolder: boolean;
}

/** What the UPS runs at one end of a hop. */
export interface OrderEnd {
  readonly version: string;
  readonly microLinkId: number;
}

/** One image after the other; `image` is null where a release is known and no file of it. */
export interface OrderHop {
  readonly from: OrderEnd;
  readonly to: OrderEnd;
  readonly image: OrderImage | null;
}

/** What the unit is found by. Text as the unit or the inventory gives it; null = not known. */
export interface OrderUnit {
  readonly site: string | null;
  readonly name: string | null;
  readonly host: string | null;
  /** The serial port of this machine that the unit hangs on. */
  readonly serialPort: string | null;
  /** The USB device of this machine that the unit is. */
  readonly usb: string | null;
  readonly model: string | null;
  readonly sku: string | null;
  readonly serial: string | null;
  readonly simulated: boolean;
}

/** Another public way to the same end. */
export interface Alternative {
  readonly title: string;
  readonly steps: readonly WorkItem[];
}

/** The lists of a work order, in the order in which they are needed. */
export interface OrderLists {
  /** What stands against it as the unit was seen, to be cleared before anything else. */
  readonly first: readonly WorkItem[];
  readonly bring: readonly WorkItem[];
  readonly prepare: readonly WorkItem[];
  readonly steps: readonly WorkItem[];
  readonly check: readonly WorkItem[];
  readonly ifItFails: readonly WorkItem[];
  /** What is not known here and must be found out at the unit. */
  readonly unknown: readonly WorkItem[];
  readonly notes: readonly WorkItem[];
}

/**
 * What a person on site does with one unit that this tool cannot update itself. `wizard`: the firmware of the UPS, with the
 * vendor's program over a cable. `card-console`: the firmware of a card that answers without its application, over the card's
 * own console; of the UPS behind it nothing is known then.
 */
export interface WorkOrder extends OrderLists {
  /** `site/name`. */
  readonly key: string;
  readonly procedure: 'wizard' | 'card-console';
  readonly unit: OrderUnit;
  readonly installed: { readonly version: string | null; readonly microLinkId: number | null };
  readonly target: (OrderEnd & { readonly image: OrderImage | null }) | null;
  readonly hops: readonly OrderHop[];
  /** The port of the UPS that the cable goes to; `because` says why it is not the card or the port of the inventory. */
  readonly port: { readonly use: 'serial' | 'usb'; readonly because: readonly WorkItem[] } | null;
  /** Version of the Firmware Upgrade Wizard; null where it is not known or not used. */
  readonly wizard: string | null;
  /** How long one hop takes, in words. */
  readonly minutes: WorkItem | null;
  readonly alternatives: readonly Alternative[];
}
