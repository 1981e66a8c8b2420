import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WorkItem, WorkOrder } from '../../src/core/index.ts';
import { type PlanDocument, renderDecision, renderPlan } from '../../src/report/index.ts';
import { anyText } from '../support/values/text.ts';
import { PLAN_REST } from '../support/values/units.ts';

const MARKDOWN = { format: 'markdown', color: false } as const;
const TEXT = { format: 'text', color: false } as const;

function line(text: string): WorkItem {
  return { text, source: 'vendor FAQ, line 1' };
}

function orderWith(overrides: Partial<WorkOrder> = {}): WorkOrder {
  const end = (version: string) => ({ version, microLinkId: 18 });
  const intermediate = { file: 'SMT18UPS_09-6.enc', sha256: 'a'.repeat(64), inFolder: true };
  const last = { file: 'SMT18UPS_15-0.enc', sha256: null, inFolder: false };
  return {
    key: 'berlin/closet-3',
    procedure: 'wizard',
    unit: {
      site: 'berlin',
      name: 'closet-3',
      host: null,
      serialPort: null,
      usb: 'any',
      model: 'Smart-UPS 1500',
      sku: 'SMT1500',
      serial: 'AS1234567890',
      simulated: false,
    },
    installed: { version: '09.3', microLinkId: 18 },
    target: { ...end('15.0'), image: last },
    hops: [
      { from: end('09.3'), to: end('09.6'), image: intermediate },
      { from: end('09.6'), to: end('15.0'), image: last },
    ],
    port: { use: 'serial', because: [line('USB needs 08.0')] },
    wizard: '4.3.8',
    minutes: line('5 to 20 minutes'),
    first: [line('on line: no')],
    bring: [line('the cable')],
    prepare: [line('the load down')],
    steps: [line('begin'), line('end')],
    check: [line('the version')],
    ifItFails: [line('do not power off')],
    unknown: [line('the SKU')],
    notes: [line('a note')],
    alternatives: [{ title: 'a stick', steps: [line('put it in')] }],
    ...overrides,
  };
}

function planWith(workOrders: readonly WorkOrder[]): PlanDocument {
  return {
    ...PLAN_REST,
    schema: 'upsfw/plan@1',
    generatedAt: '2026-01-01T00:00:00Z',
    id: '0123456789abcdef',
    component: 'ups',
    rules: 'rules',
    units: [],
    advisories: {},
    workOrders,
  };
}

