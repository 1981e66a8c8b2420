/** Every persona, by every method: its upgrade and the resume after it end with a true report. */
import { afterEach, describe, expect, it } from 'vitest';
import { PERSONAS } from '../../src/sim/index.ts';
import { type ConformanceSite, openConformance } from '../support/sites/conformance-site.ts';
import {
  ALL_METHODS,
  byMethods,
  type UpgradeCase,
  upgradeAndResume,
} from '../support/sites/upgrade-cases.ts';
import { LONG } from '../support/values/timeouts.ts';

let site: ConformanceSite;
afterEach(() => site?.close());

const MODELS = PERSONAS.map((persona) => (persona === ALL_METHODS.persona ? ALL_METHODS : { persona }));
const WITHOUT_FAULTS: readonly UpgradeCase[] = (
  await Promise.all(MODELS.flatMap((model) => [byMethods(model, [null]), byMethods(model, [null], 'off')]))
).flat();

describe('an upgrade of every persona, by every method', { timeout: LONG }, () => {
  it.each(WITHOUT_FAULTS)('$title', async ({ model, method, faults, output }) => {
    site = await openConformance(model, faults, method === undefined ? {} : { method });
    expect((await upgradeAndResume(site, { output })).broken).toEqual([]);
  });
});
