import { readHost } from '../../core/index.ts';
import { collectUnits, type Imported, type RawUnit, refuseHuge, unreadable } from './imported.ts';
import { CREDENTIAL, CredentialNames, nutAccess } from './nut-access.ts';
import { type NutSection, readNutConf } from './nut-conf.ts';
import { type NutDriverKind, nutDriverKind } from './nut-drivers.ts';

const HINT = 'Give ups.conf of NUT: sections [name] with lines like port = 10.0.0.1.';

/** Values of `mibs` that fit the card of a Smart-UPS. */
const MIBS: ReadonlySet<string> = new Set(['auto', 'apcc', 'apc', 'ietf']);

/** The settings that an import uses. */
const KEYS: ReadonlySet<string> = new Set([
  'driver',
  'port',
  'porttype',
  'mibs',
  'mode',
  'vendorid',
  ...CREDENTIAL,
]);

/** A value that a note may repeat. */
const HARMLESS = /^'?[a-z0-9_-]{1,32}$/i;

const OTHER_TRANSPORT = /^(?:tcp6?|unix|ssh|tlstcp|dtlsudp):/i;

/** What a local port may be called. */
const LOCAL_PORT = /^(?:auto|\/dev\/.*|com\d+|\\\\\.\\.*)$/i;

/** Hosts that are the computer with this file. */
const THIS_COMPUTER = /^(?:localhost(?:\..*)?|127\.\d+\.\d+\.\d+|::1|)$/i;

/** The USB vendor of APC, as lsusb shows it. */
const APC_VENDOR = '051d';

/** What an import does with a section. */
type Decision =
  | { readonly take: 'snmp' | 'modbus' }
  | { readonly take: 'leave-out' | 'pass-over'; readonly why: string };

/**
 * Imports the units that a ups.conf reaches over the network, without its secrets. A line that NUT skips is a
 * note. Throws Problem config/import for a text that is no ups.conf.
 */
export function importNut(text: string): Imported {
  refuseHuge(text);
  const { sections, odd, moreOdd, firstLine } = readNutConf(text, KEYS);
  if (sections.length === 0 && firstLine !== null)
    throw unreadable(`line ${firstLine}`, 'the file has no section like [name]', HINT);
  const units = collectUnits();
  for (const { line, why } of odd) units.note(`line ${line}`, why);
  if (moreOdd > 0) units.note('lines', `${moreOdd} more lines that NUT does not read as written`);
  const decided = sections.map((section) => ({ section, decision: decide(section) }));
  const names = new CredentialNames(
    decided.flatMap(({ section, decision }) => (decision.take === 'snmp' ? [section] : [])),
  );
  for (const { section, decision } of decided) {
    const place = `[${section.name}] in line ${section.line}`;
    if (decision.take === 'leave-out') units.leaveOut(place, decision.why);
    else if (decision.take === 'pass-over') units.passOver(place, decision.why);
    else {
      const { host, port } = peer(settingOf(section, 'port'));
      const raw: RawUnit = { site: null, name: section.name, serial: null, hosts: [{ text: host }], port };
      if (decision.take === 'modbus') {
        const why =
          'its driver is apc_modbus over TCP: the address of its card is imported, without the Modbus port';
        units.note(place, `${why}; the file has no SNMP credentials for it`);
        units.add(place, { ...raw, port: null });
        continue;
      }
      const { snmp, note } = nutAccess(section, names);
      units.note(place, note);
      units.add(place, { ...raw, snmp });
    }
  }
  return units.end();
}

function settingOf(section: NutSection, key: string): string {
  return section.settings.get(key)?.value?.trim() ?? '';
}

