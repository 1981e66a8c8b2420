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
import type { Looked } from '../look/look.ts';
import type { LocalTimeouts } from '../timeouts.ts';
import { type Sent, sendImage } from './xmodem.ts';

/** What the steps of a recovery need: the port, and a look at whoever is behind it. */
export interface LoaderTools {
  readonly clock: Clock;
  readonly timeouts: LocalTimeouts;
  readonly openLine: OpenLine;
  /** The bytes of an image, compared with what was planned. */
  readonly readBytes: (image: StoredFile) => Promise<Buffer>;
  /** Looks at the unit at the port; `gently`: asks in its own protocol only, because it may be programming. */
  readonly look: (context: StepContext, gently?: boolean) => Promise<Looked>;
}

const NEVER = new AbortController().signal;

/**
 * The slowest image that is known takes half an hour on the wire, and may be begun anew.
 * Source: docs/sources/local.md#boot-loader
 */
const SENDING_LIMIT = 3 * 3600;

/** Steps of an image into a boot loader. The loader takes it as it comes, so there is no transfer before the start. */
export function loaderSteps({ timeouts }: Pick<LoaderTools, 'timeouts'>): readonly Step[] {
  return [
    { step: 'start', commits: true, limitSeconds: SENDING_LIMIT },
    { step: 'settle', commits: false, limitSeconds: timeouts.settle + 60 },
    { step: 'verify', commits: false, limitSeconds: 180 },
  ];
}

/** How the sending stands: `todo` while a boot loader asks for an image. Listens before it asks. */
export async function checkSending(tools: LoaderTools, context: StepContext): Promise<StepCheck> {
  // It may be programming: of a run that was cut off nobody knows.
  const { unit, problem } = await tools.look(context, true);
  if (problem?.code === 'device/boot-loader') return { state: 'todo', problem: null };
  if (problem !== null) return { state: 'unknown', problem };
  const { hop } = context;
  if (isAt(unit, hop, 'to')) return { state: 'done', problem: null };
  return { state: 'failed', problem: notWaiting(context, describeInstalled(unit, hop)) };
}

function notWaiting({ target, hop }: StepContext, runs: string): Problem {
  return new Problem(
    'device/start-refused',
    `${unitKey(target)} runs ${runs}; the image is for a unit that waits in its boot loader (${describeEnd(hop, 'to')}).`,
    {
      hint: 'A unit that runs is updated with the Firmware Upgrade Wizard, a card or a USB stick: upsfw plan --format md prints how.',
    },
  );
}

/** Sends the image. Nothing is sent before the loader asks, and it is asked again only by the loader itself. */
export async function takeSending(tools: LoaderTools, context: StepContext): Promise<StepResult> {
  const { target, image, progress } = context;
  if (isCardFile(image))
    throw new Problem('internal/unexpected', 'A card file cannot go into a UPS.', { hint: 'Report this.' });
  let bytes: Buffer;
  let line: ByteLine;
  try {
    bytes = await tools.readBytes(image);
    line = await tools.openLine(portOf(context), 9600, { clock: tools.clock, signal: NEVER });
  } catch (thrown) {
    // Before the port is open nothing can have been sent.
    return { state: 'failed', method: null, problem: asProblem(thrown) };
  }
  const said = (kind: 'received' | 'note', text: string): void =>
    context.transcript?.({ at: tools.clock.now(), where: `${line.name} xmodem`, kind, text });
  try {
    // Nothing has been sent so far: the port is open, and the loader asks for its image.
    const permit = await context.commit('xmodem');
    if (!permit.isFresh()) return { state: 'not-started', method: 'xmodem', problem: tooLate(context) };
    said('note', `sending ${image.file}, ${bytes.length} bytes`);
    const sent = await sendImage(line, bytes, {
      clock: tools.clock,
      timeouts: tools.timeouts,
      stop: context.signal,
      progress: (blocks, of, note) => progress(blocks / of, note),
      said,
    });
    said('note', JSON.stringify(sent));
    return resultOf(sent, context);
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (!problem.code.startsWith('link/')) throw problem;
    return unknown(
      new Problem(
        'device/update-unknown',
        `${unitKey(target)}: ${problem.message} What the unit has of the image is not known.`,
        { hint: KEEP, cause: problem },
      ),
    );
  } finally {
    await line.close();
  }
}

/** What to do, and what not, where nobody knows how far the unit is. */
const KEEP =
  'Leave the unit on mains and do not press its buttons while a light blinks. Plug the cable in again and listen: upsfw local inspect PORT. Where its boot loader waits, the image can be sent again from the first block, as often as it takes.';

