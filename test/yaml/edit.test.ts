import { describe, expect, it } from 'vitest';
import { editYaml, type YamlEdit } from '../../src/yaml/index.ts';

const options = { quoted: ['serial'] };
function edited(text: string, ...edits: readonly YamlEdit[]): string | null {
  return editYaml(text, edits, options);
}
const setX: YamlEdit = { kind: 'set', path: ['a', 'x'], value: '10.0.0.2' };
const newY: YamlEdit = { kind: 'set', path: ['a', 'serial'], value: 'AB123456', after: ['x'] };

describe('editing YAML text', () => {
  it.each([
    [
      'a plain value and the comment beside it',
      'a:\n  x:  10.0.0.1   # here\n',
      'a:\n  x:  10.0.0.2   # here\n',
    ],
    ['double quotes', 'a: { x: "10.0.0.1" }', 'a: { x: "10.0.0.2" }'],
    ['single quotes', "a: { x: '10.0.0.1' }", "a: { x: '10.0.0.2' }"],
    ['a block scalar', 'a:\n  x: >- # c\n    10.0.0.1\n  y: 1\n', 'a:\n  x: >- # c\n    10.0.0.2\n  y: 1\n'],
    ['an anchor that nothing uses', 'a:\n  x: &x 10.0.0.1\n', 'a:\n  x: &x 10.0.0.2\n'],
    ['an alias', 'b: &x 10.0.0.1\na:\n  x: *x # c\n', 'b: &x 10.0.0.1\na:\n  x: 10.0.0.2 # c\n'],
    [
      'a map behind an alias',
      'b: &b { x: 1, y: [2] }\na: *b\n',
      'b: &b { x: 1, y: [2] }\na: { x: 10.0.0.2, "y": [2] }\n',
    ],
    ['a text with a byte order mark', '\ufeffa:\r\n  x: 1\r\n', '\ufeffa:\r\n  x: 10.0.0.2\r\n'],
    [
      'a merged map',
      '%YAML 1.1\n---\nb: &b { x: 1 }\na:\n  <<: *b # c\n  z: 1\n',
      '%YAML 1.1\n---\nb: &b { x: 1 }\na:\n  <<: *b # c\n  z: 1\n  x: 10.0.0.2\n',
    ],
  ])('replaces %s', (_what, text, after) => {
    expect(edited(text, setX)).toBe(after);
  });

  it.each([
    ['a block map', 'a:\n    x: 1 # c\n    z: 2\n', 'a:\n    x: 1 # c\n    serial: "AB123456"\n    z: 2\n'],
    ['the last line without an end', 'b: 1\r\na:\r\n  x: 1', 'b: 1\r\na:\r\n  x: 1\r\n  serial: "AB123456"'],
    ['braces', 'a: { x: 1, z: 2 } # c', 'a: { x: 1, serial: "AB123456", z: 2 } # c'],
    ['braces over lines', 'a: {\n  x: 1 # c\n}\n', 'a: {\n  x: 1, serial: "AB123456" # c\n}\n'],
    ['braces with a trailing comma', 'a: { x: 1, }', 'a: { x: 1, serial: "AB123456", }'],
    ['empty braces', 'a: {}', 'a: { serial: "AB123456" }'],
    ['JSON', '{"a":{"x":1}}', '{"a":{"x":1, "serial": "AB123456"}}'],
    ['a map whose last value is missing', 'a:\n  x: # c\n# d\n', 'a:\n  x: # c\n  serial: "AB123456"\n# d\n'],
    [
      'a map after a block scalar that keeps its lines',
      'a:\n  x: |+\n    1\n\n  z: 1\n',
      'a:\n  x: |+\n    1\n\n  serial: "AB123456"\n  z: 1\n',
    ],
  ])('adds a key to %s', (_what, text, after) => {
    expect(edited(text, newY)).toBe(after);
  });

  const item = { name: 'n', serial: 'AB123456', ports: { snmp: 1 } };
  const flow = '{ name: "n", serial: "AB123456", ports: { snmp: 1 } }';
  it.each([
    [
      'dashes and braces',
      'a:\n- { name: m } # c\nb: 1\n',
      `a:\n- { name: m } # c\n- ${flow.replace('"n"', '"n"')}\nb: 1\n`,
    ],
    [
      'dashes and lines',
      'a:\n   -   name: m\n       x: { y: 1 }\n\n# b\nb: 1\n',
      'a:\n   -   name: m\n       x: { y: 1 }\n   -   name: "n"\n       serial: "AB123456"\n       ports: { snmp: 1 }\n\n# b\nb: 1\n',
    ],
    [
      'a dash on a line of its own',
      'a:\n  -\n    name: m\n',
      'a:\n  -\n    name: m\n  - name: "n"\n    serial: "AB123456"\n    ports: { snmp: 1 }\n',
    ],
    [
      'comments that belong to the last item',
      'a:\n  - name: m\n    # of m\n\n    # of m too\n  # of nobody\n',
      'a:\n  - name: m\n    # of m\n\n    # of m too\n  - name: "n"\n    serial: "AB123456"\n    ports: { snmp: 1 }\n  # of nobody\n',
    ],
    ['brackets', 'a: [ { name: m } ] # c', `a: [ { name: m }, ${flow} ] # c`],
    ['brackets over lines', 'a: [\n  { name: m } # c\n]\n', `a: [\n  { name: m }, # c\n  ${flow}\n]\n`],
    [
      'brackets with a trailing comma',
      'a: [\n  { name: m }, # c\n]\n',
      `a: [\n  { name: m }, # c\n  ${flow},\n]\n`,
    ],
    ['brackets that end on the last line', 'a: [\n  { name: m } ]\n', `a: [\n  { name: m }, ${flow} ]\n`],
    [
      'JSON over lines',
      '{\n\t"a": [\n\t\t{"name": "m"}\n\t]\n}\n',
      '{\n\t"a": [\n\t\t{"name": "m"},\n\t\t{ "name": "n", "serial": "AB123456", "ports": { "snmp": 1 } }\n\t]\n}\n',
    ],
    [
      'empty brackets',
      'a:  [ ] # c\r\nb: 1\r\n',
      'a: # c\r\n  - name: "n"\r\n    serial: "AB123456"\r\n    ports: { snmp: 1 }\r\nb: 1\r\n',
    ],
    ['empty brackets in braces', '{ a: [], b: 1 } # c', `{ a: [${flow}], b: 1 } # c`],
  ])('adds an item to %s', (_what, text, after) => {
    expect(edited(text, { kind: 'append', path: ['a'], value: item })).toBe(after);
  });

  it('formats nested lists like their neighbours', () => {
    const text = 's:\n- n: 1\n  u:\n    - { a: 1 }\n';
    expect(edited(text, { kind: 'append', path: ['s'], value: { n: 2, u: [{ a: 2 }, { a: 3 }] } })).toBe(
      `${text}- "n": 2\n  u:\n    - { a: 2 }\n    - { a: 3 }\n`,
    );
  });

  it('does not copy the format of empty brackets', () => {
    const first: YamlEdit = { kind: 'append', path: ['s', 0, 'u'], value: { a: 1 } };
    const second: YamlEdit = { kind: 'append', path: ['s'], value: { u: [{ a: 2 }] } };
    expect(edited('s:\n  - u: []\n', first, second)).toBe('s:\n  - u:\n      - a: 1\n  - u:\n      - a: 2\n');
  });

  it('orders two splices at the same place', () => {
    const text = 's:\n  - u:\n      - x: 1';
    const after = edited(
      text,
      { kind: 'append', path: ['s'], value: { u: [{ x: 3 }] } },
      { kind: 'append', path: ['s', 0, 'u'], value: { x: 2 } },
      { kind: 'set', path: ['s', 0, 'u', 0, 'z'], value: 1 },
    );
    expect(after).toBe('s:\n  - u:\n      - x: 1\n        z: 1\n      - x: 2\n  - u:\n      - x: 3');
  });

  it.each([
    ['a value that an alias uses', 'a: { x: &x 1 }\nb: *x\n', setX],
    ['a missing map', 'b: 1\n', setX],
    ['a list behind an alias', 'b: &b [1]\na: *b\n', { kind: 'append', path: ['a'], value: 1 }],
    ['brackets with a comment', 'a: [\n# c\n]\n', { kind: 'append', path: ['a'], value: 1 }],
    ['a text that is not YAML', 'a: [', setX],
  ] satisfies [string, string, YamlEdit][])('refuses %s', (_what, text, edit) => {
    expect(edited(text, edit)).toBeNull();
  });
});
