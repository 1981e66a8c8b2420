/** Upgrades for the conformance tests: a persona, its methods and faults, then the upgrade and its resume. */
import type { Fault } from '../../../src/sim/index.ts';
import { type ConformanceSite, type Methods, type Model, methodsOf } from './conformance-site.ts';
import {
  checkNoFurtherStart,
  checkRun,
  checkTexts,
  countStarts,
  type RunReport,
  reportOf,
} from './invariants.ts';

/** A persona that has every method. */
export const ALL_METHODS: Model = { persona: 'smx1500-current', installed: '09.8' };

/** One upgrade of a site: a unit for each fault, `null` for a unit without a fault. */
export interface UpgradeCase {
  readonly title: string;
  readonly model: Model;
  readonly method?: Methods;
  readonly output?: 'off' | undefined;
  readonly faults: readonly (Fault | null)[];
}

export async function byMethods(
  model: Model,
  faults: UpgradeCase['faults'],
  output?: 'off',
): Promise<readonly UpgradeCase[]> {
  const methods = await methodsOf(model);
  return methods.map((method) => ({
    title: `${model.persona}, ${method.transfer} and ${method.start}${output === 'off' ? ', output off' : ''}`,
    model,
    method,
    faults,
    ...(output === undefined ? {} : { output }),
  }));
}

/** Upgrades every unit of the site, resumes the run, and returns the first report and all violations. */
export async function upgradeAndResume(
  site: ConformanceSite,
  { output }: Pick<UpgradeCase, 'output'>,
): Promise<{ readonly report: RunReport; readonly broken: readonly string[] }> {
  const chosen =
    output === undefined
      ? []
      : ['--switch-output', output, ...site.units.flatMap(({ name }) => ['--unit', name])];
  const ran = await site.runLogged([
    'upgrade',
    '-i',
    site.inventory,
    '--apply',
    '--yes',
    '--json',
    ...chosen,
  ]);
  const report = reportOf(ran);
  const broken = [...(await checkRun(site, ran))];
  const starts = countStarts(site);
  if (report.units.some(({ outcome }) => outcome !== 'upgraded' && outcome !== 'current')) {
    const resumed = await site.runLogged(['resume', '--yes', '--json']);
    for (const text of await checkRun(site, resumed)) broken.push(`resume: ${text}`);
    broken.push(...(await checkNoFurtherStart(site, report, starts)));
  }
  broken.push(...(await checkTexts(site, await site.runLogged(['report']))));
  return { report, broken };
}
