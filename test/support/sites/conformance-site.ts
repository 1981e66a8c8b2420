import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Io } from '../../../src/cli/io.ts';
import {
  type Fault,
  loadPersona,
  PERSONA_IMAGES,
  type Persona,
  type PersonaName,
  ROUTE_IMAGES,
  type SimulatedDevice,
} from '../../../src/sim/index.ts';
import { openSite, type Ran, type Site } from './site.ts';

/** A transfer method and a start method. */
export interface Methods {
  readonly transfer: 'scp' | 'ftp';
  readonly start: 'snmp' | 'cli';
}

/** A persona with the installed release, if it differs from its own. */
export interface Model {
  readonly persona: PersonaName;
  readonly installed?: string;
}

/** For cards that stop responding; long enough for many units on a busy machine. */
const SHORT_TIMEOUTS = { stalledUpload: 4, afterLastByte: 4, command: 8, flush: 1, handshake: 30 };

/** The device before the run. */
interface Before {
  readonly version: string;
  readonly serial: string;
  readonly outputOn: boolean;
  readonly cardVersions: string;
}

/** A unit of the site, with violations recorded at the moment they happen. */
export interface Watched {
  readonly name: string;
  readonly device: SimulatedDevice;
  readonly before: Before;
  /** Requests that reached the device without a journal line before them. */
  readonly violations: string[];
}

/** One persona many times, each unit with its own fault, at a site where all may be updated at once. */
export interface ConformanceSite extends Site {
  readonly units: readonly Watched[];
  runLogged(args: readonly string[], overrides?: Partial<Io>): Promise<Ran>;
}

/** Every combination of methods in the inventory of a persona. */
export async function methodsOf({ persona }: Model): Promise<readonly Methods[]> {
  const { inventory } = await loadPersona(persona);
  return inventory.transfer.flatMap((transfer) => inventory.start.map((start) => ({ transfer, start })));
}

/** `null` among the faults: a unit without a fault. */
export async function openConformance(
  model: Model,
  faults: readonly (Fault | null)[],
  { method, speed = 3000 }: { readonly method?: Methods; readonly speed?: number } = {},
): Promise<ConformanceSite> {
  const loaded = await loadPersona(model.persona);
  const persona: Persona =
    method === undefined
      ? loaded
      : {
          ...loaded,
          inventory: {
            ...loaded.inventory,
            transfer: [method.transfer],
            start: [method.start],
            // Otherwise an unencrypted community prevents the start by SNMP.
            plaintext: loaded.inventory.plaintext || method.start === 'snmp',
          },
        };
  const site = await openSite(
    faults.map((fault) => ({
      name: fault ?? 'no-fault',
      site: 'here',
      persona,
      faults: fault === null ? [] : [fault],
      ...(model.installed === undefined ? {} : { installed: model.installed }),
    })),
    speed,
  );
  for (const recipes of [ROUTE_IMAGES, PERSONA_IMAGES])
    await site.fleet.writeImages(join(site.folder, 'images'), recipes);
  const text = await readFile(site.inventory, 'utf8');
  await writeFile(site.inventory, text.replace('defaults:', 'defaults:\n  concurrency: 16'));
  const units = site.fleet.units.map(({ unit, device }) => watch(unit.name, device, site.state));
  return {
    ...site,
    units,
    async runLogged(args, overrides = {}) {
      let log = '';
      const ran = await site.run([...args, '--log-level', 'debug'], {
        timeouts: SHORT_TIMEOUTS,
        ...overrides,
        info: (text) => {
          log += text;
          overrides.info?.(text);
        },
      });
      return { ...ran, info: log };
    },
  };
}

function watch(name: string, device: SimulatedDevice, state: string): Watched {
  const violations: string[] = [];
  const watched: Watched = {
    name,
    device,
    violations,
    before: {
      version: device.version,
      serial: device.serial,
      outputOn: device.outputOn,
      cardVersions: cardVersions(device),
    },
  };
  // Checked at the moment when the device counts the request: the line might be written later.
  for (const counter of ['starts', 'cardFlashes'] as const) {
    let count = 0;
    let at = 0;
    Object.defineProperty(device.counters, counter, {
      enumerable: true,
      get: () => count,
      set: (value: number) => {
        count = value;
        const lines = committingLines(state, `here/${name}`);
        // Several methods of one start are one line; accepted starts are counted against the lines.
        if (lines === 0 || (counter === 'cardFlashes' && value > lines))
          violations.push(`${counter} became ${value} with ${lines} lines "committing" in the journal`);
        if (lines < at) violations.push('a line of the journal was taken back');
        at = lines;
      },
    });
  }
  return watched;
}

/** Number of "committing" lines for a unit in the journals on disk. */
function committingLines(state: string, key: string): number {
  return readdirSync(join(state, 'runs'))
    .flatMap((run) => readFileSync(join(state, 'runs', run, 'journal.jsonl'), 'utf8').split('\n'))
    .filter((line) => line.includes('"state":"committing"') && line.includes(`"unit":"${key}"`)).length;
}

export function cardVersions({ card }: SimulatedDevice): string {
  return `${card.bootVersion} ${card.osVersion} ${card.appVersion}`;
}

/** Every file below a folder, with its text. */
export async function filesUnder(folder: string): Promise<readonly { file: string; text: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const file = join(entry.parentPath, entry.name);
        return { file, text: await readFile(file, 'latin1') };
      }),
  );
}
