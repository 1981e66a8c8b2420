import { join, resolve } from 'node:path';
import {
  asProblem,
  type CardFile,
  type PlanComponent,
  Problem,
  type StoredImage,
  type UnitTarget,
  unitKey,
  usableSerial,
} from '../../core/index.ts';
import { type ImageFolder, openFolder } from '../../images/index.ts';
import {
  createSecretResolver,
  expectSecrets,
  findPartners,
  type Inventory,
  type InventoryUnit,
  loadInventory,
  missingSecrets,
  type Purpose,
  resolveTargets,
  type SecretResolver,
  sameHost,
  unpairedFeeds,
  unpairedFeedWarnings,
} from '../../inventory/index.ts';
import { filesAsOf, type LeftOut, loadRules, type RuleBook } from '../../rules/index.ts';
import type { RunRecord } from '../../state/index.ts';
import type { Io } from '../io.ts';
import { type CommonArgs, type FleetArgs, stateFolder } from '../options.ts';

/** Inventory, rules, files and credentials of a command, read and checked before any device is contacted. */
export interface Fleet {
  readonly inventory: Inventory;
  readonly book: RuleBook;
  /** Null where no images folder is named. */
  readonly imagesFolder: string | null;
  readonly images: readonly StoredImage[];
  /** Firmware files for cards in that folder. */
  readonly cardFiles: readonly CardFile[];
  /** Files of that folder that are not used because of `--as-of`. */
  readonly leftOut: readonly LeftOut[];
  /** What a plan of this fleet upgrades. */
  readonly component: PlanComponent;
  /** Targets of the chosen units, in the order of the inventory. */
  readonly chosen: readonly UnitTarget[];
  /** Chosen units that are not asked because a secret is missing, by key. */
  readonly unasked: ReadonlyMap<string, Problem>;
  /** Targets by key: the chosen units and their partners. */
  readonly targets: ReadonlyMap<string, UnitTarget>;
  /** Entries that were not chosen and share a load with others, if their credentials are available. */
  readonly sharing: readonly UnitTarget[];
}

export interface FleetNeeds {
  readonly purpose: Purpose;
  /**
   * True: units with missing secrets are reported, and the others are asked. False: a missing secret is a
   * problem.
   */
  readonly partly?: boolean;
  /**
   * `required`: plans and upgrades need them. `optional`: an audit continues without them, with a warning.
   * `if-there`: a resumed run must be able to watch its units even if the folder is gone.
   */
  readonly images: 'required' | 'optional' | 'if-there';
  /** Rules that do not refuse in this run, with the reasons of the operator. */
  readonly override?: ReadonlyMap<string, string>;
  /** What the plan upgrades; `ups` by default. */
  readonly component?: PlanComponent;
  /** Use only what was published by this day. */
  readonly asOf?: string | undefined;
  /**
   * Units whose output may be switched off, beside those of the inventory: the chosen ones, or these keys.
   */
  readonly outputOff?: 'chosen' | ReadonlySet<string>;
  /** Also ask whether an update is in progress; uses the login where one is configured. */
  readonly update?: boolean;
  /** The units by key, instead of --site and --unit. */
  readonly keys?: readonly string[];
}

/** Reads inventory, rules, images and secrets. Throws Problem config/ before any device is contacted. */
export async function openFleet(args: FleetArgs, io: Io, needs: FleetNeeds): Promise<Fleet> {
  const inventory = await loadInventory(args.inventory);
  const units = needs.keys === undefined ? select(inventory, args) : byKeys(inventory, needs.keys);
  const keys = new Set(units.map(unitKey));
  for (const line of unpairedFeedWarnings(unpairedFeeds(inventory), keys)) io.info(`${line}\n`);
  const book = await loadRules({
    files: args.rules,
    asOf: needs.asOf,
    override: needs.override,
    trust: inventory.trust,
    unknownImages: inventory.unknownImages,
  });
  const imagesFolder = args.images === undefined ? inventory.images : resolve(args.images);
  if (imagesFolder === null && needs.images === 'required') {
    throw new Problem('config/images', 'No images folder is given.', {
      hint: 'Add it to the inventory (images: ./images), or use --images.',
    });
  }
  const component = needs.component ?? 'ups';
  const found = imagesFolder === null ? NO_FILES : await readImages(imagesFolder, needs, args, io);
  const { images, cardFiles, leftOut } = filesAsOf(book, found.images, found.cardFiles);
  // A plan for the card also asks its command line.
  const scope = { card: component !== 'ups', loginIfThere: needs.update === true };

  const secrets = createSecretResolver({ ...io, folder: resolve(inventory.file, '..') });
  const partners = needs.purpose === 'write' ? partnersOf(inventory, keys) : [];
  const working = new Set([...units, ...partners].map(unitKey));
  const sharingEntries = needs.images === 'required' ? sharingUnits(inventory, working) : [];
  await expectSecrets(units, secrets, needs.purpose, scope);
  await expectSecrets(partners, secrets, 'read', { card: true });
  await expectSecrets(sharingEntries, secrets, 'read');
  const own = await resolveTargets(units, secrets, needs.purpose, scope);
  // Partners are asked whether an update is in progress, which may need their login.
  const others = await resolveTargets(partners, secrets, 'read', { card: true });
  const missing = [...own.unresolved, ...others.unresolved];
  // Without any credential no unit could be reported.
  const canReport = needs.partly === true && own.targets.length > 0;
  if (missing.length > 0 && !canReport) throw missingSecrets(missing);
  if (missing.length > 0) io.info(`${missingSecrets(missing).message}\nThese units are skipped.\n`);
  const unasked = new Map(own.unresolved.map((one) => [unitKey(one.target), missingSecrets([one])]));
  const byName = new Map([...own.targets, ...own.unresolved.map(({ target }) => target)].map(byKey));
  const chosen = units.flatMap((unit): readonly UnitTarget[] => {
    const target = byName.get(unitKey(unit));
    if (target === undefined) return [];
    const off = needs.outputOff === 'chosen' || needs.outputOff?.has(unitKey(target)) === true;
    return [off ? { ...target, switchOutput: 'off' } : target];
  });
  const targets = new Map([...chosen, ...others.targets].map(byKey));
  const sharing = await targetsOf(sharingEntries, secrets);
  return {
    inventory,
    book,
    imagesFolder,
    images,
    cardFiles,
    leftOut,
    component,
    chosen,
    unasked,
    targets,
    sharing,
  };
}

