import { type Card, type FirmwareReading, firmwareForm, joinList, sanitize } from '../../core/index.ts';
import {
  nameIn,
  productOfApplication,
  productOfCardModel,
  productOfModel,
  productOfSku,
  SHARED_APPLICATIONS,
} from './names.ts';
import {
  APC_DEVICE,
  APC_PRODUCTS,
  APC_TREE,
  BARE_CARD,
  OTHER_DEVICE,
  OTHER_UPS,
  type Product,
  SMART_UPS,
  TREES,
} from './products.ts';

/** What a device says about itself, over any protocol. Text as received; null: not reported. */
export interface Reported {
  readonly objectId: string | null;
  /** The application of an APC card. `none`: the card is known to have none. Null: not reported. */
  readonly application: { readonly name: string } | 'none' | null;
  /** The platform of the firmware files of an APC card, which no other device names. */
  readonly platform: string | null;
  readonly cardModel: string | null;
  readonly model: string | null;
  readonly sku: string | null;
  readonly firmware: FirmwareReading;
}

/** One sign, and the product that it is a sign of. */
export interface Sign {
  readonly name:
    | 'sysObjectID'
    | 'application'
    | 'card model'
    | 'model'
    | 'SKU'
    | 'firmware'
    | 'Micro-Link ID';
  readonly value: string;
  readonly product: Product;
  readonly weight: number;
}

export interface Identification {
  readonly product: Product;
  /** The signs that agree with the product. */
  readonly signs: readonly Sign[];
  /** The signs of another family. */
  readonly against: readonly Sign[];
  /** It is a Smart-UPS, or a sign of one contradicts the product. */
  readonly maybeSmartUps: boolean;
}

/**
 * The weight of each sign. The object ID of an APC card may be wrong, so the application, or the model, is
 * worth more. A tree of another maker is worth more than either: some devices mirror the UPS objects of an
 * APC card. It is worth less where the card names an APC platform, which no mirror does.
 * Source: docs/sources/snmp.md#signs-of-a-device
 */
const WEIGHT = {
  otherMaker: 5,
  apcProduct: 2,
  bareTree: 1,
  agent: 1,
  application: 3,
  noApplication: 2,
  cardModel: 2,
  model: 3,
  unlistedModel: 1,
  sku: 2,
  firmware: 2,
  microLinkId: 1,
} as const;

/**
 * Model, SKU and firmware come from the same objects, which others mirror. For a Smart-UPS they are together
 * worth little more than one.
 */
const MAX_UPS_WEIGHT = 4;

const ENTERPRISES = '1.3.6.1.4.1';
const UPS_SIGNS: readonly Sign['name'][] = ['model', 'SKU', 'firmware', 'Micro-Link ID'];

/**
 * Identifies a device by several signs, none of which decides alone against all others. Some cards have a
 * wrong object ID, one card model is in a UPS and in a cooling unit, and trees mirror the layout of PowerNet.
 * Pure; never throws.
 */
export function identify(reported: Reported): Identification {
  const signs = [...cardSigns(reported), ...upsSigns(reported)];
  const product = strongest(signs) ?? fallback(reported);
  const agrees = (sign: Sign): boolean =>
    sign.product.family === product.family || isCompatible(sign, product);
  // The bare tree of APC is the weakest sign, and contradicts none.
  const against = signs.filter((sign) => !agrees(sign) && sign.value !== APC_TREE);
  return {
    product: named(product, signs),
    signs: signs.filter(agrees),
    against,
    maybeSmartUps: product.kind === 'smart-ups' || against.some((sign) => sign.product.kind === 'smart-ups'),
  };
}

/** The application of a card. A card that reports its operating system and no application has none. */
export function applicationIn(card: Card | null): Reported['application'] {
  if (card === null) return null;
  if (card.app === null) return card.os === null ? null : 'none';
  return card.app.name === null ? null : { name: card.app.name };
}

/**
 * `it counts as APC Smart-UPS by its model (Smart-UPS 1500), against its sysObjectID
 * (1.3.6.1.4.1.318.1.3.4.6, APC rack PDU)`; null without a contradiction.
 */
export function describeContradiction({ product, signs, against }: Identification): string | null {
  if (against.length === 0) return null;
  const text = ({ name, value }: Sign): string => `${name} (${sanitize(value, 60)})`;
  const other = ({ name, value, product: of }: Sign): string =>
    `${name} (${sanitize(value, 60)}, ${of.name})`;
  return `it counts as ${product.name} by its ${joinList(signs.map(text))}, against its ${joinList(against.map(other))}`;
}

function cardSigns({ objectId, application, cardModel, platform }: Reported): readonly Sign[] {
  const signs: Sign[] = [];
  const add = (name: Sign['name'], value: string, product: Product | null, weight: number): void => {
    if (product !== null) signs.push({ name, value, product, weight });
  };
  if (objectId !== null) {
    const [product, weight] = productOfObjectId(objectId, platform);
    add('sysObjectID', objectId, product, weight);
  }
  if (application === 'none') add('application', 'none', BARE_CARD, WEIGHT.noApplication);
  else if (application !== null)
    add('application', application.name, productOfApplication(application.name), WEIGHT.application);
  if (cardModel !== null) add('card model', cardModel, productOfCardModel(cardModel), WEIGHT.cardModel);
  return signs;
}

