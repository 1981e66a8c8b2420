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
import { loadRules, type RuleBook } from '../../rules/index.ts';
import type { RunRecord } from '../../state/index.ts';
import { secretPrompt } from '../ask.ts';
import type { Io } from '../io.ts';
import { type CommonArgs, type FleetArgs, stateFolder } from '../options.ts';

/** What a command on units works with, read and checked before anything is touched. */
export interface Fleet {
  readonly inventory: Inventory;
  readonly book: RuleBook;
  /** Folder of images; null where none is named. */
  readonly imagesFolder: string | null;
  readonly images: readonly StoredImage[];
  /** Firmware files for cards in that folder. */
  readonly cardFiles: readonly CardFile[];
  /** What plans of this fleet are about. */
  readonly component: PlanComponent;
  /** Targets of the chosen units, in the order of the inventory. */
  readonly chosen: readonly UnitTarget[];
  /** Those of the chosen units that are not asked, because a secret of theirs is missing; by key. */
  readonly unasked: ReadonlyMap<string, Problem>;
  /** Targets by key: the chosen units, and those that carry the same loads. */
  readonly targets: ReadonlyMap<string, UnitTarget>;
  /** Entries that were not chosen and share a load with others, as far as their credentials can be had. */
  readonly sharing: readonly UnitTarget[];
}

export interface FleetNeeds {
  readonly purpose: Purpose;
  /** True: units whose secrets are missing are reported as such, and the others are asked. Else they are a problem. */
  readonly partly?: boolean;
  /**
   * `required`: plans and upgrades cannot do without. `optional`: an audit can, and says what it has to do without.
   * `if-there`: a run that is taken up must be able to watch its units although the folder is gone.
   */
  readonly images: 'required' | 'optional' | 'if-there';
  /** Rules that do not refuse in this run, with the reasons. */
  readonly override?: ReadonlyMap<string, string>;
  /** What a plan is about; `ups` where it is left out. Without it the card's own firmware is left alone. */
  readonly component?: PlanComponent;
  /** Judge with what was published by this day. */
  readonly asOf?: string | undefined;
  /** Units whose output the tool may switch off, beside those of the inventory: the chosen ones, or these keys. */
  readonly outputOff?: 'chosen' | ReadonlySet<string>;
  /** Whether an update runs at a unit is asked too, which takes its login where that is there. */
  readonly update?: boolean;
  /** Further keys to have among the targets, chosen by no option. */
  readonly keys?: readonly string[];
}

/** Reads inventory, rules, images and secrets. Throws a Problem of `config/` before anything is touched. */
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
    throw new Problem('config/images', 'No images folder is named.', {
      hint: 'Name it in the inventory (images: ./images) or with --images.',
    });
  }
  const component = needs.component ?? 'ups';
  const { images, cardFiles } =
    imagesFolder === null ? NO_FILES : await readImages(imagesFolder, needs, args, io);
  // What a card runs is asked of its command line too, where a plan is about the card.
  const about = { card: component !== 'ups', loginIfThere: needs.update === true };

  const secrets = createSecretResolver({
    environment: io.environment,
    folder: resolve(inventory.file, '..'),
    ask: secretPrompt(io),
  });
  const partners = needs.purpose === 'write' ? partnersOf(inventory, keys) : [];
  const working = new Set([...units, ...partners].map(unitKey));
  const alike = needs.images === 'required' ? sharingUnits(inventory, working) : [];
  await expectSecrets(units, secrets, needs.purpose, about);
  await expectSecrets(partners, secrets, 'read', { card: true });
  await expectSecrets(alike, secrets, 'read');
  const own = await resolveTargets(units, secrets, needs.purpose, about);
  // Whether an update runs at a partner is asked of its command line and its event log too, which take the login.
  const others = await resolveTargets(partners, secrets, 'read', { card: true });
  const missing = [...own.unresolved, ...others.unresolved];
  // Without any credential there is nothing to report.
  const canReport = needs.partly === true && own.targets.length > 0;
  if (missing.length > 0 && !canReport) throw missingSecrets(missing);
  if (missing.length > 0) io.info(`${missingSecrets(missing).message}\nThese units are not asked.\n`);
  const unasked = new Map(own.unresolved.map((one) => [unitKey(one.target), missingSecrets([one])]));
  const found = new Map([...own.targets, ...own.unresolved.map(({ target }) => target)].map(byKey));
  const chosen = units.flatMap((unit): readonly UnitTarget[] => {
    const target = found.get(unitKey(unit));
    if (target === undefined) return [];
    const off = needs.outputOff === 'chosen' || needs.outputOff?.has(unitKey(target)) === true;
    return [off ? { ...target, switchOutput: 'off' } : target];
  });
  const targets = new Map([...chosen, ...others.targets].map(byKey));
  const sharing = await targetsOf(alike, secrets);
  return {
    inventory,
    book,
    imagesFolder,
    images,
    cardFiles,
    component,
    chosen,
    unasked,
    targets,
    sharing,
  };
}

/** The entries beside those that are worked on which share a load. */
function sharingUnits(inventory: Inventory, working: ReadonlySet<string>): readonly InventoryUnit[] {
  const partners = findPartners(inventory);
  return inventory.units.filter((unit) => {
    const key = unitKey(unit);
    return !working.has(key) && (partners.get(key) ?? []).length > 0;
  });
}

/** A unit without a credential cannot be looked at, and is left out. Throws what is no missing secret, such as Ctrl-C. */
async function targetsOf(
  units: readonly InventoryUnit[],
  secrets: SecretResolver,
): Promise<readonly UnitTarget[]> {
  return (await resolveTargets(units, secrets, 'read')).targets;
}

/** The fleet of a run: its units, with the inventory, images and rules that it was begun with. */
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
        ? `${problem.message} Units that still need their image cannot be begun.\n`
        : `${problem.message} The audit goes on without images; a plan needs them.\n  ${problem.hint}\n`,
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
    throw new Problem('config/selection', 'The inventory names no unit yet.', {
      hint: 'Write units into it, or have them found: upsfw discover RANGE --write INVENTORY.',
    });
  }
  const unknown = args.site.filter((name) => !inventory.sites.some((site) => site.name === name));
  const matches = (unit: InventoryUnit, word: string): boolean =>
    unit.name === word ||
    unitKey(unit) === word ||
    (unit.host !== null && sameHost(unit.host, word)) ||
    (unit.serial !== null && usableSerial(unit.serial) === word.toUpperCase());
  const lost = args.unit.filter((word) => !inventory.units.some((unit) => matches(unit, word)));
  const units = inventory.units.filter(
    (unit) =>
      (args.site.length === 0 || args.site.includes(unit.site)) &&
      (args.unit.length === 0 || args.unit.some((word) => matches(unit, word))),
  );
  if (unknown.length > 0 || lost.length > 0 || units.length === 0) {
    const said = [...unknown.map((name) => `site "${name}"`), ...lost.map((word) => `unit "${word}"`)];
    throw new Problem(
      'config/selection',
      said.length > 0
        ? `The inventory has no ${said.join(', ')}.`
        : 'No unit matches both --site and --unit.',
      { hint: `Sites: ${inventory.sites.map((site) => site.name).join(', ')}.` },
    );
  }
  return units;
}

function byKeys(inventory: Inventory, keys: readonly string[]): readonly InventoryUnit[] {
  return inventory.units.filter((unit) => keys.includes(unitKey(unit)));
}
