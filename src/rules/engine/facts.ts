import { CARD_PARTS, FIRMWARE_FORMS, TRANSPORTS } from '../../core/index.ts';

/** The type of a fact: a list is a closed set of values, `id` the digits of a Micro-Link ID as text. */
type Shape =
  | readonly string[]
  | 'text'
  | 'uppercase'
  | 'id'
  | 'version'
  | 'card-version'
  | 'number'
  | 'boolean';

const ORDER = ['newer', 'same', 'older'] as const;

/**
 * Every fact that a rule may use. A condition on a fact or value that cannot exist would allow what its
 * author wanted to block, so the schema of the rules rejects both.
 */
const FACTS: Readonly<Record<string, Shape>> = {
  transport: TRANSPORTS,
  'unit.model': 'text',
  'unit.modelForm': ['sku', 'marketing', 'other'],
  'unit.sku': 'uppercase',
  'unit.name': 'text',
  'unit.family': 'uppercase',
  'unit.firmwareForm': FIRMWARE_FORMS,
  'unit.firmwareRaw': 'text',
  'unit.version': 'version',
  'unit.microLinkId': 'id',
  'unit.printedId': 'number',
  'unit.serial': 'text',
  'unit.serialUsable': 'boolean',
  'unit.dateCode': 'number',
  'unit.ratedVA': 'number',
  'unit.modelVA': 'number',
  'unit.ratedOrModelVA': 'number',
  'unit.runsSigned': 'boolean',
  'line.known': 'boolean',
  'line.description': 'text',
  'line.families': 'text',
  'line.family': 'uppercase',
  'line.familyFits': 'boolean',
  'line.newest': 'version',
  'line.newestImage': 'text',
  'line.source': 'text',
  'line.changesIdIn': 'version',
  'line.changesIdTo': 'number',
  'line.idIsPast': 'boolean',
  'port.open': 'boolean',
  'port.detail': 'text',
  'port.note': 'text',
  'usbDrive.open': 'boolean',
  'usbDrive.from': 'version',
  'usbDrive.detail': 'text',
  'site.unit': 'text',
  'site.hops': 'number',
  'site.image': 'text',
  'site.images': 'text',
  'site.imagesInFolder': 'boolean',
  'site.target': 'version',
  'site.idAfter': 'number',
  'site.changesId': 'boolean',
  'advice.wizard': 'text',
  'advice.image': 'text',
  'advice.target': 'version',
  'advice.order': ORDER,
  'advice.source': 'text',
  'image.file': 'text',
  'image.microLinkId': 'id',
  'image.fits': 'boolean',
  'image.intact': 'boolean',
  'image.problems': 'text',
  'image.version': 'version',
  'image.order': ORDER,
  'image.signed': 'boolean',
  'image.sha256': 'text',
  'image.hashKnown': 'boolean',
  'image.unknownRefused': 'boolean',
  'image.partsKnown': 'boolean',
  'image.parts': 'text',
  'image.hasLoader': 'boolean',
  'loader.olderKnown': 'boolean',
  'loader.needed': 'boolean',
  'loader.floor': 'version',
  'loader.bringer': 'version',
  'loader.bringerParts': 'text',
  'loader.isEnough': 'boolean',
  'loader.isReported': 'boolean',
  'loader.reportedBy': 'text',
  'catalogue.newest': 'version',
  'catalogue.newestIsNewerThanImages': 'boolean',
  'hop.isFirst': 'boolean',
  'hop.outputOn': ['yes', 'no', 'unknown'],
  'hop.outputDetail': 'text',
  'operator.output': ['off', 'as-it-is'],
  'operator.feeds': 'text',
  'hop.twoStep': 'boolean',
  'hop.closesCardGate': 'boolean',
  'hop.afterBecause': 'text',
  'card.isThere': 'boolean',
  'card.model': 'text',
  'card.generation': ['nmc1', 'nmc2', 'nmc3'],
  'card.app': 'text',
  'card.appMinima': 'text',
  'card.appMinimum': 'text',
  'card.appIsEnough': 'boolean',
  'card.gate': ['open', 'closed', 'never'],
  'card.gateBecause': 'text',
  'card.gateRemedy': 'text',
  'method.reported': 'boolean',
  'method.reportDetail': 'text',
  'service.telnet': 'boolean',
  'service.telnetDetail': 'text',
  'service.ftp': 'boolean',
  'service.ftpDetail': 'text',
  'service.ftpTls': 'boolean',
  'service.http': 'boolean',
  'service.httpDetail': 'text',
  'service.httpRedirects': 'boolean',
  'service.https': 'boolean',
  'service.ssh': 'boolean',
  'service.sshKex': 'text',
  'service.sshCiphers': 'text',
  'service.sshMacs': 'text',
  'service.sshHostKeys': 'text',
  'service.sshKeyType': 'text',
  'service.sshKeyBits': 'number',
  'service.snmpV1': 'boolean',
  'service.snmpV3': 'boolean',
  'service.certificateDetail': 'text',
  'service.certificateChanged': 'boolean',
  'service.certificateValid': 'boolean',
  'service.certificateKeyBits': 'number',
  'service.certificateHash': 'text',
  'condition.onLine': 'boolean',
  'condition.outputOn': 'boolean',
  'condition.batteryPercent': 'number',
  'condition.calibrating': 'boolean',
  'condition.selfTest': 'boolean',
  'condition.alarmCount': 'number',
  'condition.alarms': 'text',
  'condition.linkUp': 'boolean',
  'card.platform': 'text',
  'card.serial': 'text',
  'card.serialUsable': 'boolean',
  'card.boot': 'text',
  'card.os': 'card-version',
  'card.uptimeSeconds': 'number',
  'card.uptimeMinutes': 'number',
  'card.appName': 'text',
  'file.name': 'text',
  'file.part': CARD_PARTS,
  'file.platform': 'text',
  'file.app': 'text',
  'file.version': 'text',
  'file.major': 'number',
  'file.installed': 'text',
  'file.installedMajor': 'number',
  'file.majorsAbove': 'number',
  'file.nextMajor': 'number',
  'file.order': ORDER,
  'file.intact': 'boolean',
  'file.sha256': 'text',
  'file.hashTrusted': 'boolean',
  'file.unknownRefused': 'boolean',
  'file.problems': 'text',
  'file.fitsPlatform': 'boolean',
  'file.fitsApp': 'boolean',
  'file.completes': 'boolean',
  'set.isWhole': 'boolean',
  'set.os': 'text',
  'set.app': 'text',
  'set.hasBoot': 'boolean',
  'recovery.banner': 'text',
  'recovery.bannerKnown': 'boolean',
};

