import { type Card, printable, usableSerial } from '../core/index.ts';
import { OID } from './oids.ts';
import type { Product } from './products.ts';
import { oidOf, type SnmpAnswers, textOf } from './values.ts';

/** What is asked of everything that is no Smart-UPS, to call it by its name. */
export const NAMING_OIDS: readonly string[] = [
  OID.standardMaker,
  OID.standardModel,
  OID.hostModel,
  OID.hostSerial,
  OID.moduleFile1,
  OID.moduleFile2,
  OID.moduleVersion1,
  OID.moduleVersion2,
  OID.moduleVersion3,
];

/**
 * One line about a device that is no Smart-UPS: what it is, its model, what runs on its card, its serial number and its name,
 * each as far as it says so. Fit for printing.
 */
export function describe(product: Product, answers: SnmpAnswers, card: Card | null): string {
  const said = (oid: string): string => printable(textOf(answers, oid) ?? '', 80);
  const maker = said(OID.standardMaker);
  const model =
    said(OID.model) ||
    said(OID.hostModel) ||
    card?.model ||
    [maker, said(OID.standardModel)].join(' ').trim();
  const serial = [said(OID.serial), said(OID.hostSerial), card?.serial ?? ''].find(
    (one) => usableSerial(one) !== null,
  );
  const parts = [
    model === '' ? product.what : `${product.what} ${withoutRepeat(model, product.what)}`.trimEnd(),
  ];
  if (card?.app?.name) parts.push(`${card.app.name} ${card.app.version ?? ''}`.trimEnd());
  if (serial !== undefined) parts.push(`serial ${serial}`);
  if (product.kind === 'other' && model === '')
    parts.push(printable(oidOf(answers, OID.sysObjectId) ?? '', 60));
  // The description of a card holds what was said already.
  const description = said(OID.sysDescr);
  if (description !== '' && card === null && description !== model) parts.push(`"${description}"`);
  const name = said(OID.sysName);
  if (name !== '') parts.push(`named ${name}`);
  return printable(parts.filter((part) => part !== '').join(', '), 200);
}

/** `APC Symmetra` and `Symmetra LX 16000` are said as `APC Symmetra LX 16000`. */
function withoutRepeat(model: string, what: string): string {
  const last = what.split(' ').at(-1) ?? '';
  return model.toLowerCase().startsWith(`${last.toLowerCase()} `) ? model.slice(last.length + 1) : model;
}