const AGAIN =
  'It waits in its boot loader and loses nothing by that. Try again: upsfw local recover PORT IMAGE --expect-id ID';

function tooLate({ target }: StepContext): Problem {
  return new Problem(
    'refused/stopped',
    `${unitKey(target)}: more than two seconds went by between the line in the journal and the first block, so nothing was sent.`,
    { hint: 'This machine may have slept or be overloaded. Send the image again.' },
  );
}

function unknown(problem: Problem): StepResult {
  return { state: 'unknown', method: 'xmodem', problem };
}

function failed(context: StepContext, message: string, hint = AGAIN): StepResult {
  const problem = new Problem('device/update-failed', `${unitKey(context.target)}: ${message}`, { hint });
  return { state: 'failed', method: 'xmodem', problem };
}

function resultOf(sent: Sent, context: StepContext): StepResult {
  const { target } = context;
  switch (sent.end) {
    case 'taken':
    // Every block was taken; what became of them the unit says by itself, or not at all.
    case 'not-acknowledged':
      return { state: 'done', method: 'xmodem', problem: null };
    case 'silent':
      return unknown(
        new Problem('device/update-unknown', `${unitKey(target)} fell silent after block ${sent.block}.`, {
          hint: KEEP,
        }),
      );
    case 'asks-again':
      return failed(context, `the boot loader began anew each time (${sent.why}).`);
    case 'refused':
      return failed(
        context,
        `the boot loader refused block ${sent.block} each time it was sent.`,
        'Check cable and adapter (no USB hub between), then try again: the unit waits in its boot loader and loses nothing by that.',
      );
    case 'not-asked':
      return failed(
        context,
        'the boot loader does not ask for an image any more; nothing was sent.',
        'Look at it again: upsfw local inspect PORT.',
      );
    case 'stopped':
      return {
        state: 'failed',
        method: 'xmodem',
        problem: new Problem(
          'refused/stopped',
          `${unitKey(target)}: the operator stopped the sending; the boot loader was told.`,
          { hint: AGAIN },
        ),
      };
  }
}

/** Waits until the unit runs again. A loader that asks anew has not taken the image. */
export async function takeSettling(tools: LoaderTools, context: StepContext): Promise<StepResult> {
  const { clock, progress } = context;
  const until = clock.monotonic() + tools.timeouts.settle * 1000;
  let last: Problem | null = null;
  progress(null, 'waiting for the unit to come back');
  while (clock.monotonic() < until && !context.signal.aborted) {
    // Half of the time it may be programming; then it may also be one that speaks another protocol.
    const gently = clock.monotonic() < until - tools.timeouts.settle * 500;
    const { unit, problem } = await tools.look(context, gently);
    if (problem === null) return { state: 'done', method: 'xmodem', problem: null, unit };
    if (problem.code === 'device/boot-loader')
      return failed(context, 'the boot loader asks for an image again, so it did not take this one.');
    last = problem;
    await clock.sleep(tools.timeouts.again * 1000, context.signal);
  }
  const minutes = Math.round(tools.timeouts.settle / 60);
  return unknown(
    new Problem(
      'device/update-unknown',
      `${unitKey(context.target)} took the image and does not answer ${minutes} minutes later${last === null ? '' : `: ${last.message}`}`,
      {
        hint: 'Do not cut its power while a light blinks. Look at its panel; it may have to be switched on. Then: upsfw local inspect PORT. A unit that stays dead on every port needs the vendor.',
      },
    ),
  );
}

/** Compares what the unit runs with the image that was sent. */
export async function takeVerifying(tools: LoaderTools, context: StepContext): Promise<StepResult> {
  const { unit, problem } = await tools.look(context);
  if (problem !== null) return { ...unknown(problem), unit };
  const { hop } = context;
  if (isAt(unit, hop, 'to')) return { state: 'done', method: 'xmodem', problem: null, unit };
  const other = new Problem(
    'device/changed',
    `${unitKey(context.target)} runs ${describeInstalled(unit, hop)}; the image is ${describeEnd(hop, 'to')}.`,
    {
      hint: 'The unit runs again. See what it may get: upsfw rules decide, or upsfw audit with the unit in the inventory.',
    },
  );
  // Over Modbus a unit does not tell its id.
  const isTold = unit.firmware.version !== null && unit.firmware.microLinkId !== null;
  return { state: isTold ? 'failed' : 'unknown', method: 'xmodem', problem: other, unit };
}

function portOf({ target }: StepContext): string {
  const { local } = target;
  if (local !== null && 'serialPort' in local) return local.serialPort;
  throw new Problem('refused/no-path', `${unitKey(target)} has no serial port.`, {
    hint: 'A boot loader is spoken to over the serial port of the unit.',
  });
}
