import {
  asProblem,
  joinList,
  Problem,
  rethrowInternal,
  type StepContext,
  sanitize,
  type TransferMethod,
  type Upload,
} from '../../core/index.ts';
import { type NmcDeps, networkOf, shellOptions, sshOptions } from '../deps.ts';
import { uploadByFtp } from '../files/ftp.ts';
import { ftpOptions } from '../files/ftp-session.ts';
import { listImages, removeImage } from '../files/listing.ts';
import { uploadByScp } from '../files/scp.ts';
import { createSentHash } from '../files/sent-hash.ts';
import type { GenerationFacts } from '../generations/data.ts';
import type { ListedFile } from '../session/reply.ts';
import { withShell } from '../session/shell.ts';
import { askCompatibility, type Compatibility } from './compatibility.ts';

/** How an image is sent. */
export type Manner = Pick<Upload, 'method' | 'small'>;

/** `ftp in small pieces`, for messages. */
export function describeManner({ method, small }: Manner): string {
  return small ? `${method} in small pieces` : method;
}

/**
 * Sends the image and confirms it by the listing of the card. `began` is called before a byte is sent. Throws
 * Problem device/upload-mismatch, link/reset and others of the connection.
 */
export async function uploadBy(
  manner: Manner,
  bytes: Buffer,
  deps: NmcDeps,
  context: StepContext,
  facts: GenerationFacts,
  began: () => void,
): Promise<void> {
  const { image, target } = context;
  const { method, small } = manner;
  const network = networkOf(target);
  const progress = (sent: number): void =>
    context.progress(sent / bytes.length, `sending ${image.file} by ${describeManner(manner)}`);
  const hash = createSentHash(image, 'Nothing was started. Make a new plan.');
  const piece = (next: Buffer): void => {
    began();
    hash.piece(next);
  };
  let reset: Problem | null = null;
  progress(0);
  if (method === 'ftp') {
    await uploadByFtp({
      small,
      onReset: (problem) => {
        reset = problem;
      },
      ...ftpOptions(deps, network, context),
      folder: facts.folder,
      name: image.file,
      bytes,
      progress,
      piece,
      silenceSeconds: deps.timeouts.afterLastByte,
    });
  } else {
    await uploadByScp({
      ssh: sshOptions(deps, network, context),
      folder: facts.folder,
      name: image.file,
      bytes,
      stalledSeconds: deps.timeouts.stalledUpload,
      afterLastByteSeconds: deps.timeouts.afterLastByte,
      progress,
      piece,
    });
  }
  hash.verify();
  await confirm(method, deps, context, facts, reset);
}

/**
 * The listing decides, even if the end of the upload was not acknowledged. `reset`: what explains an
 * incomplete file.
 */
async function confirm(
  method: TransferMethod,
  deps: NmcDeps,
  context: StepContext,
  facts: GenerationFacts,
  reset: Problem | null,
): Promise<void> {
  const { image, target } = context;
  context.progress(1, 'checking the listing of the card');
  const list = (): ReturnType<typeof listImages> => listImages(deps, target, facts, method, context);
  const files = await (reset === null ? list() : onceBack(list, deps, context));
  const others = findOtherImages(files, context);
  if (others.length > 0) throw otherImagesProblem(others, context);
  const listed = files.find((file) => file.name === image.file);
  if (listed?.bytes === image.sizeBytes) {
    await refuseIncompatible(deps, context);
    return;
  }
  if (reset !== null) throw reset;
  const size = listed?.bytes === null ? 'no readable size' : `${listed?.bytes} bytes`;
  const found = listed === undefined ? 'does not list it' : `lists ${size}`;
  throw new Problem(
    'device/upload-mismatch',
    `${image.file} has ${image.sizeBytes} bytes; the card ${found}.`,
    {
      hint: 'Look at the folder upsfw on the card and remove what is not needed, then try again. Nothing was started.',
    },
  );
}

/**
 * Asks the card whether the image is compatible with its UPS, if the inventory allows its command line. A
 * card that cannot be asked is no obstacle: the UPS itself refuses an image with another ID.
 */
async function refuseIncompatible(deps: NmcDeps, context: StepContext): Promise<void> {
  const network = networkOf(context.target);
  if (!network.transfer.includes('scp') && !network.start.includes('cli')) return;
  context.progress(1, 'asking the card whether the image fits');
  let asked: Compatibility;
  try {
    asked = await withShell(shellOptions(deps, network, context), async (shell) =>
      askCompatibility(shell, await shell.run('upsfwupdate ?'), context),
    );
  } catch (thrown) {
    context.signal.throwIfAborted();
    rethrowInternal(thrown);
    return;
  }
  if (asked.state === 'no') throw asked.problem;
}

