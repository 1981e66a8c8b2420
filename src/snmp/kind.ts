import type { Card } from '../core/index.ts';
import { OID } from './oids.ts';
import {
  APC_PRODUCTS,
  APC_TREE,
  APPLICATIONS,
  BARE_CARD,
  type Product,
  SMART_UPS_MEMBERS,
  TREES,
} from './products.ts';
import { oidOf, type SnmpAnswers, textOf } from './values.ts';

/** A Smart-UPS calls itself so, in capitals on old units. */
const SMART_UPS = /^smart-ups\b/i;

/**
 * Tells what answered, by several objects together: cards with a wrong sysObjectID, one card model in a UPS and in a cooling
 * unit, and trees that mirror PowerNet's layout all exist.
 */
export function productOf(answers: SnmpAnswers, card: Card | null): Product {
  const model = textOf(answers, OID.model)?.trim() ?? '';
  const objectId = oidOf(answers, OID.sysObjectId);
  const isApc = objectId === null || within(objectId, APC_TREE);
  const said = objectId === null ? null : oneBelow(objectId, `${APC_TREE}.1.3`);
  // The object id alone is no evidence, but it will do beside the name where the firmware is not told.
  const known = textOf(answers, OID.firmware) !== null || SMART_UPS_MEMBERS.has(said ?? '');
  if (isApc && SMART_UPS.test(model) && known) return { kind: 'smart-ups', what: 'APC Smart-UPS' };
  for (const [tree, product] of TREES) {
    if (objectId !== null && within(objectId, tree)) return product;
  }
  const byApplication = APPLICATIONS[card?.app?.name ?? ''];
  const listed = said === null ? undefined : APC_PRODUCTS[said];
  if (listed !== undefined) return listed;
  if (isApc && byApplication !== undefined) return byApplication;
  if (objectId === APC_TREE) return BARE_CARD;
  // Only a UPS has the object of a UPS's model.
  if (isApc && model !== '') return { kind: 'ups', what: 'UPS' };
  if (objectId !== null && within(objectId, APC_TREE)) return { kind: 'other', what: 'APC device' };
  return { kind: 'other', what: 'device of another kind' };
}

function within(oid: string, tree: string): boolean {
  return oid === tree || oid.startsWith(`${tree}.`);
}

/** The number that follows a tree in an object id. */
function oneBelow(oid: string, tree: string): string | null {
  return within(oid, tree) ? (oid.slice(tree.length + 1).split('.')[0] ?? null) : null;
}
