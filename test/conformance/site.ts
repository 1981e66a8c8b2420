import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Io } from '../../src/cli/io.ts';
import {
  type Fault,
  loadPersona,
  PERSONA_IMAGES,
  type Persona,
  type PersonaName,
  ROUTE_IMAGES,
  type SimulatedDevice,
} from '../../src/sim/index.ts';
import { openSite, type Ran, type Site } from '../cli/harness.ts';

/** One way to send and one to start. */
export interface Way {
  readonly transfer: 'scp' | 'ftp';
  readonly start: 'snmp' | 'cli';
}

/** A persona with the release that it has installed, where that is not its own. */
export interface Model {
  readonly persona: PersonaName;
  readonly installed?: string;
}

/** For cards that say nothing any more; long enough for many units on a busy machine. */
const IMPATIENT = { stalledUpload: 4, afterLastByte: 4, command: 8, flush: 1, handshake: 30 };

/** What a device was before the tool was let at it. */
interface Before {
  readonly version: string;
  readonly serial: string;
  readonly outputOn: boolean;
  readonly cardVersions: string;
}

/** A unit of the site, and what must never happen to it, noted at the moment when it does. */
export interface Watched {
  readonly name: string;
  readonly device: SimulatedDevice;
  readonly before: Before;
  /** Requests that reached the device without a line in the journal before them. */
  readonly early: string[];
}

/** What a command printed, its log among it. */
export type Heard = Ran;

/** One persona many times, each unit with a fault of its own, at a site where all may be at work together. */
export interface ConformanceSite extends Site {
  readonly units: readonly Watched[];
  hear(words: readonly string[], overrides?: Partial<Io>): Promise<Heard>;
}

/** Every way that the inventory of a persona offers. */
export async function waysOf({ persona }: Model): Promise<readonly Way[]> {
  const { inventory } = await loadPersona(persona);
  return inventory.transfer.flatMap((transfer) => inventory.start.map((start) => ({ transfer, start })));
}

/** `null` among the faults: a unit that does not misbehave. */
export async function openConformance(
  model: Model,
  faults: readonly (Fault | null)[],
  { method, speed = 3000 }: { readonly method?: Way; readonly speed?: number } = {},
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
            // Otherwise a community that is not encrypted keeps the start by SNMP from being tried at all.
            plaintext: loaded.inventory.plaintext || method.start === 'snmp',
          },
        };
  const site = await openSite(
    faults.map((fault) => ({
      name: fault ?? 'sound',
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
    async hear(words, overrides = {}) {
      let info = '';
      const ran = await site.run([...words, '--log-level', 'debug'], {
        timeouts: IMPATIENT,
        ...overrides,
        info: (text) => {
          info += text;
          overrides.info?.(text);
        },
      });
      return { ...ran, info };
    },
  };
}

function watch(name: string, device: SimulatedDevice, state: string): Watched {
  const early: string[] = [];
  const watched: Watched = {
    name,
    device,
    early,
    before: {
      version: device.version,
      serial: device.serial,
      outputOn: device.outputOn,
      cardVersions: cardVersions(device),
    },
  };
  // Asked at the very moment when the device counts the request: later the line may have been written after all.
  for (const counter of ['starts', 'cardFlashes'] as const) {
    let count = 0;
    let at = 0;
    Object.defineProperty(device.counters, counter, {
      enumerable: true,
      get: () => count,
      set: (value: number) => {
        count = value;
        const lines = committingLines(state, `here/${name}`);
        // Several ways of one start are one line; what was accepted is counted against the lines.
        if (lines === 0 || (counter === 'cardFlashes' && value > lines))
          early.push(`${counter} became ${value} with ${lines} lines "committing" in the journal`);
        if (lines < at) early.push('a line of the journal was taken back');
        at = lines;
      },
    });
  }
  return watched;
}

/** How often "committing" stands in the journals on disk for a unit. */
function committingLines(state: string, key: string): number {
  return readdirSync(join(state, 'runs'))
    .flatMap((run) => readFileSync(join(state, 'runs', run, 'journal.jsonl'), 'utf8').split('\n'))
    .filter((line) => line.includes('"state":"committing"') && line.includes(`"unit":"${key}"`)).length;
}

export function cardVersions({ card }: SimulatedDevice): string {
  return `${card.bootVersion} ${card.osVersion} ${card.appVersion}`;
}

/** Every file under a folder, with its text. */
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
