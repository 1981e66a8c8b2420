import {
  asProblem,
  type Clock,
  describeEnd,
  describeInstalled,
  isAt,
  isCardFile,
  Problem,
  type Step,
  type StepCheck,
  type StepContext,
  type StepResult,
  type StoredFile,
  unitKey,
} from '../../core/index.ts';
import type { ByteLine, OpenLine } from '../line/line.ts';
import type { LocalLook } from '../look/look.ts';
import type { LocalTimeouts } from '../timeouts.ts';
import { type SendResult, sendImage } from './xmodem.ts';

/** What the steps of a recovery need: the port, and a look at the unit. */
export interface LoaderTools {
  readonly clock: Clock;
  readonly timeouts: LocalTimeouts;
  readonly openLine: OpenLine;
  /** Reads the bytes of an image and checks them against the plan. */
  readonly readBytes: (image: StoredFile) => Promise<Buffer>;
  /** Looks at the unit at the port. `passive`: by Microlink only, because the unit may be programming. */
  readonly look: (context: StepContext, passive?: boolean) => Promise<LocalLook>;
}

const NEVER = new AbortController().signal;

/**
 * The slowest known image takes half an hour on the line, and the transfer may restart.
 * Source: docs/sources/local.md#boot-loader
 */
const SENDING_LIMIT = 3 * 3600;

/** Steps of a recovery. The loader takes the image as it arrives, so the transfer is the start. */
export function loaderSteps({ timeouts }: Pick<LoaderTools, 'timeouts'>): readonly Step[] {
  return [
    { step: 'start', limitSeconds: SENDING_LIMIT },
    { step: 'settle', limitSeconds: timeouts.settle + 60 },
    { step: 'verify', limitSeconds: 180 },
  ];
}

/** State of the transfer: `todo` while a boot loader asks for an image. Listens before it sends anything. */
export async function queryStart(tools: LoaderTools, context: StepContext): Promise<StepCheck> {
  // After an interrupted run the unit may be programming.
  const { unit, problem } = await tools.look(context, true);
  if (problem?.code === 'device/boot-loader') return { state: 'todo', problem: null };
  if (problem !== null) return { state: 'unknown', problem };
  const { hop } = context;
  if (isAt(unit, hop, 'to')) return { state: 'done', problem: null };
  return { state: 'failed', problem: notWaiting(context, describeInstalled(unit, hop)) };
}

function notWaiting({ target, hop }: StepContext, runs: string): Problem {
  return new Problem(
    'refused/no-path',
    `${unitKey(target)} runs ${runs}; the image is for a unit that waits in its boot loader (${describeEnd(hop, 'to')}).`,
    {
      hint: 'Update a running unit with the Firmware Upgrade Wizard, a card or a USB drive: upsfw plan --format md prints the steps.',
    },
  );
}

/** Sends the image once the loader asks for it. Only a request of the loader itself repeats the transfer. */
export async function executeStart(tools: LoaderTools, context: StepContext): Promise<StepResult> {
  const { target, image, progress } = context;
  if (isCardFile(image))
    throw new Problem('internal/unexpected', 'A card file cannot be sent to a UPS.', {
      hint: 'Report this.',
    });
  let bytes: Buffer;
  let line: ByteLine;
  try {
    bytes = await tools.readBytes(image);
    line = await tools.openLine(portOf(context), 9600, { clock: tools.clock, signal: NEVER });
  } catch (thrown) {
    // Nothing can have been sent before the port was open.
    return { state: 'failed', method: null, problem: asProblem(thrown) };
  }
  const log = (kind: 'received' | 'note', text: string): void =>
    context.transcript?.({ at: tools.clock.now(), where: `${line.name} xmodem`, kind, text });
  try {
    // Nothing has been sent yet: the port is open, and the loader asks for its image.
    const permit = await context.commit('xmodem');
    if (!permit.isFresh()) return { state: 'not-started', method: 'xmodem', problem: tooLate(context) };
    log('note', `sending ${image.file}, ${bytes.length} bytes`);
    const sent = await sendImage(line, bytes, {
      clock: tools.clock,
      timeouts: tools.timeouts,
      stop: context.signal,
      progress: (blocks, of, note) => progress(blocks / of, note),
      log,
    });
    log('note', JSON.stringify(sent));
    return resultOf(sent, context);
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (!problem.code.startsWith('link/')) throw problem;
    return unknown(
      new Problem(
        'device/update-unknown',
        `${unitKey(target)}: ${problem.message} How much of the image the unit has is not known.`,
        { hint: KEEP_ON_MAINS, cause: problem },
      ),
    );
  } finally {
    await line.close();
  }
}

/** Advice while the progress of the unit is unknown. */
const KEEP_ON_MAINS =
  'Leave the unit on mains and press no buttons while an LED blinks. Plug the cable in again and run: upsfw local inspect PORT. If the boot loader waits, the image can be sent again from the first block, as often as needed.';

