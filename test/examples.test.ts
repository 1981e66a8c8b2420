import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { unitKey } from '../src/core/index.ts';
import { findPartners, type Inventory, loadInventory, unpairedFeeds } from '../src/inventory/index.ts';

const FOLDER = new URL('../examples/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
/** Blocks and names that are reserved for documentation (RFC 5737, RFC 3849, RFC 2606). */
const RESERVED = /^(?:192\.0\.2\.\d+|198\.51\.100\.\d+|2001:db8:[0-9a-f:]+|[a-z0-9.-]+\.example\.org)$/;

function load(file: string): Promise<Inventory> {
  return loadInventory(fileURLToPath(new URL(file, FOLDER)));
}

function text(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}

/** The windows of the units, with those of the site and the defaults, without duplicates. */
function timezones(inventory: Inventory): ReadonlySet<string> {
  return new Set(inventory.units.flatMap(({ settings }) => settings.window?.timezone ?? []));
}

describe('examples', () => {
  it('are the three that README.md lists', () => {
    expect([...FILES].sort()).toEqual(['ab-feeds.yaml', 'many-sites.yaml', 'one-site.yaml']);
    for (const file of FILES) expect(text('README.md')).toContain(`[${file}](${file})`);
  });

  it.each(FILES)('%s is a valid inventory with a window for every unit', async (file) => {
    const inventory = await load(file);
    expect(inventory.units.length).toBeGreaterThan(3);
    for (const unit of inventory.units) expect(unit.settings.window, unitKey(unit)).toBeTruthy();
    expect(inventory.images).toBe(fileURLToPath(new URL('images', FOLDER)));
  });

  it.each(FILES)('%s names the schema, documentation addresses and environment variables', async (file) => {
    expect(text(file)).toMatch(/^# yaml-language-server: \$schema=\.\.\/schema\/inventory\.schema\.json\n/);
    for (const { host } of (await load(file)).units) if (host !== null) expect(host).toMatch(RESERVED);
    const secrets = [...text(file).matchAll(/(?:password|community|authKey|privKey): ([^,} ]+)/g)];
    expect(secrets.length).toBeGreaterThan(2);
    for (const [, reference] of secrets) expect(reference).toMatch(/^env:UPS_[A-Z_]+$/);
  });
});

describe('examples/one-site.yaml', () => {
  it('has one site, no partners, and a unit at a USB port', async () => {
    const inventory = await load('one-site.yaml');
    expect(inventory.sites.map(({ name }) => name)).toEqual(['office']);
    expect([...findPartners(inventory).values()].flat()).toEqual([]);
    expect(inventory.units.flatMap(({ local }) => local ?? [])).toEqual([{ usb: 'any' }]);
  });
});

describe('examples/ab-feeds.yaml', () => {
  it('gives every unit a partner, and every load two units', async () => {
    const inventory = await load('ab-feeds.yaml');
    expect(unpairedFeeds(inventory)).toEqual([]);
    for (const [key, partners] of findPartners(inventory)) expect(partners, key).not.toEqual([]);
  });

  it('pairs a unit for two racks, partners across sites, and no load of one site with another', async () => {
    const partners = findPartners(await load('ab-feeds.yaml'));
    expect(partners.get('dc1/row-3-a')).toEqual(['dc1/rack-03-b', 'dc1/rack-04-b', 'dc2/link-dc1']);
    expect(partners.get('dc1/rack-03-b')).toEqual(['dc1/row-3-a']);
    expect(partners.get('dc1/rack-01-a')).toEqual(['dc1/rack-01-b']);
    expect(partners.get('dc2/rack-01-a')).toEqual(['dc2/rack-01-b']);
  });
});

describe('examples/many-sites.yaml', () => {
  it('shows sites in several time zones, with and without exceptions', async () => {
    const inventory = await load('many-sites.yaml');
    expect(inventory.sites.length).toBeGreaterThanOrEqual(5);
    expect(timezones(inventory).size).toBeGreaterThanOrEqual(4);
    const unit = (key: string) => inventory.units.find((one) => unitKey(one) === key)?.settings;
    expect(unit('berlin/core-a')).toMatchObject({ transfer: ['scp'], snmp: { version: '3' } });
    expect(unit('chicago/core-a')?.login?.password).toBe('env:UPS_PASSWORD_CHICAGO');
    expect(unit('osaka/hall-1')).toMatchObject({ transfer: ['ftp'], plaintext: true, ssh: { legacy: true } });
    expect(unit('sao-paulo/branch')).toMatchObject({ login: null });
  });

  it('lets the tool switch one output only', async () => {
    const switched = (await load('many-sites.yaml')).units.filter(
      ({ switchOutput }) => switchOutput === 'off',
    );
    expect(switched.map(unitKey)).toEqual(['chicago/lab']);
  });
});
