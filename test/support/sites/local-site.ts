import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../../../src/cli/io.ts';
import {
  buildImage,
  type ImageRecipe,
  type LocalFault,
  type LocalPersona,
  type LocalPersonaName,
  type SimulatedLocalDevice,
  startLocalUnits,
} from '../../../src/sim/index.ts';
import { SHORT_TIMEOUTS } from '../devices/local-unit.ts';
import { type Ran, runHere, runOf } from './site.ts';

/** A simulated unit at a port of this machine, images, and commands that work on them. */
export interface LocalSite {
  readonly device: SimulatedLocalDevice;
  readonly port: string;
  readonly folder: string;
  readonly state: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Writes an image and gives its path. */
  image(name: string, recipe: ImageRecipe): Promise<string>;
  run(words: readonly string[], overrides?: Partial<Io>): Promise<Ran>;
  close(): Promise<void>;
}

export const LOADER_IMAGE: ImageRecipe = {
  microLinkId: 17,
  version: '07.1',
  parts: ['UBL 07.3', 'MCU 07.0'],
  payloadBytes: 40_000,
};

const SPEED = 200;

export async function openLocalSite(
  persona: LocalPersonaName | LocalPersona,
  faults: readonly LocalFault[] = [],
  timeouts: Io['localTimeouts'] = {},
): Promise<LocalSite> {
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-recover-'));
  const units = await startLocalUnits({
    units: [{ name: 'closet', site: 's', persona, faults }],
    speed: SPEED,
    folder: join(folder, 'roots'),
  });
  const [running] = units.units;
  if (running === undefined) throw new Error('no unit runs');
  const state = join(folder, 'state');
  await mkdir(join(folder, 'images'));
  const environment = {
    UPSFW_SIM_SPEED: String(SPEED),
    UPSFW_SIM_SYSFS: join(folder, 'roots'),
  };
  return {
    device: running.device,
    port: running.port,
    folder,
    state,
    environment,
    async image(name, recipe) {
      const path = join(folder, 'images', name);
      await writeFile(path, buildImage(recipe));
      return path;
    },
    run: (words, overrides = {}) =>
      runHere([...words, '--state', state], {
        environment,
        localTimeouts: { ...SHORT_TIMEOUTS, ...timeouts },
        ...overrides,
      }),
    async close() {
      await units.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Recovers the unit of a site, which waits in its boot loader, with an image of this recipe. */
export async function recover(site: LocalSite, recipe: ImageRecipe = LOADER_IMAGE) {
  const image = await site.image('SMT17UPS_07-1.enc', recipe);
  const ran = await site.run(['local', 'recover', site.port, image, '--expect-id', '17', '--yes', '--json']);
  const [unit] = runOf(ran).units;
  if (unit === undefined) throw new Error(ran.out);
  return { ran, unit, image: await bytesOf(image), device: site.device };
}

export function bytesOf(path: string): Promise<Buffer> {
  return readFile(path);
}
