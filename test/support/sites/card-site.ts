import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isCardFile,
  type Plan,
  type StoredFile,
  type UpgradeDriver,
  unitKey,
} from '../../../src/core/index.ts';
import { systemClock } from '../../../src/files/index.ts';
import { openFolder, readBytes, verifyStored } from '../../../src/images/index.ts';
import { createSecretResolver, loadInventory, resolveTarget } from '../../../src/inventory/index.ts';
import { createNmcDriver, TIMEOUTS, type Timeouts } from '../../../src/nmc/index.ts';
import { judgeCardStart, judgeUnit, loadRules } from '../../../src/rules/index.ts';
import {
  buildPlan,
  type Control,
  createEarlierStarts,
  execute,
  FLEET_POLICY,
} from '../../../src/run/index.ts';
import { createSnmpHub } from '../../../src/snmp/index.ts';
import {
  createJournal,
  createKnownHosts,
  createLocks,
  type Journal,
  type JournalEvent,
  type NewEvent,
  type RunRecord,
  reopenJournal,
} from '../../../src/state/index.ts';
import { type CardSetup, FakeCard, firmware, LOGIN } from '../devices/fake-card.ts';
import { watchedJournal } from './journal.ts';

/** The timeouts of the network driver for a card that restarts within a tenth of a second. */
export const QUICK: Timeouts = {
  ...TIMEOUTS,
  poll: 0.02,
  startSeen: 0.4,
  verify: 0.8,
  cardSettle: 3,
  cardQuiet: 0.6,
  afterLastByte: 2,
  stalledUpload: 2,
  handshake: 5,
  command: 5,
};

export const NMC2_SET: Readonly<Record<string, Buffer>> = {
  'apc_hw05_bootmon_109.bin': firmware('boot', '1.0.9'),
  'apc_hw05_aos_696.bin': firmware('os', '6.9.6'),
  'apc_hw05_sumx_696.bin': firmware('app', '6.9.6'),
};
export const NMC3_SET: Readonly<Record<string, Buffer>> = {
  'apc_hw21_su_2.5.0.8.nmc3': firmware('all', '2.5.0.8'),
};

export interface CardSiteSetup {
  readonly card?: CardSetup;
  readonly files?: Readonly<Record<string, Buffer>>;
  /** Whether the card answers SNMP; otherwise only its command line does. */
  readonly snmp?: boolean;
  readonly transfer?: readonly ('scp' | 'ftp')[];
  readonly timeouts?: Partial<Timeouts>;
}

export interface RunOptions {
  readonly control?: Control;
  readonly onLine?: (event: JournalEvent) => void;
  /** The process is killed when it would write this line: nothing is written from then on. */
  readonly killedBefore?: (event: NewEvent) => boolean;
  /** False: the settings of the card cannot be read. */
  readonly backup?: boolean;
}

/** One unit whose card is updated, with its folder of files; runs in this process. */
export interface CardSite {
  readonly card: FakeCard;
  readonly folder: string;
  readonly inventory: string;
  plan(): Promise<Plan>;
  begin(plan: Plan): Promise<Journal>;
  executeRun(journal: Journal, options?: RunOptions): Promise<RunRecord>;
  /** Resumes the run, like `resume` after the earlier process was killed. */
  resume(options?: RunOptions, again?: boolean): Promise<RunRecord>;
  close(): Promise<void>;
}

export const UNIT = 'berlin/a';

