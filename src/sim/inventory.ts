import { stringify } from 'yaml';
import { ACCESS } from './access.ts';
import type { RunningUnit } from './fleet.ts';

/** An inventory file for running units; its secrets are references to the environment of the fleet. */
export function inventoryText(running: readonly RunningUnit[], images: string): string {
  const sites = [...new Set(running.map(({ unit }) => unit.site))].map((site) => ({
    name: site,
    units: running.filter(({ unit }) => unit.site === site).map(inventoryUnit),
  }));
  const document = {
    version: 1,
    images,
    defaults: {
      snmp: { version: '2c', community: 'env:UPSFW_SIM_READ' },
      write: { version: '2c', community: 'env:UPSFW_SIM_WRITE' },
      login: { user: ACCESS.user, password: 'env:UPSFW_SIM_PASSWORD' },
    },
    sites,
  };
  return `# A simulated fleet on this machine. Made by upsfw; nothing in it is real.\n${stringify(document)}`;
}

function inventoryUnit({ unit, device, address, ports }: RunningUnit): Record<string, unknown> {
  const { inventory, snmp } = device.persona;
  const used = Object.entries(ports).filter(([, port]) => port !== null);
  return {
    name: unit.name,
    host: address,
    ports: Object.fromEntries(used),
    ...(unit.feeds === undefined ? {} : { feeds: unit.feeds }),
    ...credentials(snmp),
    transfer: inventory.transfer,
    start: inventory.start,
    plaintext: inventory.plaintext,
    ...(inventory.legacySsh ? { ssh: { legacy: true } } : {}),
  };
}

function credentials(version: 'v1' | 'v2c' | 'v3'): Record<string, unknown> {
  if (version === 'v2c') return {};
  if (version === 'v1') {
    return {
      snmp: { version: '1', community: 'env:UPSFW_SIM_READ' },
      write: { version: '1', community: 'env:UPSFW_SIM_WRITE' },
    };
  }
  const user = {
    version: '3',
    user: ACCESS.v3User,
    auth: 'sha',
    authKey: 'env:UPSFW_SIM_AUTH',
    priv: 'aes',
    privKey: 'env:UPSFW_SIM_PRIV',
  };
  return { snmp: user, write: user };
}