/** Entries outside of `working` that share a load. */
function sharingUnits(inventory: Inventory, working: ReadonlySet<string>): readonly InventoryUnit[] {
  const partners = findPartners(inventory);
  return inventory.units.filter((unit) => {
    const key = unitKey(unit);
    return !working.has(key) && (partners.get(key) ?? []).length > 0;
  });
}

/** Targets of the units whose secrets are available. Throws anything but a missing secret, such as Ctrl-C. */
async function targetsOf(
  units: readonly InventoryUnit[],
  secrets: SecretResolver,
): Promise<readonly UnitTarget[]> {
  return (await resolveTargets(units, secrets, 'read')).targets;
}

/** The fleet of a run: its units, with the inventory, images and rules of its start. */
export function openFleetOfRun(
  record: RunRecord,
  args: CommonArgs & { readonly inventory?: string | undefined },
  io: Io,
  needs: Pick<FleetNeeds, 'purpose' | 'update'>,
): Promise<Fleet> {
  return openFleet(
    {
      ...args,
      inventory: args.inventory ?? record.inventory,
      images: record.images,
      rules: [...record.rules],
      site: [],
      unit: [],
    },
    io,
    {
      ...needs,
      images: 'if-there',
      component: record.plan.component,
      keys: record.units.map((unit) => unit.planned.key),
      override: new Map(record.override.map(({ rule, reason }) => [rule, reason])),
    },
  );
}

/** The files of a folder. */
type FolderFiles = Pick<ImageFolder, 'images' | 'cardFiles'>;
const NO_FILES: FolderFiles = { images: [], cardFiles: [] };

async function readImages(folder: string, needs: FleetNeeds, args: CommonArgs, io: Io): Promise<FolderFiles> {
  try {
    return await openFolder(folder, {
      allowCardFilesOnly: needs.images !== 'required' || needs.component === 'card',
      index: join(stateFolder(args, io), 'images.json'),
      onWarning: (message) => io.log.info(message),
    });
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (needs.images === 'required' || problem.code !== 'config/images') throw problem;
    io.info(
      needs.images === 'if-there'
        ? `${problem.message} Units that still need their image cannot be started.\n`
        : `${problem.message} The audit continues without images; a plan needs them.\n  ${problem.hint}\n`,
    );
    return NO_FILES;
  }
}

function byKey(target: UnitTarget): readonly [string, UnitTarget] {
  return [unitKey(target), target];
}

function partnersOf(inventory: Inventory, chosen: ReadonlySet<string>): readonly InventoryUnit[] {
  const partners = findPartners(inventory);
  const wanted = new Set([...chosen].flatMap((key) => partners.get(key) ?? []));
  return inventory.units.filter((unit) => wanted.has(unitKey(unit)) && !chosen.has(unitKey(unit)));
}

function select(inventory: Inventory, args: FleetArgs): readonly InventoryUnit[] {
  if (inventory.units.length === 0) {
    throw new Problem('config/selection', 'The inventory has no units yet.', {
      hint: 'Add units, or find them with: upsfw discover RANGE --write INVENTORY.',
    });
  }
  const unknownSites = args.site.filter((name) => !inventory.sites.some((site) => site.name === name));
  const matches = (unit: InventoryUnit, text: string): boolean =>
    unit.name === text ||
    unitKey(unit) === text ||
    (unit.host !== null && sameHost(unit.host, text)) ||
    (unit.serial !== null && usableSerial(unit.serial) === text.toUpperCase());
  const unknownUnits = args.unit.filter((text) => !inventory.units.some((unit) => matches(unit, text)));
  const units = inventory.units.filter(
    (unit) =>
      (args.site.length === 0 || args.site.includes(unit.site)) &&
      (args.unit.length === 0 || args.unit.some((text) => matches(unit, text))),
  );
  if (unknownSites.length > 0 || unknownUnits.length > 0 || units.length === 0) {
    const missing = [
      ...unknownSites.map((name) => `site "${name}"`),
      ...unknownUnits.map((name) => `unit "${name}"`),
    ];
    throw new Problem(
      'config/selection',
      missing.length > 0
        ? `The inventory has no ${missing.join(', ')}.`
        : 'No unit matches both --site and --unit.',
      { hint: `Sites: ${inventory.sites.map((site) => site.name).join(', ')}.` },
    );
  }
  return units;
}

function byKeys(inventory: Inventory, keys: readonly string[]): readonly InventoryUnit[] {
  return inventory.units.filter((unit) => keys.includes(unitKey(unit)));
}