/** The sections of an order by their title, each with its lines. */
function sections(text: string): ReadonlyMap<string, readonly string[]> {
  const parts = text.replaceAll(/\\(.)/g, '$1').split(/^### /m).slice(1);
  return new Map(
    parts.map((part) => {
      const [title = '', ...lines] = part.split('\n');
      return [title, lines.filter((one) => one !== '').map((one) => one.trim())];
    }),
  );
}

describe('a work order in Markdown', () => {
  const text = renderPlan(planWith([orderWith()]), MARKDOWN);

  it('names the unit, its place, the installed firmware and the target', () => {
    expect(text).toContain('## Work order: berlin/closet-3');
    for (const part of [
      '| site | berlin |',
      '| place | USB of the computer that made the plan: any |',
      '| SKU | SMT1500 |',
      '| serial number | AS1234567890 |',
      '| installed | UPS 09.3 (ID18) |',
      '| to be installed | UPS 15.0 (ID18) |',
      'Firmware Upgrade Wizard 4.3.8 over the serial port',
      '5 to 20 minutes (vendor FAQ, line 1), for each of 2 hops',
    ])
      expect(text).toContain(part);
  });

  it('has every list under its title, with check boxes, numbers where order counts, and sources', () => {
    const found = sections(text);
    expect([...found.keys()]).toEqual([
      'Why this procedure',
      'Images, one after the other',
      'Clear first',
      'Bring',
      'Before',
      'Steps',
      'Check afterwards',
      'If a step fails',
      'Find out at the unit',
      'Notes',
      'Alternative: a stick',
      'Done by',
    ]);
    const source = '(vendor FAQ, line 1)';
    expect(found.get('Steps')).toEqual([`- [ ] 1. begin ${source}`, `- [ ] 2. end ${source}`]);
    expect(found.get('Bring')).toEqual([`- [ ] the cable ${source}`]);
    expect(found.get('If a step fails')).toEqual([`- do not power off ${source}`]);
    expect(found.get('Images, one after the other')).toEqual([
      `- [ ] 1. UPS 09.3 (ID18) -> UPS 09.6 (ID18): SMT18UPS_09-6.enc, in the images folder, sha256 ${'a'.repeat(64)}`,
      '- [ ] 2. UPS 09.6 (ID18) -> UPS 15.0 (ID18): SMT18UPS_15-0.enc, not in the images folder, sha256 not known',
    ]);
  });

  it('ends with lines to fill in', () => {
    const fields = sections(text).get('Done by');
    for (const label of ['Name', 'Date', 'Version seen before', 'Version seen afterwards', 'Signature'])
      expect(
        fields?.some((one) => new RegExp(`^- ${label}: _{20,}$`).test(one)),
        label,
      ).toBe(true);
  });

  it('omits empty lists, and states what is not known', () => {
    const [hop] = orderWith().hops;
    if (hop === undefined) throw new Error('no hop');
    const bare = renderPlan(
      planWith([
        orderWith({
          unit: { ...orderWith().unit, usb: null, sku: null, serial: null },
          port: { use: 'usb', because: [] },
          hops: [{ ...hop, image: null }],
          wizard: null,
          minutes: null,
          first: [],
          notes: [],
          alternatives: [],
        }),
      ]),
      MARKDOWN,
    );
    for (const title of ['Why this procedure', 'Clear first', 'Notes', 'Alternative'])
      expect(bare).not.toContain(title);
    for (const part of [
      '| place | not known |',
      '| SKU | not known |',
      '| time | not known |',
      '(version not known) over the USB port',
      'no file is known',
      '### Image\n',
    ])
      expect(bare).toContain(part);
  });

  it('is about the card if only the card answers', () => {
    const card = renderPlan(
      planWith([
        orderWith({
          procedure: 'card-console',
          unit: { ...orderWith().unit, host: '10.0.0.1', usb: null },
          target: null,
          hops: [],
          port: null,
        }),
      ]),
      MARKDOWN,
    );
    expect(card).toContain('| place | card at 10.0.0.1 |');
    expect(card).toContain('load the firmware of the card again');
    expect(card).not.toContain('Firmware Upgrade Wizard');
  });

  it('states that a simulated unit does not exist', () => {
    const unit = { ...orderWith().unit, simulated: true };
    expect(renderPlan(planWith([orderWith({ unit })]), MARKDOWN)).toContain('SIMULATION');
    expect(text).not.toContain('SIMULATION');
  });

  it('sanitizes all text of a device', () => {
    const lines = text.split('\n').length;
    fc.assert(
      fc.property(anyText({ maxLength: 80 }), (hostile) => {
        const unit = { ...orderWith().unit, model: hostile, sku: hostile, serial: hostile, usb: hostile };
        const markdown = renderPlan(
          planWith([orderWith({ unit, key: hostile, steps: [line(hostile), line('end')] })]),
          MARKDOWN,
        );
        // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
        expect(markdown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        expect(markdown.split('\n').length).toBe(lines);
      }),
    );
  });

  it('escapes Markdown in text of a device', () => {
    const marks = '<img src=x> `code` **bold** [a](b) | x';
    const markdown = renderPlan(
      planWith([orderWith({ unit: { ...orderWith().unit, model: marks } })]),
      MARKDOWN,
    );
    for (const mark of ['<img', '`code`', '**bold**', '[a]', ' | x |'])
      expect(markdown.replaceAll(/\\./g, '')).not.toContain(mark);
  });
});

describe('work orders in other formats', () => {
  it('are counted in a text', () => {
    expect(renderPlan(planWith([]), TEXT)).not.toContain('work order');
    expect(renderPlan(planWith([orderWith()]), TEXT)).toMatch(
      /^1 work order for people on site\. To print it: upsfw plan --format md$/m,
    );
    const two = renderPlan(planWith([orderWith(), orderWith()]), TEXT);
    expect(two).toMatch(/^2 work orders for people on site\. To print them: upsfw plan --format md$/m);
    expect(two).not.toContain('closet-3');
  });

  it('are items below a decision, each once', () => {
    const text = renderDecision(
      {
        schema: 'upsfw/decision@1',
        generatedAt: 'x',
        input: { model: null, firmware: 'UPS 09.3 (ID18)', transport: 'serial' },
        supported: true,
        wizard: '4.3.8',
        image: null,
        target: '15.0',
        upToDate: false,
        reasons: [],
        prepare: [line('the load down')],
        hops: [],
        advisories: [],
        workOrder: orderWith(),
        line: null,
      },
      TEXT,
    );
    for (const part of [
      'port: serial',
      'why this procedure: USB needs 08.0',
      'bring: the cable (vendor FAQ, line 1)',
      'step 1: begin',
      'step 2: end',
      'afterwards: the version',
      'if it fails: do not power off',
      'not known: the SKU',
      'alternative (a stick): put it in',
    ])
      expect(text).toContain(part);
    expect(text.match(/the load down/g)).toHaveLength(1);
  });
});