function decide(section: NutSection): Decision {
  const driver = settingOf(section, 'driver');
  const port = settingOf(section, 'port');
  const leaveOut = (why: string): Decision => ({ take: 'leave-out', why });
  const passOver = (why: string): Decision => ({ take: 'pass-over', why });
  if (section.torn !== null) {
    const why = `line ${section.torn} begins with a bracket and is no section for NUT`;
    return leaveOut(
      `${why}, so the settings after it replace those of [${section.name}]: write it as [name]`,
    );
  }
  if (driver === '') return leaveOut('it has no driver');
  const kind: NutDriverKind | null = nutDriverKind(driver);
  const its = `its driver is ${shown(driver)}`;
  if (kind === null) return leaveOut(`${its}, which upsfw does not know from NUT: check what it reaches`);
  if (kind === 'other-network') return passOver(`${its}, which is not for a Smart-UPS`);
  if (kind === 'other-local')
    return passOver(
      `${its}, which is for local units (serial or USB) of other products, not for a Smart-UPS`,
    );
  if (kind === 'program') return throughProgram(driver, port, settingOf(section, 'mode'));
  if (kind === 'snmp') {
    const mibs = settingOf(section, 'mibs') || 'auto';
    if (!MIBS.has(mibs.toLowerCase()))
      return passOver(`its mibs is ${shown(mibs)}, which is not for a Smart-UPS`);
    if (OTHER_TRANSPORT.test(port)) return leaveOut('its port uses another transport than UDP');
    if (LOCAL_PORT.test(port)) return leaveOut('its port is a local port and no address');
    return { take: 'snmp' };
  }
  if (kind === 'modbus' && settingOf(section, 'porttype').toLowerCase() === 'tcp') return { take: 'modbus' };
  const vendor = settingOf(section, 'vendorid').toLowerCase().replace(/^0x/, '');
  if (/^[0-9a-f]{4}$/.test(vendor) && vendor !== APC_VENDOR)
    return passOver(`it is a local unit of another USB vendor (${vendor}), not of APC`);
  return leaveOut(`${its}, so it is a local unit; add it to the inventory with serialPort or usb`);
}

/** A section whose driver asks another program, which has the unit. */
function throughProgram(driver: string, port: string, mode: string): Decision {
  if (driver === 'apcupsd-ups') {
    const host = hostText(peer(port).host ?? '');
    const why = `its driver is apcupsd-ups, which asks the program apcupsd on ${host} and not the unit`;
    return {
      take: 'leave-out',
      why: `${why}: add the unit with its own address, or with serialPort or usb at that computer`,
    };
  }
  if (driver === 'dummy-ups') {
    const at = port.lastIndexOf('@');
    if (at === -1 || mode.startsWith('dummy'))
      return { take: 'pass-over', why: 'its driver is dummy-ups, which reads a file and no unit' };
    const host = hostText(peer(port.slice(at + 1)).host ?? '');
    const why = `its driver is dummy-ups, which repeats a unit of the program upsd on ${host}`;
    return host === HERE
      ? { take: 'pass-over', why }
      : { take: 'leave-out', why: `${why}: import the ups.conf of that computer` };
  }
  if (driver === 'skel') return { take: 'pass-over', why: 'its driver is skel, an example without a unit' };
  return {
    take: 'pass-over',
    why: `its driver is ${driver}, which asks the program of another section of this file and no unit`,
  };
}

const HERE = 'this computer';

function hostText(text: string): string {
  if (THIS_COMPUTER.test(text)) return HERE;
  const read = readHost(text);
  return read.ok ? read.host : 'another computer';
}

function shown(value: string): string {
  return HARMLESS.test(value) ? value : 'another one';
}

/** `host`, `host:port`, `[v6]` or `[v6]:port`, with or without `udp:` before it. */
function peer(text: string): { readonly host: string | null; readonly port: string | null } {
  const address = text.replace(/^udp6?:/i, '');
  const found = /^\[([^\]]*)\](?::(\d+))?$/.exec(address) ?? /^([^:]*):(\d+)$/.exec(address);
  return found === null ? { host: address, port: null } : { host: found[1] ?? null, port: found[2] ?? null };
}
