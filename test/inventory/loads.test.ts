import { describe, expect, it } from 'vitest';
import {
  findPartners,
  protectedGroups,
  readInventory,
  unpairedFeeds,
  unpairedFeedWarnings,
} from '../../src/inventory/index.ts';

function inventoryOf(units: readonly string[], others: readonly string[] = []) {
  const text = `version: 1
defaults: { snmp: { version: "2c", community: env:R } }
sites:
  - name: berlin
    units:
${units.map((unit, index) => `      - { host: 10.0.0.${index + 1}, ${unit} }`).join('\n')}
  - name: oslo
    units: [${others.map((unit, index) => `{ host: 10.1.0.${index + 1}, ${unit} }`).join(', ')}]
`;
  return readInventory(text, '/x/inventory.yaml', 'inventory.yaml');
}

const warnings = (inventory: ReturnType<typeof inventoryOf>): readonly string[] =>
  unpairedFeedWarnings(unpairedFeeds(inventory), new Set(findPartners(inventory).keys()));

describe('a load that a single unit feeds', () => {
  it.each(['rack-1', 'Rack 1', 'RACK_01', 'rack.1'])(
    'is reported with "%s", which is probably the same load',
    (other) => {
      const inventory = inventoryOf(['name: a, feeds: [rack1]', `name: b, feeds: ["${other}"]`]);
      expect(unpairedFeeds(inventory)).toEqual([
        { load: 'rack1', unit: 'berlin/a', similar: { load: other, units: ['berlin/b'] } },
        { load: other, unit: 'berlin/b', similar: { load: 'rack1', units: ['berlin/a'] } },
      ]);
      expect(warnings(inventory)).toEqual([
        expect.stringContaining(`Only berlin/a feeds "rack1", and berlin/b feeds "${other}".`),
      ]);
    },
  );

  it('is reported with a similar load of two units, and with the same name at another site', () => {
    const inventory = inventoryOf(
      [
        'name: a, feeds: [rack1]',
        'name: b, feeds: [rack-1]',
        'name: c, feeds: [rack-1]',
        'name: d, feeds: [x9]',
      ],
      ['name: e, feeds: [x9]'],
    );
    expect(unpairedFeeds(inventory)).toEqual([
      { load: 'rack1', unit: 'berlin/a', similar: { load: 'rack-1', units: ['berlin/b', 'berlin/c'] } },
      { load: 'x9', unit: 'berlin/d', similar: { load: 'x9', units: ['oslo/e'] } },
      { load: 'x9', unit: 'oslo/e', similar: { load: 'x9', units: ['berlin/d'] } },
    ]);
  });

  it('is reported in one line with other loads that are similar to none', () => {
    const inventory = inventoryOf(['name: a, feeds: [rack-1, rack-2]', 'name: b, feeds: [rack-3]']);
    expect(warnings(inventory)).toEqual([
      'Loads that only one unit feeds, so that no partner carries them during its update: rack-1 (berlin/a), rack-2 (berlin/a) and rack-3 (berlin/b).',
    ]);
  });

  it('is not reported where two units feed it, or where redundantWith names a partner', () => {
    const inventory = inventoryOf([
      'name: a, feeds: [rack-1]',
      'name: b, feeds: [rack-1]',
      'name: c, feeds: [rack-2], redundantWith: [d]',
      'name: d, feeds: [rack-3]',
    ]);
    expect(warnings(inventory)).toEqual([]);
  });

  it('is reported for the chosen units only', () => {
    const inventory = inventoryOf(['name: a, feeds: [rack1]'], ['name: b, feeds: [rack2]']);
    expect(unpairedFeedWarnings(unpairedFeeds(inventory), new Set(['oslo/b'])).join()).not.toContain('rack1');
  });
});

describe('a load name', () => {
  it.each([
    ['spaces around it', '  rack 12 '],
    ['a tab and a line break', '\\track 12\\n'],
    ['a non-breaking space', 'rack\\u00a012'],
    ['two spaces', 'rack  12'],
    ['an invisible character', 'rack\\u200b 12'],
  ])('with %s becomes the name that it looks like', (_what, written) => {
    const inventory = inventoryOf(['name: a, feeds: [rack 12]', `name: b, feeds: ["${written}"]`]);
    expect(warnings(inventory)).toEqual([]);
    expect(findPartners(inventory).get('berlin/a')).toEqual(['berlin/b']);
    expect(inventory.units.map(({ feeds }) => feeds)).toEqual([['rack 12'], ['rack 12']]);
  });

  it('in two Unicode forms at one unit is one load', () => {
    const inventory = inventoryOf(['name: a, feeds: [Köln, "Ko\\u0308ln "]']);
    expect(warnings(inventory)).toEqual([expect.stringMatching(/: Köln \(berlin\/a\)\.$/)]);
  });

  it.each(['', ' ', '\\u00a0', '\\u200b\\t'])(
    'without a visible character is refused with its place: "%s"',
    (written) => {
      expect(() => inventoryOf([`name: a, feeds: ["${written}"]`])).toThrow(
        /inventory\.yaml:6:\d+: sites\[0\]\.units\[0\]\.feeds\[0\]/,
      );
    },
  );
});

describe('the groups that a run keeps apart', () => {
  it('are pairs where not all units are partners of each other', () => {
    const inventory = inventoryOf([
      'name: a, feeds: [rack-1], redundantWith: [b, c]',
      'name: b, feeds: [rack-1], redundantWith: [a]',
      'name: c, feeds: [rack-9]',
    ]);
    const partners = findPartners(inventory);
    expect(protectedGroups(partners, new Set(['berlin/a']))).toEqual([
      ['berlin/a', 'berlin/b'],
      ['berlin/a', 'berlin/c'],
    ]);
    expect(protectedGroups(partners, new Set(['berlin/c']))).toEqual([['berlin/a', 'berlin/c']]);
  });

  it('are one group where all units of it are partners of each other', () => {
    const inventory = inventoryOf(['name: a, feeds: [x]', 'name: b, feeds: [x]', 'name: c, feeds: [x]']);
    const partners = findPartners(inventory);
    expect(protectedGroups(partners, new Set(['berlin/b', 'berlin/c']))).toEqual([
      ['berlin/a', 'berlin/b', 'berlin/c'],
    ]);
  });

  it('are apart for one name at two sites', () => {
    const inventory = inventoryOf(['name: a, feeds: [x]'], ['name: b, feeds: [x]']);
    expect([...findPartners(inventory).values()]).toEqual([[], []]);
  });
});
