import {
  asProblem,
  joinList,
  Problem,
  rethrowInternal,
  type StepCheck,
  type StepContext,
  type StepResult,
  sanitize,
  type TransferMethod,
} from '../../core/index.ts';
import { type NmcDeps, networkOf, shellOptions, sshOptions } from '../deps.ts';
import { uploadByFtp } from '../files/ftp.ts';
import { ftpOptions } from '../files/ftp-session.ts';
import { listImages, removeImage } from '../files/listing.ts';
import { uploadByScp } from '../files/scp.ts';
import { createSentHash } from '../files/sent-hash.ts';
import type { GenerationFacts } from '../generations/data.ts';
import { factsOf } from '../generations/index.ts';
import type { ListedFile } from '../session/reply.ts';
import { withShell } from '../session/shell.ts';
import { HOST_IDENTITY } from '../upload-preconditions.ts';
import { askCompatibility, type Compatibility } from './compatibility.ts';

/**
 * Whether the image is on the card: the journal must hold a finished upload, and the card must list name and
 * size. Either alone could be another file of the same size.
 */
export async function queryTransfer(deps: NmcDeps, context: StepContext): Promise<StepCheck> {
  const { remembered, image, target, before } = context;
  const facts = factsOf(before.card);
  const method = remembered.transferred?.method;
  if (facts === null || (method !== 'ftp' && method !== 'scp')) return { state: 'todo', problem: null };
  try {
    const files = await listImages(deps, target, facts, method, context);
    const there = files.some((file) => file.name === image.file && file.bytes === image.sizeBytes);
    return { state: there && findOtherImages(files, context).length === 0 ? 'done' : 'todo', problem: null };
  } catch (thrown) {
    context.signal.throwIfAborted();
    // Uploading again is harmless before the start, and reports the cause better.
    return { state: 'todo', problem: asProblem(thrown) };
  }
}

/** A wrong image, login or state folder stays wrong with every method. */
const FATAL: readonly string[] = [
  'device/incompatible',
  'image/changed',
  'device/login',
  'refused/login',
  'config/state',
  ...HOST_IDENTITY,
];

/** Uploads the image by the methods of the inventory, in order, until the card lists it completely. */
export async function executeTransfer(deps: NmcDeps, context: StepContext): Promise<StepResult> {
  const network = networkOf(context.target);
  const facts = factsOf(context.before.card);
  if (facts === null) return failed(null, noFacts());
  const read = await deps.readBytes(context.image).catch(asProblem);
  if (read instanceof Problem) return failed(null, read);
  const problems: string[] = [];
  let first: Problem | null = null;
  let remainder: string | null = null;
  for (const method of network.transfer) {
    context.signal.throwIfAborted();
    try {
      await uploadBy(method, read, deps, context, facts);
      return { state: 'done', method, problem: null };
    } catch (thrown) {
      context.signal.throwIfAborted();
      const { problem, left } = await cleanUpUpload(method, deps, context, facts, asProblem(thrown));
      first ??= problem;
      problems.push(`${method}: ${problem.message}`);
      // Reported once, because all methods write to the same folder.
      remainder = left ?? remainder;
      if (FATAL.includes(problem.code)) break;
    }
  }
  if (first === null) return failed(null, noFacts());
  const causes = problems.length === 1 && remainder === null ? [first.message] : problems;
  const message = [...causes, ...(remainder === null ? [] : [remainder])].join(' ');
  return failed(null, new Problem(first.code, message, { hint: first.hint, cause: first }));
}

function failed(method: string | null, problem: Problem): StepResult {
  return { state: 'failed', method, problem };
}

function noFacts(): Problem {
  return new Problem('refused/no-path', 'It is not known how to send images to this card.', {
    hint: 'Update the unit at its own port, or replace the card by an NMC2 or NMC3.',
  });
}

async function uploadBy(
  method: TransferMethod,
  bytes: Buffer,
  deps: NmcDeps,
  context: StepContext,
  facts: GenerationFacts,
): Promise<void> {
  const { image, target } = context;
  const network = networkOf(target);
  const progress = (sent: number): void =>
    context.progress(sent / bytes.length, `sending ${image.file} by ${method}`);
  const hash = createSentHash(image, 'Nothing was started. Make a new plan.');
  const { piece } = hash;
  progress(0);
  if (method === 'ftp') {
    await uploadByFtp({
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
  await confirm(method, deps, context, facts);
}

/** The listing decides, even if the end of the upload was not acknowledged. */
async function confirm(
  method: TransferMethod,
  deps: NmcDeps,
  context: StepContext,
  facts: GenerationFacts,
): Promise<void> {
  const { image, target } = context;
  context.progress(1, 'checking the listing of the card');
  const files = await listImages(deps, target, facts, method, context);
  const others = findOtherImages(files, context);
  if (others.length > 0) throw otherImagesProblem(others, context);
  const listed = files.find((file) => file.name === image.file);
  if (listed?.bytes === image.sizeBytes) {
    await refuseIncompatible(deps, context);
    return;
  }
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
const ROOT_CAUSE: readonly string[] = ['device/password-change', 'device/login-limit'];

/**
 * Removes the partial file of a failed upload, and looks for the cause: only the command line reports that
 * the card demands a new password or has no free session. `left`: a sentence for the message if something may
 * be left on the card.
 */
async function cleanUpUpload(
  method: TransferMethod,
  deps: NmcDeps,
  context: StepContext,
  facts: GenerationFacts,
  problem: Problem,
): Promise<{ readonly problem: Problem; readonly left: string | null }> {
  const { image, target, signal } = context;
  if (NOTHING_STORED.includes(problem.code)) return { problem, left: null };
  try {
    const files = await listImages(deps, target, facts, method, context);
    const part = files.find((file) => file.name === image.file && file.bytes !== image.sizeBytes);
    if (part !== undefined) await removeImage(deps, target, facts, method, image.file, context);
    if (problem.code !== 'device/no-room') return { problem, left: null };
    const names = files.filter((file) => file !== part).map((file) => sanitize(file.name, 60));
    return { problem, left: names.length === 0 ? null : `The folder holds ${joinList(names)}.` };
  } catch (thrown) {
    signal.throwIfAborted();
    rethrowInternal(thrown);
    const why = asProblem(thrown);
    if (ROOT_CAUSE.includes(why.code)) return { problem: why, left: null };
    const cause = why.message === problem.message ? '' : ` (${why.message})`;
    return { problem, left: `A part of ${image.file} may be on the card${cause}.` };
  }
}

/**
 * Removes the image of a finished hop from the card, because a start over SNMP could not tell it from the
 * next image. A failure does not change the result of the hop: the next upload checks the folder and reports
 * it.
 */
export async function removeLeftImage(deps: NmcDeps, context: StepContext): Promise<void> {
  const { target, image, remembered, signal } = context;
  const network = networkOf(target);
  const facts = factsOf(context.before.card);
  const sent = remembered.transferred?.method;
  const method = sent === 'ftp' || sent === 'scp' ? sent : network.transfer[0];
  if (facts === null || method === undefined || !network.start.includes('snmp')) return;
  context.progress(null, `removing ${image.file} from the card`);
  try {
    await removeImage(deps, target, facts, method, image.file, context);
  } catch (thrown) {
    signal.throwIfAborted();
    rethrowInternal(thrown);
    context.progress(null, `${image.file} stays on the card: ${asProblem(thrown).message}`);
  }
}

/**
 * Other images in the folder. A start over SNMP names no file, so with two images it is unknown which one
 * starts.
 */
function findOtherImages(files: readonly ListedFile[], { image, target }: StepContext): readonly string[] {
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
