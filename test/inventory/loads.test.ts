import { describe, expect, it } from 'vitest';
import {
  findPartners,
  loadGroups,
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
    'is named beside "%s", which looks like the same',
    (other) => {
      const inventory = inventoryOf(['name: a, feeds: [rack1]', `name: b, feeds: ["${other}"]`]);
      expect(unpairedFeeds(inventory)).toEqual([
        { load: 'rack1', unit: 'berlin/a', near: { load: other, units: ['berlin/b'] } },
        { load: other, unit: 'berlin/b', near: { load: 'rack1', units: ['berlin/a'] } },
      ]);
      expect(warnings(inventory)).toEqual([
        expect.stringContaining(`Only berlin/a feeds "rack1", and berlin/b feeds "${other}".`),
      ]);
    },
  );

  it('is named beside a load with two units, and beside one of the same name at another site', () => {
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
      { load: 'rack1', unit: 'berlin/a', near: { load: 'rack-1', units: ['berlin/b', 'berlin/c'] } },
      { load: 'x9', unit: 'berlin/d', near: { load: 'x9', units: ['oslo/e'] } },
      { load: 'x9', unit: 'oslo/e', near: { load: 'x9', units: ['berlin/d'] } },
    ]);
  });

  it('is said in one line with others that look like no other', () => {
    const inventory = inventoryOf(['name: a, feeds: [rack-1, rack-2]', 'name: b, feeds: [rack-3]']);
    expect(warnings(inventory)).toEqual([
      'Loads that a single unit feeds, so that no other unit protects them during its update: rack-1 (berlin/a), rack-2 (berlin/a) and rack-3 (berlin/b).',
    ]);
  });

  it('is no matter where two units feed it, or where redundantWith names a partner', () => {
    const inventory = inventoryOf([
      'name: a, feeds: [rack-1]',
      'name: b, feeds: [rack-1]',
      'name: c, feeds: [rack-2], redundantWith: [d]',
      'name: d, feeds: [rack-3]',
    ]);
    expect(warnings(inventory)).toEqual([]);
  });

  it('is said of the chosen units only', () => {
    const inventory = inventoryOf(['name: a, feeds: [rack1]'], ['name: b, feeds: [rack2]']);
    expect(unpairedFeedWarnings(unpairedFeeds(inventory), new Set(['oslo/b'])).join()).not.toContain('rack1');
  });
});

describe('a load name', () => {
  it.each([
    ['blanks around it', '  rack 12 '],
    ['a tab and a line break', '\\track 12\\n'],
    ['a blank that does not break', 'rack\\u00a012'],
    ['two blanks', 'rack  12'],
    ['a character that is not seen', 'rack\\u200b 12'],
  ])('with %s is the name that it looks like', (_what, written) => {
    const inventory = inventoryOf(['name: a, feeds: [rack 12]', `name: b, feeds: ["${written}"]`]);
    expect(warnings(inventory)).toEqual([]);
    expect(findPartners(inventory).get('berlin/a')).toEqual(['berlin/b']);
    expect(loadGroups(inventory).map(({ load }) => load)).toEqual(['rack 12']);
  });

  it('in two spellings at one unit is one load', () => {
    const inventory = inventoryOf(['name: a, feeds: [Köln, "Ko\\u0308ln "]']);
    expect(warnings(inventory)).toEqual([expect.stringMatching(/: Köln \(berlin\/a\)\.$/)]);
  });

  it.each(['', ' ', '\\u00a0', '\\u200b\\t'])(
    'of nothing that is seen is refused with its place: "%s"',
    (written) => {
      expect(() => inventoryOf([`name: a, feeds: ["${written}"]`])).toThrow(
        /inventory\.yaml:6:\d+: sites\[0\]\.units\[0\]\.feeds\[0\]/,
      );
    },
  );
});

describe('the groups that a run keeps apart', () => {
  it('are the loads with several units, then pairs that are in none of them', () => {
    const inventory = inventoryOf([
      'name: a, feeds: [rack-1], redundantWith: [b, c]',
      'name: b, feeds: [rack-1], redundantWith: [a]',
      'name: c, feeds: [rack-9]',
    ]);
    expect(loadGroups(inventory)).toEqual([
      { load: 'rack-1', site: 'berlin', units: ['berlin/a', 'berlin/b'] },
      { load: null, site: null, units: ['berlin/a', 'berlin/c'] },
    ]);
    for (const { units } of loadGroups(inventory)) {
      const [first = '', ...others] = units;
      expect(findPartners(inventory).get(first)).toEqual(expect.arrayContaining(others));
    }
  });
});
