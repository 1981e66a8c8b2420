/** One entry of a work order, with its source. */
export interface WorkItem {
  readonly text: string;
  readonly source: string;
}

/** An image that a person on site needs. */
export interface OrderImage {
  readonly file: string;
  /** Null if only the name is known. */
  readonly sha256: string | null;
  /** An intact file with these bytes is in the images folder. */
  readonly inFolder: boolean;
}

/** Firmware of the UPS at one end of a hop. */
export interface OrderEnd {
  readonly version: string;
  readonly microLinkId: number;
}

/** One image. `image` is null if the release is known, but no file of it. */
export interface OrderHop {
  readonly from: OrderEnd;
  readonly to: OrderEnd;
  readonly image: OrderImage | null;
}

/** How to find the unit: text of the unit or the inventory; null = not known. */
export interface OrderUnit {
  readonly site: string | null;
  readonly name: string | null;
  readonly host: string | null;
  /** The serial port of this machine that the unit is connected to. */
  readonly serialPort: string | null;
  /** The USB device of this machine. */
  readonly usb: string | null;
  readonly model: string | null;
  readonly sku: string | null;
  readonly serial: string | null;
  readonly simulated: boolean;
}

/** Another public procedure with the same result. */
export interface Alternative {
  readonly title: string;
  readonly steps: readonly WorkItem[];
}

/** The lists of a work order, in the order in which they are needed. */
export interface OrderLists {
  /** What blocked the update when the unit was read. Clear it before anything else. */
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
 * What a person on site does with one unit that this tool cannot update. `wizard`: UPS firmware, with the
 * vendor's program over a cable. `card-console`: firmware of a card that answers without its application,
 * over the card's console. Nothing is known of the UPS behind it then.
 */
export interface WorkOrder extends OrderLists {
  /** `site/name`. */
  readonly key: string;
  readonly procedure: 'wizard' | 'card-console';
  readonly unit: OrderUnit;
  readonly installed: { readonly version: string | null; readonly microLinkId: number | null };
  readonly target: (OrderEnd & { readonly image: OrderImage | null }) | null;
  readonly hops: readonly OrderHop[];
  /** UPS port for the cable. `because` states why it is not the card or the port of the inventory. */
  readonly port: { readonly use: 'serial' | 'usb'; readonly because: readonly WorkItem[] } | null;
  /** Version of the Firmware Upgrade Wizard; null if not known or not used. */
  readonly wizard: string | null;
  /** Duration of one hop, as text. */
  readonly minutes: WorkItem | null;
  readonly alternatives: readonly Alternative[];
}
