import { stringify } from 'yaml';
import { ACCESS } from './access.ts';
import type { RunningLocalUnit } from './local/start.ts';
import type { RunningUnit } from './running-unit.ts';

/**
 * An inventory file for running units, with cards and at ports; its secrets are references to the fleet's
 * environment.
 */
export function inventoryText(
  running: readonly RunningUnit[],
  images: string,
  local: readonly RunningLocalUnit[] = [],
): string {
  const common = commonSettings(running);
  const sites = [...new Set([...running, ...local].map(({ unit }) => unit.site))].map((site) => ({
    name: site,
    units: [
      ...running.filter(({ unit }) => unit.site === site).map((one) => inventoryUnit(one, common)),
      ...local.filter(({ unit }) => unit.site === site).map(localUnit),
    ],
  }));
  const document = {
    version: 1,
    images,
    defaults: {
      snmp: { version: '2c', community: 'env:UPSFW_SIM_READ' },
      write: { version: '2c', community: 'env:UPSFW_SIM_WRITE' },
      login: { user: ACCESS.user, password: 'env:UPSFW_SIM_PASSWORD' },
      ...common,
    },
    sites,
  };
  return `# A simulated fleet on this machine. Made by upsfw; nothing in it is real.\n${stringify(document, { aliasDuplicateObjects: false })}`;
}

/** Settings that most units share go into the defaults, so that an inventory of thousands loads fast. */
function commonSettings(running: readonly RunningUnit[]): Record<string, unknown> {
  const all = running.map(settingsOf);
  return Object.fromEntries(
    SHARED.flatMap((key) => {
      const value = mostUsed(all.map((settings) => settings[key]));
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

const SHARED = ['ports', 'transfer', 'start', 'plaintext'] as const;

function mostUsed(values: readonly unknown[]): unknown {
  const uses = new Map<string, { readonly value: unknown; count: number }>();
  for (const value of values) {
    const key = JSON.stringify(value);
    const known = uses.get(key);
    if (known === undefined) uses.set(key, { value, count: 1 });
    else known.count += 1;
  }
  const [most] = [...uses.values()].sort((a, b) => b.count - a.count);
  return most !== undefined && most.count > 1 ? most.value : undefined;
}

function settingsOf({ device, ports }: RunningUnit): Record<string, unknown> {
  const { transfer, start, plaintext } = device.persona.inventory;
  const used = Object.fromEntries(Object.entries(ports).filter(([, port]) => port !== null));
  return canBeUpgraded(ports) ? { ports: used, transfer, start, plaintext } : { ports: used };
}

/** A unit that has only SNMP cannot be upgraded. */
function canBeUpgraded({ ssh, ftp }: RunningUnit['ports']): boolean {
  return ssh !== null || ftp !== null;
}

function inventoryUnit(one: RunningUnit, common: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { unit, device, address } = one;
  const own = Object.entries(settingsOf(one)).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(common[key]),
  );
  return {
    name: unit.name,
    host: address,
    ...(unit.feeds === undefined ? {} : { feeds: unit.feeds }),
    ...credentials(one),
    ...Object.fromEntries(own),
    ...(device.persona.inventory.legacySsh ? { ssh: { legacy: true } } : {}),
  };
}

function localUnit({ unit, device, port }: RunningLocalUnit): Record<string, unknown> {
  return device.persona.port === 'usb'
    ? { name: unit.name, usb: device.serial }
    : { name: unit.name, serialPort: port };
}

const V3_USER = {
  version: '3',
  user: ACCESS.v3User,
  auth: 'sha',
  authKey: 'env:UPSFW_SIM_AUTH',
  priv: 'aes',
  privKey: 'env:UPSFW_SIM_PRIV',
};

/** Credentials by SNMP version; the defaults hold the rest. */
const CREDENTIALS = {
  v2c: {},
  v1: {
    snmp: { version: '1', community: 'env:UPSFW_SIM_READ' },
    write: { version: '1', community: 'env:UPSFW_SIM_WRITE' },
  },
  v3: { snmp: V3_USER, write: V3_USER },
} as const;

function credentials({ device, ports }: RunningUnit): Record<string, unknown> {
  const all: Record<string, unknown> = CREDENTIALS[device.persona.snmp];
  const { snmp } = all;
  if (canBeUpgraded(ports)) return all;
  return snmp === undefined ? {} : { snmp };
}