/** Problems of an upload that never reached the folder, so that nothing can be left there. */
const NOTHING_STORED: readonly string[] = [
  'link/refused',
  'link/dns',
  'link/unreachable',
  'link/handshake',
  'link/host-key',
  'link/certificate',
  'device/login',
  'refused/login',
  'device/login-limit',
  'device/password-change',
  'refused/plaintext',
];

/** Problems of the command line that explain why the card accepts no file. */
const ROOT_CAUSE: readonly string[] = ['device/password-change', 'device/login-limit', 'device/login-code'];

/** What a card answers while it restarts. */
const RESTARTING: readonly string[] = [
  'device/login-limit',
  'link/refused',
  'link/closed',
  'link/timeout',
  'link/unreachable',
];
/** Restarts of a card took 30 to 120 s. Source: docs/sources/card.md#ftp-and-scp */
const RESTART_MS = 180_000;

/** Reads from a card that may be restarting: again after a pause while it answers like one that does. */
async function onceBack<T>(read: () => Promise<T>, deps: NmcDeps, context: StepContext): Promise<T> {
  const { clock, signal } = context;
  const begin = clock.monotonic();
  for (;;) {
    try {
      return await read();
    } catch (thrown) {
      signal.throwIfAborted();
      const isOver = clock.monotonic() - begin >= RESTART_MS;
      if (isOver || !RESTARTING.includes(asProblem(thrown).code)) throw thrown;
    }
    context.progress(null, 'waiting for the card, which reset the connection');
    await clock.sleep(deps.timeouts.poll * 1000, signal);
  }
}

/** A broken connection with what the listing shows of the file. */
function withStored(problem: Problem, bytes: number | null): Problem {
  if (bytes === null) return problem;
  const message = `${problem.message} The card had stored ${bytes} bytes.`;
  return new Problem(problem.code, message, { hint: problem.hint, cause: problem });
}

/**
 * Removes the partial file of a failed upload, and looks for the cause: only the command line reports that
 * the card demands a new password or has no free session. `left`: a sentence for the message if something may
 * be left on the card.
 */
export async function cleanUpUpload(
  method: TransferMethod,
  deps: NmcDeps,
  context: StepContext,
  facts: GenerationFacts,
  problem: Problem,
): Promise<{ readonly problem: Problem; readonly left: string | null }> {
  const { image, target, signal } = context;
  if (NOTHING_STORED.includes(problem.code)) return { problem, left: null };
  try {
    const list = (): ReturnType<typeof listImages> => listImages(deps, target, facts, method, context);
    const files = await (problem.code === 'link/reset' ? onceBack(list, deps, context) : list());
    const part = files.find((file) => file.name === image.file && file.bytes !== image.sizeBytes);
    if (part !== undefined) await removeImage(deps, target, facts, method, image.file, context);
    if (problem.code === 'link/reset')
      return { problem: withStored(problem, part?.bytes ?? null), left: null };
    if (problem.code !== 'device/no-room') return { problem, left: null };
    const names = files.filter((file) => file !== part).map((file) => sanitize(file.name, 60));
    return { problem, left: names.length === 0 ? null : `The folder holds ${joinList(names)}.` };
  } catch (thrown) {
    signal.throwIfAborted();
    rethrowInternal(thrown);
    const why = asProblem(thrown);
    if (ROOT_CAUSE.includes(why.code) && problem.code !== 'link/reset') return { problem: why, left: null };
    const cause = why.message === problem.message ? '' : ` (${why.message})`;
    return { problem, left: `A part of ${image.file} may be on the card${cause}.` };
  }
}

/**
 * Other images in the folder. A start over SNMP names no file, so with two images it is unknown which one
 * starts.
 */
export function findOtherImages(
  files: readonly ListedFile[],
  { image, target }: StepContext,
): readonly string[] {
  if (!networkOf(target).start.includes('snmp')) return [];
  return files.map((file) => file.name).filter((name) => name !== image.file && /\.enc$/i.test(name));
}

function otherImagesProblem(others: readonly string[], { image }: StepContext): Problem {
  return new Problem(
    'device/other-images',
    `The card holds ${joinList(others.map((name) => sanitize(name, 60)))} beside ${image.file}, and a start over SNMP does not select one.`,
    {
      hint: 'Remove the other images from the folder upsfw on the card, or allow only the command line: start: [cli].',
    },
  );
}