export async function openCardSite(setup: CardSiteSetup = {}): Promise<CardSite> {
  const card = await new FakeCard(setup.card).open();
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-card-'));
  const files = join(folder, 'images');
  await mkdir(files);
  const set = setup.files ?? (setup.card?.platform === 'hw21' ? NMC3_SET : NMC2_SET);
  for (const [name, bytes] of Object.entries(set)) await writeFile(join(files, name), bytes);
  const inventory = join(folder, 'inventory.yaml');
  await writeFile(inventory, inventoryText(card, setup));
  const loaded = await loadInventory(inventory);
  const secrets = createSecretResolver({
    environment: { PW: LOGIN.password, READ: 'public' },
    folder,
    ask: null,
  });
  const targets = await Promise.all(loaded.units.map((unit) => resolveTarget(unit, secrets, 'write')));
  const hub = createSnmpHub({ clock: systemClock, timeoutMs: 150, retries: 0 });
  const state = join(folder, 'state');
  const timeouts = { ...QUICK, ...setup.timeouts };
  const nmc = createNmcDriver({ hub, hostKeys: createKnownHosts(state), readBytes, timeouts });
  const { cardFiles } = await openFolder(files, { allowCardFilesOnly: true });
  const book = await loadRules();
  const journals: Journal[] = [];

  const executeRun: CardSite['executeRun'] = (
    journal,
    { control, onLine, killedBefore, backup = true } = {},
  ) =>
    execute({
      policy: FLEET_POLICY,
      journal: watchedJournal(journal, { onLine, killedBefore }),
      inventory: loaded,
      targets: new Map(targets.map((target) => [unitKey(target), target])),
      drivers: { nmc: withBackup(nmc, backup), local: nmc },
      locks: createLocks(state),
      earlier: createEarlierStarts(state, journal.run),
      clock: systemClock,
      simulationSpeed: 1,
      evaluateRules: (unit, image, _hop, _operator, planned) =>
        isCardFile(image) ? judgeCardStart(book, { unit, file: image, planned: planned.card }) : [],
      image: async (hop): Promise<StoredFile> => {
        const file = cardFiles.find((one) => one.sha256 === hop.image.sha256);
        if (file === undefined) throw new Error(`the folder has no ${hop.image.file}`);
        await verifyStored(file);
        return file;
      },
      control: control ?? { stopNew: false, abort: new AbortController().signal },
      artifacts: { keep: async () => undefined, transcript: () => undefined },
      progress: () => undefined,
      ended: () => undefined,
    });

  return {
    card,
    folder,
    inventory,
    async plan() {
      const [target] = targets;
      if (target === undefined) throw new Error('the inventory has no unit');
      const context = { clock: systemClock, signal: new AbortController().signal, card: true };
      const look = await nmc.look(target, context);
      const verdict = judgeUnit(book, {
        unit: look.unit,
        images: [],
        cardFiles,
        component: 'card',
        transport: 'nmc',
      });
      return buildPlan(book.hash, [{ target, look, verdict }], 'card');
    },
    async begin(plan) {
      const journal = await createJournal(state, 'r', systemClock);
      journals.push(journal);
      await journal.append({ event: 'run', run: 'r', inventory, images: files, rules: [], plan });
      return journal;
    },
    executeRun,
    async resume(options, again = false) {
      for (const journal of journals.splice(0)) await journal.close();
      const journal = await reopenJournal(state, 'r', systemClock);
      journals.push(journal);
      await journal.append({ event: 'resumed' });
      if (again) await journal.append({ event: 'retry', unit: UNIT });
      return executeRun(journal, options);
    },
    async close() {
      for (const journal of journals.splice(0)) await journal.close();
      await hub.close();
      await card.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function inventoryText(
  card: FakeCard,
  { snmp = true, transfer = ['scp', 'ftp'] }: CardSiteSetup,
): string {
  const { ports } = card;
  return `version: 1
images: ./images
defaults:
  ${snmp ? 'snmp: { version: "2c", community: env:READ }' : ''}
  login: { user: ${LOGIN.user}, password: env:PW }
  transfer: [${transfer.join(', ')}]
  plaintext: true
sites:
  - name: berlin
    units:
      - { name: a, host: 127.0.0.1, ports: { snmp: ${ports.snmp}, ssh: ${ports.ssh}, ftp: ${ports.ftp} } }
`;
}

/** Replaces the backup step, which has its own tests. */
function withBackup(driver: UpgradeDriver, works: boolean): UpgradeDriver {
  return {
    ...driver,
    execute: async (step, context) =>
      step === 'backup'
        ? { state: works ? 'done' : 'failed', method: null, problem: null }
        : driver.execute(step, context),
  };
}
