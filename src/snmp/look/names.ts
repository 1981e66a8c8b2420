import {
  BACK_UPS,
  COOLING,
  DISTRIBUTION,
  EASY_UPS,
  EASY_UPS_3_PHASE,
  GALAXY,
  MASTER_SWITCH,
  MATRIX_UPS,
  MONITOR,
  NETBOTZ,
  type Product,
  RACK_PDU,
  SILCON,
  SMART_UPS,
  SYMMETRA,
  TRANSFER_SWITCH,
} from './products.ts';

/**
 * Names that show the family of a device: applications, models, SKUs and models of cards. The first match of
 * a list counts.
 */
type Names = readonly (readonly [RegExp, Product])[];

/**
 * Applications of APC cards by their names in file names. `sumx` and `su` serve a Smart-UPS first of all;
 * see {@link SHARED_APPLICATIONS}.
 * Source: docs/sources/snmp.md#names-of-applications
 */
const APPLICATIONS: Names = [
  [/^(?:sumx|su)$/, SMART_UPS],
  [/^sy(?:mmetra)?$/, SYMMETRA],
  [/^eu3p/, EASY_UPS_3_PHASE],
  [/^eu/, EASY_UPS],
  [/^gal/, GALAXY],
  [/^x?pdu/, DISTRIBUTION],
  [/^rpdu/, RACK_PDU],
  [/^ms\d*$/, MASTER_SWITCH],
  [/^ats/, TRANSFER_SWITCH],
  [/^nb/, NETBOTZ],
  [/^mem$/, MONITOR],
  [/^(?:nairfm|acr[cdp]|acsc|rd\d|unfl)/, COOLING],
];

/** Applications that were seen in front of UPS units of other APC families too. */
export const SHARED_APPLICATIONS: ReadonlySet<string> = new Set(['sumx', 'su']);

/** In place of an application: names of other modules, and the text for a module that cannot be read. */
const NO_APPLICATION = /^(?:bootmon|boot|aos|none)$|invalid module header/i;

/** Models as a UPS reports them; in capitals on old units. Source: docs/sources/snmp.md#product-tree */
const MODELS: Names = [
  [/^(?:apc |schneider )?smart[-_ ]?ups(?![a-z0-9])/, SMART_UPS],
  [/^(?:apc )?symmetra\b/, SYMMETRA],
  [/^(?:apc )?easy ?ups\b.*(?:\b3 ?-?phase|\b3[sml]\b)/, EASY_UPS_3_PHASE],
  [/^(?:apc )?easy ?ups\b/, EASY_UPS],
  [/^(?:apc )?back-?ups\b/, BACK_UPS],
  [/^(?:apc )?matrix-?ups\b/, MATRIX_UPS],
  [/^(?:apc )?silcon\b/, SILCON],
  [/^(?:apc |mge |schneider )?galaxy\b/, GALAXY],
  [/^(?:apc )?inrow\b/, COOLING],
  [/^ap44\d\d/, TRANSFER_SWITCH],
  [/^ap(?:78|79|8[4-9])\d\d|^apdu\d/, RACK_PDU],
];

/** SKUs by their letters. The longer of two beginnings comes first. */
const SKUS: Names = [
  [/^(?:smv|srv|srvs|srvpm|bv)\d/, EASY_UPS],
  [/^(?:e3s|e3m|e3l)/, EASY_UPS_3_PHASE],
  [/^(?:gvs|gvl|gvm|gvx)/, GALAXY],
  [/^(?:sya|syaf|sycf|sy|sypx)\d/, SYMMETRA],
  [/^(?:br|bx|be|bk|bn)\d/, BACK_UPS],
  [/^(?:smtl|smt|smx|smc|srtl|srt|scl|srce?|csh|xu|xp|surtd|surt|suvt|sua|sum|su|sc)\d/, SMART_UPS],
];

/** Models of cards that serve one family only. Source: docs/sources/snmp.md#names-of-applications */
const CARD_MODELS: Names = [
  [/^ap954[47]\b/, EASY_UPS],
  [/^ap44\d\d/, TRANSFER_SWITCH],
  [/^ap(?:78|79|8[4-9])\d\d|^apdu\d/, RACK_PDU],
];

/** Texts that agents send in place of a name, without case and punctuation. */
const PLACEHOLDERS: ReadonlySet<string> = new Set(['NA', 'NONE', 'NULL', 'NIL', 'UPSIDEN', 'TBD']);

/** Begins of such texts with more words behind them: `Unknown UPS`, `No communication`. */
const PLACEHOLDER_BEGIN =
  /^(?:UNKNOWN|UNDEFINED|UNAVAILABLE|UNSPECIFIED|UNIDENTIFIED|NO(?:UPS|COMM|DATA|MODEL|NAME|DEVICE)|NOT(?:AVAIL|FOUND|PRESENT|SUPPORT|DETECT|CONNECT|SPECIF|SET|KNOWN|APPLIC)|COMM(?:UNICATIONS?)?LOST|LOSTCOMM)/;

/** Names are short; a longer text is cut before it is compared. */
const MAX_NAME = 100;

/** The name in a text; null if it is empty, a placeholder, or one repeated character. */
export function nameIn(text: string | null): string | null {
  const name = (text ?? '').slice(0, MAX_NAME).trim();
  const plain = name.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const isNone = /^(.)\1*$/.test(plain) || PLACEHOLDERS.has(plain) || PLACEHOLDER_BEGIN.test(plain);
  return plain === '' || isNone ? null : name;
}

function find(names: Names, text: string | null): Product | null {
  const name = nameIn(text)?.toLowerCase().replace(/\s+/g, ' ');
  return name === undefined ? null : (names.find(([pattern]) => pattern.test(name))?.[1] ?? null);
}

/** The product of an application such as `sumx` or `rpdu2g`; null for an unknown one. */
export function productOfApplication(name: string | null): Product | null {
  return find(APPLICATIONS, name);
}

/** Whether a text in place of an application shows that there is none. */
export function showsNoApplication(text: string): boolean {
  return NO_APPLICATION.test(text.slice(0, MAX_NAME).trim());
}

/** The product of a model that a UPS reports. Units that report their SKU as the model are included. */
export function productOfModel(model: string | null): Product | null {
  return find(MODELS, model) ?? productOfSku(model);
}

export function productOfSku(sku: string | null): Product | null {
  return find(SKUS, sku);
}

export function productOfCardModel(model: string | null): Product | null {
  return find(CARD_MODELS, model);
}
