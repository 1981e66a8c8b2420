import type { Recording } from '../core/index.ts';
import type { Anonymiser, IdentifierKind } from './anonymise.ts';

/** Labels of fields with data about the owner. */
const LABELS: readonly (readonly [RegExp, IdentifierKind])[] = [
  [/^(?:serial number|serial|sn)$/i, 'serial'],
  [/^(?:mac address|mac|engine id|engineid)$/i, 'mac'],
  [/^(?:name|host name|hostname|system name|ups name|domain name|domain|fqdn)$/i, 'name'],
  [/^(?:contact|message|system message|e-?mail|from address|to address)$/i, 'contact'],
  [/^(?:location|system location)$/i, 'location'],
  [/^(?:user|user name|username|login|account|profile)$/i, 'user'],
  [/^(?:community|community name|password|passphrase|key|secret)$/i, 'secret'],
  [
    /^(?:ip|ip address|address|gateway|default gateway|dns|dns server|primary dns server|secondary dns server|remote ip)$/i,
    'address',
  ],
];

const FIELD =
  /(?:^|\s{2,}|\t)\s*([A-Za-z][A-Za-z0-9 ()/-]{0,39}?)\s*:\s+(\S.*?)(?=\s{2,}[A-Za-z][A-Za-z ]{0,39}?\s*:|$)/g;
/** `apc          Super User     Enabled`: a row of the account table. */
const ACCOUNT = /^\s*(\S.{0,63}?)(?:\s{2,}|\t).*\b(?:enabled|disabled)\s*$/i;
/** `apc     SSH    10.0.0.1    00:01:02`: a row of the session table. */
const SESSION = /^\s*(\S{1,64})\s+(?:serial|telnet|ssh|web|http|https|ftp|scp|snmp)\b/i;
const MENTION = /\buser\s+['"]([^'"]{1,64})['"]/gi;

/**
 * Registers every identifier of a recording with the anonymiser. This comes before any text of it is
 * rendered.
 */
export function registerIdentifiers(anonymiser: Anonymiser, recording: Recording): void {
  const { unit, objects, commands, services } = recording;
  anonymiser.register('address', unit.host);
  anonymiser.register('name', unit.site);
  anonymiser.register('name', unit.name);
  anonymiser.register('serial', unit.serial);
  anonymiser.register('serial', unit.card?.serial);
  for (const { name, value } of objects ?? []) {
    if (typeof value !== 'string') continue;
    if (name === 'sysName') anonymiser.register('name', value);
    if (name === 'sysContact') anonymiser.register('contact', value);
    if (name === 'serial') anonymiser.register('serial', value);
    if (name === 'sysDescr') anonymiser.register('serial', /\bSN:\s*(\S{4,40})/.exec(value)?.[1]);
  }
  if (services.ftpGreeting !== null) registerLine(anonymiser, narrow(services.ftpGreeting));
  for (const { command, lines } of commands) {
    for (const line of (lines ?? []).map(narrow)) {
      registerLine(anonymiser, line);
      if (command === 'user') anonymiser.register('user', ACCOUNT.exec(line)?.[1]);
      if (command === 'session') anonymiser.register('user', SESSION.exec(line)?.[1]);
      if (command === 'whoami' && !/^E\d{3}:/.test(line)) anonymiser.register('user', line);
    }
  }
}

/** Two spaces mean the same as many, and long runs make the patterns slow. */
function narrow(line: string): string {
  return line.slice(0, 1000).replace(/\t/g, '  ').replace(/ {3,}/g, '  ');
}

function registerLine(anonymiser: Anonymiser, line: string): void {
  for (const [, label = '', value = ''] of line.matchAll(FIELD)) {
    const kind = LABELS.find(([pattern]) => pattern.test(label))?.[1];
    if (kind !== undefined) anonymiser.register(kind, value);
  }
  for (const [, user = ''] of line.matchAll(MENTION)) anonymiser.register('user', user);
}
