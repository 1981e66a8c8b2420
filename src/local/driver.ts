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
  executeSettle,
  executeStart,
  executeVerify,
  type LoaderTools,
  loaderSteps,
  queryStart,
} from './loader/steps.ts';
import { type LocalLook, type LookMode, type LookTools, lookAtPort } from './look/look.ts';
import { LOCAL_TIMEOUTS, type LocalTimeouts } from './timeouts.ts';

export interface LocalOptions {
  /** Clock for the ports. */
  readonly clock: Clock;
  /** Reads the bytes of an image and checks them against the plan. */
  readonly readBytes: (image: StoredFile) => Promise<Buffer>;
  /** Roots of the kernel's trees; tests and simulations use others. */
  readonly sysfsRoot?: string;
  readonly devRoot?: string;
  readonly procRoot?: string;
  readonly timeouts?: Partial<LocalTimeouts>;
  readonly openLine?: OpenLine;
  readonly openReports?: OpenReports;
}

/** The driver for serial and USB ports, with the look that `local inspect` and `local recover` need. */
export interface LocalDriver extends UpgradeDriver {
  /** Looks at one port in the given mode. */
  lookAt(target: UnitTarget, signal: AbortSignal, mode?: LookMode): Promise<LocalLook>;
}

/**
 * The driver for a unit's own port. It looks at units over serial and USB.
 * It sends an image only to a unit that waits in its boot loader. How a running unit enters its boot loader
 * is not public; see docs/boot-entry.md.
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
    look: ({ target, signal }: StepContext, passive) =>
      lookAtPort(tools, target, { signal }, { passive: passive === true }),
  };
  return {
    look: (target, context) => lookAtPort(tools, target, context),
    lookAt: (target, signal, mode) => lookAtPort(tools, target, { signal }, mode),
    steps: (target, _unit, hop) =>
      isForLoader(target, hop)
        ? { possible: true, steps: loaderSteps(loader) }
        : { possible: false, problem: unsupported(target) },
    async query(step, context) {
      if (!isForLoader(context.target, context.hop))
        return { state: 'unknown', problem: unsupported(context.target) };
      if (step === 'start') return queryStart(loader, context);
      return { state: 'todo', problem: null };
    },
    async execute(step, context) {
      if (isForLoader(context.target, context.hop)) {
        if (step === 'start') return executeStart(loader, context);
        if (step === 'settle') return executeSettle(loader, context);
        if (step === 'verify') return executeVerify(loader, context);
      }
      return { state: 'failed', method: null, problem: unsupported(context.target) };
    },
    switchOutput: async (_to, { target }) => ({
      state: 'failed',
      method: null,
      problem: unsupported(target),
    }),
  };
}

/** A unit without firmware waits in its boot loader, which listens at the serial port. */
function isForLoader({ local }: UnitTarget, hop: Hop): boolean {
  return local !== null && 'serialPort' in local && isUpsHop(hop) && hop.from.version === null;
}

function unsupported(target: UnitTarget): Problem {
  return new Problem(
    'refused/no-path',
    `${unitKey(target)} cannot be updated over its own port: how a running unit takes an image there is not public.`,
    {
      hint: "Use the vendor's Firmware Upgrade Wizard. upsfw plan --format md prints a work order for it.",
    },
  );
}
