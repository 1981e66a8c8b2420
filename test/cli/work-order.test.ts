import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NMC2, openSite, runHere, type Site } from '../support/sites/site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite([
    NMC2,
    { name: 'shut', site: 'porto', persona: 'smt1500c-closed' },
    { name: 'bare', site: 'porto', persona: 'card-without-app' },
    { name: 'old', site: 'porto', persona: 'sua1500-legacy' },
  ]);
});
afterAll(() => site.close());

const Orders = z.looseObject({
  workOrders: z.array(
    z.looseObject({
      key: z.string(),
      procedure: z.string(),
      steps: z.array(z.object({ text: z.string(), source: z.string().min(1) })).min(3),
    }),
  ),
});

describe('plan', () => {
  it('has a work order for each unit that its card cannot update, and for no other', async () => {
    const { out } = await site.run(['plan', '-i', site.inventory, '--json']);
    const { workOrders } = Orders.parse(JSON.parse(out));
    expect(workOrders.map(({ key, procedure }) => [key, procedure])).toEqual([
      ['porto/shut', 'wizard'],
      ['porto/bare', 'card-console'],
    ]);
    expect(workOrders[0]).toMatchObject({ port: { use: 'serial' }, wizard: '4.3.8' });
  });

  it('prints work orders in Markdown, marked as simulated, and counts them in text', async () => {
    const words = ['plan', '-i', site.inventory];
    const markdown = (await site.run([...words, '--format', 'md'])).out;
    expect(markdown.match(/^## Work order: /gm)).toHaveLength(2);
    expect(markdown.match(/SIMULATION/g)).toHaveLength(3);
    expect(markdown).toMatch(/^- \[ \] 1\. /m);
    expect(markdown).toMatch(/^- Signature: _+$/m);
    const text = (await site.run(words)).out;
    expect(text).toContain('2 work orders for people on site. To print them: upsfw plan --format md');
    expect(text).not.toContain('Signature');
  });

  it('of the card alone has no work order for a UPS', async () => {
    const { out } = await site.run(['plan', '-i', site.inventory, '--component', 'card', '--json']);
    expect(Orders.parse(JSON.parse(out)).workOrders.map(({ key }) => key)).toEqual(['porto/bare']);
  });

  it('is executed from a file with work orders', async () => {
    const file = join(site.folder, 'plan.json');
    await site.run(['plan', '-i', site.inventory, '--out', file]);
    expect(Orders.parse(JSON.parse(await readFile(file, 'utf8'))).workOrders).toHaveLength(2);
    const { exit, info } = await site.run(['upgrade', '-i', site.inventory, '--plan', file]);
    expect(info).toContain('Nothing was sent.');
    // A unit is left to a person on site.
    expect(exit).toBe(3);
  });
});

describe('rules decide', () => {
  const UNIT = ['rules', 'decide', '--sku', 'SMT1500', '--firmware', 'UPS 07.9 (ID18)'];

  it('lists the work on site for the port that the rules choose', async () => {
    const { out } = await runHere([...UNIT, '--transport', 'usb']);
    expect(out).toContain('port: serial');
    expect(out).toContain('why this procedure: updates of ID 18 over USB');
    expect(out).toContain('step 1: Connect the serial port of the unit');
    expect(out).toContain('bring: The serial cable that came with the unit.');
    expect(out).toContain('afterwards: The version is 15.1');
  });

  it('keeps its JSON lines unchanged, and adds the work order', async () => {
    const { out } = await runHere([...UNIT, '--json', '--as-of', '2020-04-02']);
    const document = z
      .looseObject({ prepare: z.array(z.strictObject({ text: z.string(), source: z.string() })) })
      .parse(JSON.parse(out));
    expect(document.prepare.map(({ text }) => text)).toEqual([
      'Use the serial cable that came with the unit.',
      'Shut the load down first. An update takes 5 to 20 minutes.',
      'Read the manual of the wizard before you start.',
      'Delete older copies of the wizard and of its images, and use only those that are named here.',
      'The wizard runs on Windows XP to Windows 10.',
    ]);
    expect(document).toMatchObject({
      workOrder: { procedure: 'wizard', wizard: '4.2.0', port: { use: 'serial' } },
    });
  });

  it('has no work order for a card or for unsupported hardware', async () => {
    for (const words of [
      [...UNIT, '--transport', 'nmc'],
      ['rules', 'decide', '--sku', 'SUA1500', '--firmware', '652.13.I'],
    ]) {
      const { out } = await runHere([...words, '--json']);
      expect(JSON.parse(out)).toMatchObject({ workOrder: null });
      expect((await runHere(words)).out).not.toContain('step 1');
    }
  });
});
