import { type Card, sanitize, usableSerial } from '../../core/index.ts';
import { OID } from '../client/oids.ts';
import { oidOf, type SnmpAnswers, textOf } from '../client/values.ts';
import { nameIn } from './names.ts';
import { OTHER_UPS, type Product } from './products.ts';

/** Read from every device that is not a Smart-UPS, to identify and to describe it. */
export const NAMING_OIDS: readonly string[] = [
  OID.sku,
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
 * One line about a device that is not a Smart-UPS: what it is, its model, the firmware of its card, its
 * serial number and its name, as far as it reports them. Fit for printing.
 */
export function describe(product: Product, answers: SnmpAnswers, card: Card | null): string {
  const text = (oid: string): string => sanitize(textOf(answers, oid) ?? '', 80);
  const model = modelOf(answers, card);
  const serial = [text(OID.serial), text(OID.hostSerial), card?.serial ?? ''].find(
    (one) => usableSerial(one) !== null,
  );
  const parts = [
    model === '' ? product.name : `${product.name} ${withoutRepeat(model, product.name)}`.trimEnd(),
  ];
  if (card?.app?.name) parts.push(`${card.app.name} ${card.app.version ?? ''}`.trimEnd());
  if (serial !== undefined) parts.push(`serial ${serial}`);
  if (product.kind === 'other' && model === '')
    parts.push(sanitize(oidOf(answers, OID.sysObjectId) ?? '', 60));
  // The description of a card repeats the parts above.
  const description = text(OID.sysDescr);
  if (description !== '' && card === null && description !== model) parts.push(`"${description}"`);
  const name = text(OID.sysName);
  if (name !== '') parts.push(`named ${name}`);
  return sanitize(parts.filter((part) => part !== '').join(', '), 200);
}

/** The model of the device, of its card, or in the objects of RFC 1628; empty if none reports one. */
function modelOf(answers: SnmpAnswers, card: Card | null): string {
  const name = (text: string | null): string => sanitize(nameIn(text) ?? '', 80);
  const [model, hostModel, standardModel] = [OID.model, OID.hostModel, OID.standardModel].map((oid) =>
    name(textOf(answers, oid)),
  );
  const standard = [sanitize(textOf(answers, OID.standardMaker) ?? '', 80), standardModel].join(' ').trim();
  return model || hostModel || card?.model || standard;
}

/** `APC Symmetra` and `Symmetra LX 16000` give `APC Symmetra LX 16000`. */
function withoutRepeat(model: string, what: string): string {
  if (what === OTHER_UPS.name) return `(${model})`;
  const words = what.split(' ');
  for (const at of words.keys()) {
    const end = words.slice(at).join(' ').toLowerCase();
    if (model.toLowerCase() === end) return '';
    if (model.toLowerCase().startsWith(`${end} `)) return model.slice(end.length + 1);
  }
  return model;
}
