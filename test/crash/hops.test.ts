import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { journalFile } from '../../src/state/index.ts';
import { journalHas } from '../support/sites/journal.ts';
import {
  OLD_LOADER,
  OVER_09_6,
  openRouteSite,
  type RouteSite,
  startsOf,
} from '../support/sites/route-site.ts';
import { runOf } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));
const RUN = 'route';
const COMMITTING = '"hop":1,"step":"start","state":"committing"';
const [AT_09_3, AT_09_6] = ['UPS 09.3 (ID18)', 'UPS 09.6 (ID18)'];

let site: RouteSite;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await site.close();
});

/** A process that works on a run of one unit and two hops. */
async function begin(): Promise<ChildProcess> {
  const journal = await site.begin(RUN, await site.plan({ a: OVER_09_6 }));
  await journal.close();
  const child = spawn(process.execPath, [MAIN, 'resume', RUN, '--yes', '--json', '--state', site.state], {
    env: { ...process.env, ...site.environment },
    stdio: 'ignore',
  });
  children.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

describe('killed on a route of two hops', { timeout: LONG }, () => {
  it('between the hops: status knows that nothing is in doubt, and resume starts the second', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const starts = startsOf(device);
    const child = await begin();
    await journalHas(site.state, child, '"hop":0,"step":"verify","state":"done"');
    await kill(child);
    const status = await site.run(['status', RUN, '--json']);
    // The process may have reached the next start before the signal arrived.
    const begun = (await readFile(journalFile(site.state, RUN), 'utf8')).includes(COMMITTING);
    expect(status.exit).toBe(begun ? 5 : 3);
    expect(runOf(status).units[0]).toMatchObject({
      outcome: begun ? 'unknown' : 'pending',
      before: { version: '09.3' },
    });
    const resumed = await site.run(['resume', RUN, '--yes', '--json']);
    expect(resumed.exit).toBe(0);
    expect(runOf(resumed).units[0]).toMatchObject({
      outcome: 'upgraded',
      before: { version: '09.3' },
      after: { version: '15.1' },
    });
    expect(starts).toEqual([AT_09_3, AT_09_6]);
    expect(device.counters.starts).toBe(2);
  });

  it('in the first hop: resume watches it and continues', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const starts = startsOf(device);
    const child = await begin();
    await device.until(({ counters }) => counters.starts === 1);
    await kill(child);
    const resumed = await site.run(['resume', RUN, '--yes', '--json']);
    expect(runOf(resumed).units[0]).toMatchObject({ outcome: 'upgraded', after: { version: '15.1' } });
    expect(starts).toEqual([AT_09_3, AT_09_6]);
    expect(device.counters.starts).toBe(2);
  });

  it('right after the start of the second hop was written: it is not started twice', async () => {
    site = await openRouteSite([OLD_LOADER], 3000);
    const device = site.fleet.device('a');
    const child = await begin();
    await journalHas(site.state, child, COMMITTING);
    await kill(child);
    const before = device.counters.starts;
    const ran = await site.run(['resume', RUN, '--yes', '--json']);
    expect(device.counters.starts).toBe(before);
    expect([1, 2]).toContain(before);
    const [unit] = runOf(ran).units;
    if (device.version === '15.1')
      expect(unit).toMatchObject({ outcome: 'upgraded', after: { version: '15.1' } });
    else expect(['failed', 'unknown']).toContain(unit?.outcome);
    expect(ran.exit).toBe({ upgraded: 0, failed: 4, unknown: 5 }[unit?.outcome ?? '']);
  });

  it('while watching the second hop: resume continues to watch and starts nothing', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const starts = startsOf(device);
    const child = await begin();
    await device.until(({ counters, phase }) => counters.starts === 2 && phase === 'restarting');
    await kill(child);
    const resumed = await site.run(['resume', RUN, '--yes', '--json']);
    expect(resumed.exit).toBe(0);
    expect(runOf(resumed).units[0]).toMatchObject({
      outcome: 'upgraded',
      before: { version: '09.3' },
      after: { version: '15.1' },
    });
    expect(starts).toEqual([AT_09_3, AT_09_6]);
    expect(device.counters.starts).toBe(2);
  });
});
