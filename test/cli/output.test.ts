import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Fault } from '../../src/sim/index.ts';
import { NMC3, openSite, runOf, type Site } from '../support/sites/site.ts';

let site: Site;
afterEach(() => site.close());

const UPGRADE = ['upgrade', '--apply', '--yes', '--json', '--unit', 'b', '--switch-output', 'off', '-i'];

async function upgraded(faults: readonly Fault[] = []) {
  site = await openSite([{ ...NMC3, feeds: ['rack-7'], faults }]);
  const device = site.fleet.device('b');
  const ran = await site.run([...UPGRADE, site.inventory]);
  const [unit] = runOf(ran).units;
  return { ran, unit, device };
}

/** What the journal records about the output, line by line. */
async function outputLines(run: string): Promise<readonly string[]> {
  const Line = z.looseObject({ event: z.string(), state: z.string().optional() });
  const text = await readFile(join(site.state, 'runs', run, 'journal.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => Line.parse(JSON.parse(line)))
    .flatMap(({ event, state }) => (event === 'output' && state !== undefined ? [state] : []));
}

describe('an output that the operator lets the tool switch', () => {
  it('is off during the update and on again afterwards', async () => {
    const { ran, unit, device } = await upgraded();
    expect(unit).toMatchObject({ outcome: 'upgraded', output: 'on', after: { version: '15.0' } });
    expect(ran.exit).toBe(0);
    expect(device.outputOn).toBe(true);
    expect(device.counters.outputSwitches).toBe(2);
    expect(await outputLines(runOf(ran).run)).toEqual(['switching-off', 'off', 'switching-on', 'on']);
  });

  it('is named in the plan, with its load', async () => {
    site = await openSite([{ ...NMC3, feeds: ['rack-7'] }]);
    const ran = await site.run(['plan', '--unit', 'b', '--switch-output', 'off', '-i', site.inventory]);
    expect(ran.out).toContain('the output will be switched off for the update; it feeds rack-7');
    expect(site.fleet.device('b').counters.outputSwitches).toBe(0);
  });

  it('is never switched without permission or without a named unit', async () => {
    site = await openSite([NMC3]);
    const device = site.fleet.device('b');
    const ran = await site.run(['upgrade', '--apply', '--yes', '--json', '-i', site.inventory]);
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded', output: null });
    const refused = await site.run(['plan', '--switch-output', 'off', '-i', site.inventory]);
    expect(refused).toMatchObject({ exit: 2, info: expect.stringContaining('--unit') });
    expect(device.counters.outputSwitches).toBe(0);
  });

  it('stays on, and nothing is started, if the unit does not switch it', async () => {
    const { unit, device } = await upgraded(['output-off-refused']);
    expect(unit).toMatchObject({
      outcome: 'failed',
      output: 'not-switched',
      problem: { code: 'device/output' },
    });
    expect(device.counters.starts).toBe(0);
    expect(device.outputOn).toBe(true);
  });

  it('is reported as off, not assumed to be on, if it does not come on again', async () => {
    const { ran, unit, device } = await upgraded(['output-stays-off']);
    expect(unit).toMatchObject({
      outcome: 'unknown',
      output: 'unknown',
      problem: { code: 'device/output', message: expect.stringContaining('ended as "upgraded"') },
    });
    expect(ran.exit).toBe(5);
    expect(device.outputOn).toBe(false);
    device.clearFault('output-stays-off');
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(runOf(resumed).units[0]).toMatchObject({ outcome: 'upgraded', output: 'on' });
    expect(device.outputOn).toBe(true);
    expect(device.counters.starts).toBe(1);
  });

  it('is on again after a failed update too', async () => {
    const { unit, device } = await upgraded(['cli-incompatible']);
    expect(unit).toMatchObject({ outcome: 'failed', problem: { code: 'device/incompatible' } });
    expect(device.outputOn).toBe(true);
    await site.close();
    const late = await upgraded(['update-cancelled']);
    expect(late.unit).toMatchObject({ outcome: 'failed', output: 'on' });
    expect(late.device.outputOn).toBe(true);
    expect(late.device.counters.outputSwitches).toBe(2);
  });
});