function productOfObjectId(oid: string, platform: string | null): readonly [Product | null, number] {
  if (within(oid, APC_TREE)) {
    if (oid === APC_TREE) return [BARE_CARD, WEIGHT.bareTree];
    const number = oneBelow(oid, `${APC_TREE}.1.3`) ?? '';
    const product = Object.hasOwn(APC_PRODUCTS, number) ? (APC_PRODUCTS[number] ?? null) : inTree(oid);
    // A program on a computer reports the UPS of that computer.
    return [product, product?.family === 'powerchute' ? WEIGHT.agent : WEIGHT.apcProduct];
  }
  // An ID that belongs to nobody, such as 0.0, is no sign.
  const maker = inTree(oid) ?? (oneBelow(oid, ENTERPRISES) === null ? null : OTHER_DEVICE);
  return [maker, platform === null ? WEIGHT.otherMaker : WEIGHT.apcProduct];
}

function inTree(oid: string): Product | null {
  return TREES.find(([tree]) => within(oid, tree))?.[1] ?? null;
}

function upsSigns({ model, sku, firmware }: Reported): readonly Sign[] {
  const signs: Sign[] = [];
  const name = nameIn(model);
  // Only a UPS has the model object of a UPS. A name that is in no list says no more: new models appear.
  const byModel = productOfModel(name);
  if (name !== null)
    signs.push({
      name: 'model',
      value: name,
      product: byModel ?? OTHER_UPS,
      weight: byModel === null ? WEIGHT.unlistedModel : WEIGHT.model,
    });
  const bySku = productOfSku(sku);
  if (bySku !== null) signs.push({ name: 'SKU', value: sku ?? '', product: bySku, weight: WEIGHT.sku });
  const { raw, microLinkId } = firmware;
  // Units of all families of their time have the other forms.
  if (firmwareForm(firmware) === 'micro-link')
    signs.push({ name: 'firmware', value: raw ?? '', product: SMART_UPS, weight: WEIGHT.firmware });
  if (microLinkId !== null)
    signs.push({
      name: 'Micro-Link ID',
      value: String(microLinkId),
      product: SMART_UPS,
      weight: WEIGHT.microLinkId,
    });
  return signs;
}

/**
 * Whether a sign of one family fits another too: `sumx` serves several families of UPS units, and a program
 * reports the UPS of its computer.
 */
function isCompatible({ name, value, product }: Sign, other: Product): boolean {
  if (other.kind !== 'ups' && other.kind !== 'smart-ups') return false;
  return product.family === 'powerchute' || (name === 'application' && SHARED_APPLICATIONS.has(value));
}

/** The product of the family with the most weight, at equal weights not a Smart-UPS; null without a sign. */
function strongest(signs: readonly Sign[]): Product | null {
  const families = new Map(signs.map(({ product }) => [product.family, product]));
  const ranked = [...families.values()]
    .map((product) => ({ product, weight: weightOf(product, signs) }))
    .sort((a, b) => b.weight - a.weight || rank(a.product) - rank(b.product));
  return ranked[0]?.product ?? null;
}

function rank({ kind }: Product): number {
  return kind === 'smart-ups' ? 2 : kind === 'card' ? 1 : 0;
}

function weightOf(product: Product, signs: readonly Sign[]): number {
  const own = signs.filter((sign) => sign.product.family === product.family || isCompatible(sign, product));
  const sum = (all: readonly Sign[]): number => all.reduce((total, { weight }) => total + weight, 0);
  if (product.kind !== 'smart-ups') return sum(own);
  const isOfUps = ({ name }: Sign): boolean => UPS_SIGNS.includes(name);
  const ofUps = Math.min(sum(own.filter(isOfUps)), MAX_UPS_WEIGHT);
  return ofUps + sum(own.filter((sign) => !isOfUps(sign)));
}

/** The most telling name of a family: the model names the product, the object ID its group. */
function named(product: Product, signs: readonly Sign[]): Product {
  const own = signs.filter((sign) => sign.product.family === product.family);
  const longest = own.reduce(
    (best, sign) => (sign.product.name.length > best.length ? sign.product.name : best),
    '',
  );
  return longest === '' ? product : { ...product, name: longest };
}

/** The product of a device without any sign. */
function fallback({ objectId, application }: Reported): Product {
  const name = application !== null && application !== 'none' ? nameIn(application.name) : null;
  if (name !== null)
    return { ...APC_DEVICE, name: `APC card with an unknown application ${sanitize(name, 40)}` };
  return objectId !== null && within(objectId, APC_TREE) ? APC_DEVICE : OTHER_DEVICE;
}

function within(oid: string, tree: string): boolean {
  return oid === tree || oid.startsWith(`${tree}.`);
}

/** The number after a tree in an object ID. */
function oneBelow(oid: string, tree: string): string | null {
  return oid.startsWith(`${tree}.`) ? (oid.slice(tree.length + 1).split('.')[0] ?? null) : null;
}