export function isFact(name: string): boolean {
  return Object.hasOwn(FACTS, name);
}

const PATTERNS = {
  uppercase: [/^[A-Z0-9-]+$/, 'uppercase text'],
  id: [/^\d{1,5}$/, 'the digits of an ID as text, such as "18"'],
  version: [/^[a-z]?\d\d\.\d$/, 'a version such as "08.0"'],
  'card-version': [/^\d{1,4}(?:\.\d{1,4}){2,4}$/, 'a version of a card such as "2.3.1.1"'],
} as const;

/** The expected type of a value; null if the fact can have this value. */
export function expectedShape(name: string, value: string | number | boolean): string | null {
  const shape = Object.hasOwn(FACTS, name) ? FACTS[name] : undefined;
  if (shape === undefined) return null;
  if (shape === 'number' || shape === 'boolean') {
    if (typeof value === shape) return null;
    return shape === 'number' ? 'a number' : 'true or false';
  }
  if (typeof value !== 'string') return shape === 'id' ? PATTERNS.id[1] : 'text';
  if (typeof shape === 'object') return shape.includes(value) ? null : `one of ${shape.join(', ')}`;
  if (shape === 'text') return null;
  const [pattern, description] = PATTERNS[shape];
  return pattern.test(value) ? null : description;
}

/** Whether `below` and the other bounds can be used on a fact. */
export function hasOrder(name: string): boolean {
  const shape = FACTS[name];
  return shape === 'number' || shape === 'version' || shape === 'card-version';
}
