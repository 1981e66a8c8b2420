import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { joinList, Problem, sanitize } from '../../core/index.ts';
import type { Inventory } from '../../inventory/index.ts';
import type { FleetArgs } from '../options.ts';
import { entryHashes } from './plan.ts';
import type { PlanFile } from './plan-file.ts';

/** What a plan file was made with, compared with what is there now and with the command line. */

/** What the command line names beside a plan file; undefined or empty where it names nothing. */
export interface CommandLineInputs {
  readonly inventory: string | undefined;
  readonly images: string | undefined;
  readonly rules: readonly string[];
  readonly override: ReadonlyMap<string, string>;
}

/** The files and overrides that a plan is executed with. */
export type ExecutionInputs = Pick<FleetArgs, 'inventory' | 'images' | 'rules'> & {
  readonly override: ReadonlyMap<string, string>;
};

/**
 * The files and overrides that the plan was made with. Throws Problem config/plan where the command line
 * names others: a plan is executed with what it was made with, or not at all.
 */
export async function resolveOrigin(
  { madeWith }: PlanFile,
  given: CommandLineInputs,
): Promise<ExecutionInputs> {
  const { inventory, images, rules, override } = madeWith;
  if (given.inventory !== undefined && !(await isSameFile(given.inventory, inventory.file)))
    throw mismatch('config/plan', 'the inventory', inventory.file, given.inventory, '-i');
  if (given.images !== undefined && (images === null || !(await isSameFile(given.images, images))))
    throw mismatch('config/plan', 'the images folder', images ?? 'none', given.images, '--images');
  if (given.rules.length > 0 && !(await areSameFiles(given.rules, rules)))
    throw mismatch(
      'config/plan',
      'the rule files',
      joinList(rules) || 'none',
      joinList(given.rules),
      '--rules',
    );
  const recorded = override.map(({ rule, reason }) => `${rule}="${reason}"`).sort();
  const requested = [...given.override].map(([rule, reason]) => `${rule}="${reason}"`).sort();
  if (requested.length > 0 && requested.join('\n') !== recorded.join('\n')) {
    throw mismatch(
      'config/plan',
      'the overridden rules',
      joinList(recorded) || 'none',
      joinList(requested),
      '--override',
    );
  }
  return {
    inventory: inventory.file,
    ...(images === null ? {} : { images }),
    rules: [...rules],
    override: new Map(override.map(({ rule, reason }) => [rule, reason])),
  };
}

/** What the command line chooses beside a plan file; undefined or empty where it chooses nothing. */
export interface CommandLineChoice {
  readonly component?: string | undefined;
  readonly switchOutput?: 'off' | undefined;
  readonly unit: readonly string[];
  readonly site: readonly string[];
}

/**
 * A plan file is executed exactly. Throws Problem config/usage, with both sides, where the command line
 * chooses units, another component or outputs.
 */
export function refuseOtherChoice({ plan }: PlanFile, given: CommandLineChoice): void {
  const { component, switchOutput, unit, site } = given;
  if (component !== undefined && component !== plan.component)
    throw mismatch('config/usage', '--component', plan.component, component, '--component');
  const keys = plan.units.map(({ key }) => key);
  const off = plan.units.filter(({ switchOutput: to }) => to === 'off').map(({ key }) => key);
  if (switchOutput !== undefined) {
    const was = off.length === 0 ? 'no unit' : joinList(off);
    throw mismatch(
      'config/usage',
      'outputs to switch off:',
      was,
      `--switch-output ${switchOutput}`,
      '--switch-output',
    );
  }
  const chosen = [...site.map((name) => `--site ${name}`), ...unit.map((name) => `--unit ${name}`)];
  if (chosen.length > 0)
    throw mismatch('config/usage', 'the units', joinList(keys), joinList(chosen), '--unit and --site');
}

/**
 * Throws Problem config/plan where the rules are no longer those that the plan was made with. `hash`: that of
 * the rules as they are now.
 */
export function checkRules({ plan }: PlanFile, hash: string): void {
  if (plan.rules === hash) return;
  throw new Problem(
    'config/plan',
    `The content of the rules, the catalogue or the trusted hashes changed since plan ${plan.id} was made: it was ${sanitize(plan.rules, 100)}, it is ${hash}. No device was asked.`,
    { hint: 'Make a new plan, check it and execute it: upsfw plan --out FILE.' },
  );
}

function mismatch(
  code: 'config/plan' | 'config/usage',
  what: string,
  was: string,
  is: string,
  option: string,
): Problem {
  return new Problem(
    code,
    `The plan was made with ${what} ${sanitize(was, 500)}; the command line names ${sanitize(is, 500)}.`,
    { hint: `Leave ${option} out, or make a new plan: upsfw plan ${option} ... --out FILE.` },
  );
}

async function areSameFiles(a: readonly string[], b: readonly string[]): Promise<boolean> {
  if (a.length !== b.length) return false;
  const same = await Promise.all(a.map((file, index) => isSameFile(file, b[index] ?? '')));
  return same.every(Boolean);
}

/** Whether two paths lead to one file. False where one of them does not exist and the paths differ. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  if (resolve(a) === resolve(b)) return true;
  try {
    return (await realpath(a)) === (await realpath(b));
  } catch {
    // A missing file is not the same file.
    return false;
  }
}

/**
 * Compares the inventory with the one that the plan was made with. Returns a note where only entries outside
 * of the plan changed, null where nothing changed. Throws Problem config/plan where the entry of a planned
 * unit or its partner changed.
 */
export function checkInventory({ plan, madeWith }: PlanFile, inventory: Inventory): string | null {
  const { sha256, entries } = madeWith.inventory;
  if (inventory.sha256 === sha256) return null;
  const keys = plan.units.map(({ key }) => key);
  const now = entryHashes(inventory, keys);
  const changed = keys.filter((key) => now[key] !== entries[key]);
  if (changed.length === 0)
    return `${inventory.file} changed since the plan was made; no entry of this plan did.`;
  throw new Problem(
    'config/plan',
    `${inventory.file}: the entries of ${joinList(changed)} changed since the plan was made.`,
    { hint: 'Make a new plan, check it and execute it: upsfw plan --out FILE.' },
  );
}
