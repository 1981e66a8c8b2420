import { CARD_PARTS, FIRMWARE_FORMS, TRANSPORTS } from '../../core/index.ts';

/** What the values of a fact look like; a list is a closed set of words, `id` the digits of a Micro-Link id as text. */
type Shape = readonly string[] | 'text' | 'capitals' | 'id' | 'version' | 'number' | 'switch';

const ORDER = ['newer', 'same', 'older'] as const;

/**
 * Every fact that a rule may ask for. A condition on a fact that does not exist, or on a value that it can never have, would
 * let through what its author meant to stop; the schema of the rules refuses both.
 */
const FACTS: Readonly<Record<string, Shape>> = {
  transport: TRANSPORTS,
  'unit.model': 'text',
  'unit.modelForm': ['sku', 'marketing', 'other'],
  'unit.sku': 'capitals',
  'unit.name': 'text',
  'unit.family': 'capitals',
  'unit.firmwareForm': FIRMWARE_FORMS,
  'unit.firmwareRaw': 'text',
  'unit.version': 'version',
  'unit.microLinkId': 'id',
  'unit.printedId': 'number',
  'unit.serial': 'text',
  'unit.serialUsable': 'switch',
  'unit.dateCode': 'number',
  'unit.ratedVA': 'number',
  'unit.modelVA': 'number',
  'unit.someVA': 'number',
  'unit.runsSigned': 'switch',
  'line.known': 'switch',
  'line.description': 'text',
  'line.families': 'text',
  'line.family': 'capitals',
  'line.familyFits': 'switch',
  'line.newest': 'version',
  'line.newestImage': 'text',
  'line.source': 'text',
  'line.changesIdIn': 'version',
  'line.changesIdTo': 'number',
  'line.idIsPast': 'switch',
  'port.open': 'switch',
  'port.detail': 'text',
  'port.note': 'text',
  'usbDrive.open': 'switch',
  'usbDrive.from': 'version',
  'usbDrive.detail': 'text',
  'site.unit': 'text',
  'site.hops': 'number',
  'site.image': 'text',
  'site.images': 'text',
  'site.imagesInFolder': 'switch',
  'site.target': 'version',
  'site.idAfter': 'number',
  'site.changesId': 'switch',
  'advice.wizard': 'text',
  'advice.image': 'text',
  'advice.target': 'version',
  'advice.order': ORDER,
  'advice.source': 'text',
  'image.file': 'text',
  'image.microLinkId': 'id',
  'image.fits': 'switch',
  'image.intact': 'switch',
  'image.problems': 'text',
  'image.version': 'version',
  'image.order': ORDER,
  'image.signed': 'switch',
  'image.sha256': 'text',
  'image.hashKnown': 'switch',
  'image.unknownRefused': 'switch',
  'image.partsKnown': 'switch',
  'image.parts': 'text',
  'image.hasLoader': 'switch',
  'loader.olderKnown': 'switch',
  'loader.needed': 'switch',
  'loader.floor': 'version',
  'loader.bringer': 'version',
  'loader.bringerParts': 'text',
  'loader.isEnough': 'switch',
  'loader.isReported': 'switch',
  'loader.reportedBy': 'text',
  'catalogue.newest': 'version',
  'catalogue.newestIsNewerThanImages': 'switch',
  'hop.isFirst': 'switch',
  'hop.outputOn': ['yes', 'no', 'unknown'],
  'hop.outputDetail': 'text',
  'operator.output': ['off', 'as-it-is'],
  'operator.feeds': 'text',
  'hop.twoStep': 'switch',
  'hop.closesCardGate': 'switch',
  'hop.afterBecause': 'text',
  'card.isThere': 'switch',
  'card.model': 'text',
  'card.generation': ['nmc1', 'nmc2', 'nmc3'],
  'card.app': 'text',
  'card.appMinima': 'text',
  'card.appMinimum': 'text',
  'card.appIsEnough': 'switch',
  'card.gate': ['open', 'shut', 'never'],
  'card.gateBecause': 'text',
  'card.gateRemedy': 'text',
  'method.reported': 'switch',
  'method.reportDetail': 'text',
  'service.telnet': 'switch',
  'service.telnetDetail': 'text',
  'service.ftp': 'switch',
  'service.ftpDetail': 'text',
  'service.ftpTls': 'switch',
  'service.http': 'switch',
  'service.httpDetail': 'text',
  'service.httpRedirects': 'switch',
  'service.https': 'switch',
  'service.ssh': 'switch',
  'service.sshKex': 'text',
  'service.sshCiphers': 'text',
  'service.sshMacs': 'text',
  'service.sshHostKeys': 'text',
  'service.sshKeyType': 'text',
  'service.sshKeyBits': 'number',
  'service.snmpV1': 'switch',
  'service.snmpV3': 'switch',
  'service.certificateDetail': 'text',
  'service.certificateChanged': 'switch',
  'service.certificateValid': 'switch',
  'service.certificateKeyBits': 'number',
  'service.certificateHash': 'text',
  'condition.onLine': 'switch',
  'condition.outputOn': 'switch',
  'condition.batteryPercent': 'number',
  'condition.calibrating': 'switch',
  'condition.selfTest': 'switch',
  'condition.alarmCount': 'number',
  'condition.alarms': 'text',
  'condition.linkUp': 'switch',
  'card.platform': 'text',
  'card.serial': 'text',
  'card.serialUsable': 'switch',
  'card.boot': 'text',
  'card.appName': 'text',
  'file.name': 'text',
  'file.part': CARD_PARTS,
  'file.platform': 'text',
  'file.app': 'text',
  'file.version': 'text',
  'file.major': 'number',
  'file.installed': 'text',
  'file.installedMajor': 'number',
  'file.order': ORDER,
  'file.intact': 'switch',
  'file.sha256': 'text',
  'file.hashTrusted': 'switch',
  'file.unknownRefused': 'switch',
  'file.problems': 'text',
  'file.fitsPlatform': 'switch',
  'file.fitsApp': 'switch',
  'file.completes': 'switch',
  'set.isWhole': 'switch',
  'set.os': 'text',
  'set.app': 'text',
  'set.hasBoot': 'switch',
  'recovery.banner': 'text',
  'recovery.bannerKnown': 'switch',
};

export function isFact(name: string): boolean {
  return Object.hasOwn(FACTS, name);
}

const PATTERNS = {
  capitals: [/^[A-Z0-9-]+$/, 'text in capitals'],
  id: [/^\d{1,5}$/, 'the digits of an id as text, such as "18"'],
  version: [/^[a-z]?\d\d\.\d$/, 'a version such as "08.0"'],
} as const;

/** What a value should be that this fact can have; null where it can. */
export function expectedShape(name: string, value: string | number | boolean): string | null {
  const shape = Object.hasOwn(FACTS, name) ? FACTS[name] : undefined;
  if (shape === undefined) return null;
  if (shape === 'number' || shape === 'switch') {
    const type = shape === 'number' ? 'number' : 'boolean';
    return typeof value === type ? null : shape === 'number' ? 'a number' : 'true or false';
  }
  if (typeof value !== 'string') return shape === 'id' ? PATTERNS.id[1] : 'text';
  if (typeof shape === 'object') return shape.includes(value) ? null : `one of ${shape.join(', ')}`;
  if (shape === 'text') return null;
  const [pattern, words] = PATTERNS[shape];
  return pattern.test(value) ? null : words;
}

/** Whether values of a fact can be ordered, so that `below` and its sisters can ever hold. */
export function hasOrder(name: string): boolean {
  return FACTS[name] === 'number' || FACTS[name] === 'version';
}
