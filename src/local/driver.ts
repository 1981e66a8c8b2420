import {
  type Clock,
  type Hop,
  isUpsHop,
  Problem,
  type StepContext,
  type StoredFile,
  type UnitTarget,
  type UpgradeDriver,
  unitKey,
} from '../core/index.ts';
import { openHidraw } from './line/hidraw.ts';
import type { OpenLine, OpenReports } from './line/line.ts';
import { openSerialLine } from './line/serial-line.ts';
import {
  checkSending,
  type LoaderTools,
  loaderSteps,
  takeSending,
  takeSettling,
  takeVerifying,
} from './loader/steps.ts';
import { type Looked, type LookManner, type LookTools, lookAtPort } from './look/look.ts';
import { LOCAL_TIMEOUTS, type LocalTimeouts } from './timeouts.ts';

export interface LocalOptions {
  /** Time as the ports see it. */
  readonly clock: Clock;
  /** The bytes of an image, compared with what was planned. */
  readonly readBytes: (image: StoredFile) => Promise<Buffer>;
  /** Roots of what the kernel tells; others in tests and rehearsals. */
  readonly sysfsRoot?: string;
  readonly devRoot?: string;
  readonly procRoot?: string;
  readonly timeouts?: Partial<LocalTimeouts>;
  readonly openLine?: OpenLine;
  readonly openReports?: OpenReports;
}

/** The local path, with what a person at the machine asks of one port. */
export interface LocalDriver extends UpgradeDriver {
  /** Looks at one port, in a manner of one's choice. */
  lookAt(target: UnitTarget, signal: AbortSignal, manner?: LookManner): Promise<Looked>;
}

/**
 * The way over a unit's own port. It looks at units over serial and USB. It sends an image to a unit that waits in its boot loader, and
 * to no other: how a running one is made to take one is not public (see `boot-entry.ts`).
 */
export function createLocalDriver(options: LocalOptions): LocalDriver {
  const tools: LookTools = {
    sysfsRoot: options.sysfsRoot ?? '/sys',
    devRoot: options.devRoot ?? '/dev',
    procRoot: options.procRoot ?? '/proc',
    clock: options.clock,
    timeouts: { ...LOCAL_TIMEOUTS, ...options.timeouts },
    openLine: options.openLine ?? openSerialLine,
    openReports: options.openReports ?? openHidraw,
  };
  const loader: LoaderTools = {
    ...tools,
    readBytes: options.readBytes,
    look: ({ target, signal }: StepContext, gently) =>
      lookAtPort(tools, target, { signal }, { gently: gently === true }),
  };
  return {
    look: (target, context) => lookAtPort(tools, target, context),
    lookAt: (target, signal, manner) => lookAtPort(tools, target, { signal }, manner),
    steps: (target, _unit, hop) =>
      isForLoader(target, hop)
        ? { possible: true, steps: loaderSteps(loader) }
        : { possible: false, problem: cannotSend(target) },
    async query(step, context) {
      if (!isForLoader(context.target, context.hop))
        return { state: 'unknown', problem: cannotSend(context.target) };
      if (step === 'start') return checkSending(loader, context);
      return { state: 'todo', problem: null };
    },
    async execute(step, context) {
      if (isForLoader(context.target, context.hop)) {
        if (step === 'start') return takeSending(loader, context);
        if (step === 'settle') return takeSettling(loader, context);
        if (step === 'verify') return takeVerifying(loader, context);
      }
      return { state: 'failed', method: null, problem: cannotSend(context.target) };
    },
    switchOutput: async (_to, { target }) => ({ state: 'failed', method: null, problem: cannotSend(target) }),
  };
}

/** A hop of a unit that runs nothing goes to its boot loader, which listens at the serial port. */
function isForLoader({ local }: UnitTarget, hop: Hop): boolean {
  return local !== null && 'serialPort' in local && isUpsHop(hop) && hop.from.version === null;
}

function cannotSend(target: UnitTarget): Problem {
  return new Problem(
    'refused/no-path',
    `${unitKey(target)}: how a running unit is made to take an image over its own port is not public.`,
    {
      hint: 'Use the Firmware Upgrade Wizard of the vendor; upsfw plan --format md prints a work order for whoever goes there.',
    },
  );
}
