import { afterEach, describe, expect, it } from 'vitest';
import { PERSONAS } from '../../src/sim/index.ts';
import { type ConformanceSite, openConformance } from '../support/sites/conformance-site.ts';
import { checkLook, checkUntouched } from '../support/sites/invariants.ts';
import { EVERY_FAULT } from '../support/values/faults.ts';
import { LONG } from '../support/values/timeouts.ts';

let site: ConformanceSite;
afterEach(() => site.close());

describe('a look at every persona with every fault', { timeout: LONG }, () => {
  it.each(PERSONAS)('%s: nothing is written, and the report is true', async (persona) => {
    site = await openConformance({ persona }, [null, ...EVERY_FAULT]);
    expect(checkLook(site, await site.runLogged(['audit', '-i', site.inventory, '--json']))).toEqual([]);
    const plan = await site.runLogged(['plan', '-i', site.inventory, '--json']);
    expect([0, 3], plan.info).toContain(plan.exit);
    expect(checkUntouched(site)).toEqual([]);
  });
});