const TRY_AGAIN =
  'It waits in its boot loader, which is safe. Retry: upsfw local recover PORT IMAGE --expect-id ID';

function tooLate({ target }: StepContext): Problem {
  return new Problem(
    'refused/stopped',
    `${unitKey(target)}: more than two seconds passed between the journal line and the first block, so nothing was sent.`,
    { hint: 'This machine may have been asleep or overloaded. Send the image again.' },
  );
}

function unknown(problem: Problem): StepResult {
  return { state: 'unknown', method: 'xmodem', problem };
}

function failed(context: StepContext, message: string, hint = TRY_AGAIN): StepResult {
  const problem = new Problem('device/update-failed', `${unitKey(context.target)}: ${message}`, { hint });
  return { state: 'failed', method: 'xmodem', problem };
}

function resultOf(sent: SendResult, context: StepContext): StepResult {
  const { target } = context;
  switch (sent.end) {
    case 'taken':
    // The unit accepted every block; only the unit itself shows what became of them.
    case 'not-acknowledged':
      return { state: 'done', method: 'xmodem', problem: null };
    case 'silent':
      return unknown(
        new Problem(
          'device/update-unknown',
          `${unitKey(target)} stopped answering after block ${sent.block}.`,
          {
            hint: KEEP_ON_MAINS,
          },
        ),
      );
    case 'asks-again':
      return failed(context, `the boot loader restarted the transfer each time (${sent.reason}).`);
    case 'refused':
      return failed(
        context,
        `the boot loader refused block ${sent.block} each time it was sent.`,
        'Check cable and adapter (no USB hub between), then retry. The unit waits in its boot loader, which is safe.',
      );
    case 'not-asked':
      return failed(
        context,
        'the boot loader no longer asks for an image; nothing was sent.',
        'Look at it again: upsfw local inspect PORT',
      );
    case 'stopped':
      return {
        state: 'failed',
        method: 'xmodem',
        problem: new Problem(
          'refused/stopped',
          `${unitKey(target)}: the operator stopped the transfer, and the boot loader was sent a cancel.`,
          { hint: TRY_AGAIN },
        ),
      };
  }
}

/** Waits until the unit runs again. A loader that asks again has not accepted the image. */
export async function executeSettle(tools: LoaderTools, context: StepContext): Promise<StepResult> {
  const { clock, progress } = context;
  const until = clock.monotonic() + tools.timeouts.settle * 1000;
  let last: Problem | null = null;
  progress(null, 'waiting for the unit to return');
  while (clock.monotonic() < until && !context.signal.aborted) {
    // In the first half the unit may be programming; later it may also speak another protocol.
    const passive = clock.monotonic() < until - tools.timeouts.settle * 500;
    const { unit, problem } = await tools.look(context, passive);
    if (problem === null) return { state: 'done', method: 'xmodem', problem: null, unit };
    if (problem.code === 'device/boot-loader')
      return failed(context, 'the boot loader asks for an image again, so it did not accept this one.');
    last = problem;
    await clock.sleep(tools.timeouts.again * 1000, context.signal);
  }
  const minutes = Math.round(tools.timeouts.settle / 60);
  return unknown(
    new Problem(
      'device/update-unknown',
      `${unitKey(context.target)} accepted the image and has not answered for ${minutes} minutes${last === null ? '' : `: ${last.message}`}`,
      {
        hint: 'Do not cut its power while an LED blinks. Check its panel; it may have to be switched on. Then run: upsfw local inspect PORT. If the unit stays silent on every port, contact the vendor.',
      },
    ),
  );
}

/** Compares the running firmware with the image that was sent. */
export async function executeVerify(tools: LoaderTools, context: StepContext): Promise<StepResult> {
  const { unit, problem } = await tools.look(context);
  if (problem !== null) return { ...unknown(problem), unit };
  const { hop } = context;
  if (isAt(unit, hop, 'to')) return { state: 'done', method: 'xmodem', problem: null, unit };
  const other = new Problem(
    'device/changed',
    `${unitKey(context.target)} runs ${describeInstalled(unit, hop)}; the image is ${describeEnd(hop, 'to')}.`,
    {
      hint: 'The unit runs again. Find applicable updates with: upsfw rules decide, or upsfw audit with the unit in the inventory.',
    },
  );
  // Over Modbus the Micro-Link ID is not known.
  const isKnown = unit.firmware.version !== null && unit.firmware.microLinkId !== null;
  return { state: isKnown ? 'failed' : 'unknown', method: 'xmodem', problem: other, unit };
}

function portOf({ target }: StepContext): string {
  const { local } = target;
  if (local !== null && 'serialPort' in local) return local.serialPort;
  throw new Problem('refused/no-path', `${unitKey(target)} has no serial port.`, {
    hint: 'A boot loader is reached over the serial port of the unit.',
  });
}
