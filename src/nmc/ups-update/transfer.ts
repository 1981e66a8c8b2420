import {
  asProblem,
  Problem,
  rethrowInternal,
  type StepCheck,
  type StepContext,
  type StepResult,
  type TransferMethod,
  type Upload,
} from '../../core/index.ts';
import { type NmcDeps, networkOf, shellOptions } from '../deps.ts';
import { listImages, removeImage } from '../files/listing.ts';
import { factsOf, mayAskForCode } from '../generations/index.ts';
import { withShell } from '../session/shell.ts';
import { firstFailure, HOST_IDENTITY, isRefusedMethod } from '../upload-preconditions.ts';
import { cleanUpUpload, describeManner, findOtherImages, type Manner, uploadBy } from './upload.ts';

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
  'device/login-code',
  'refused/login',
  'config/state',
  ...HOST_IDENTITY,
];

/**
 * Uploads the image by the methods of the inventory, in order, until the card lists it completely. An upload
 * that arrived incomplete is made once more by the same method: an image on the card does nothing by itself.
 */
export async function executeTransfer(deps: NmcDeps, context: StepContext): Promise<StepResult> {
  const network = networkOf(context.target);
  const facts = factsOf(context.before.card);
  if (facts === null) return notSent(noFacts());
  const read = await deps.readBytes(context.image).catch(asProblem);
  if (read instanceof Problem) return notSent(read);
  const asked = mayAskForCode(context.before.card) ? await findCodeQuestion(deps, context) : null;
  if (asked !== null) return failed(null, asked);
  const uploads: Upload[] = [];
  const causes: Cause[] = [];
  let remainder: string | null = null;
  for (const { method, small, isSecond } of network.transfer.flatMap(attemptsBy)) {
    const last = causes.at(-1);
    if (isSecond && !(last !== undefined && AGAIN.includes(last.problem.code))) continue;
    context.signal.throwIfAborted();
    const manner = { method, small };
    let isSent = false;
    const began = (): void => {
      isSent = true;
    };
    try {
      await uploadBy(manner, read, deps, context, facts, began);
      uploads.push({ ...manner, problem: null });
      return { state: 'done', method, problem: null, uploads };
    } catch (thrown) {
      context.signal.throwIfAborted();
      const { problem, left } = await cleanUpUpload(method, deps, context, facts, asProblem(thrown));
      causes.push({ manner, problem });
      if (isSent) uploads.push({ ...manner, problem: problem.toJSON() });
      // Reported once, because all methods write to the same folder.
      remainder = left ?? remainder;
      if (FATAL.includes(problem.code)) break;
    }
  }
  const first = firstFailure(causes.map((cause) => cause.problem));
  if (first === undefined) return notSent(noFacts());
  const messages = describeCauses(causes);
  const message = [...messages, ...(remainder === null ? [] : [remainder])].join(' ');
  const problem = new Problem(first.code, message, { hint: first.hint, cause: first });
  return isRefusedMethod(first) ? notSent(problem) : { ...failed(null, problem), uploads };
}

/**
 * The question for a one-time code that the command line of the card asks this user; null if it asks none or
 * does not answer. The listing after the upload needs the command line.
 */
async function findCodeQuestion(deps: NmcDeps, context: StepContext): Promise<Problem | null> {
  const network = networkOf(context.target);
  if (!network.transfer.includes('scp')) return null;
  context.progress(null, 'logging in to the card');
  try {
    await withShell(shellOptions(deps, network, context), async () => undefined);
    return null;
  } catch (thrown) {
    context.signal.throwIfAborted();
    rethrowInternal(thrown);
    const problem = asProblem(thrown);
    return problem.code === 'device/login-code' ? problem : null;
  }
}

/** Each method is tried once, and a second time if the first upload arrived incomplete. */
function attemptsBy(method: TransferMethod) {
  return [
    { method, small: false, isSecond: false },
    // An FTP server that lost a part may have been sent more than it could take.
    { method, small: method === 'ftp', isSecond: true },
  ];
}

/** Problems of an upload that arrived incomplete. */
const AGAIN: readonly string[] = ['device/upload-mismatch', 'link/reset'];

interface Cause {
  readonly manner: Manner;
  readonly problem: Problem;
}

/** The problems of all attempts, one sentence or more for each that differs from the last. */
function describeCauses(causes: readonly Cause[]): readonly string[] {
  const [only, ...more] = causes;
  if (only !== undefined && more.length === 0) return [only.problem.message];
  return causes.map(({ manner, problem }, index) => {
    const before = causes[index - 1];
    const label = describeManner(manner);
    const again = before?.manner.method === manner.method ? `again by ${label}` : label;
    return before?.problem.message === problem.message
      ? `${again}: the same.`
      : `${again}: ${problem.message}`;
  });
}

function failed(method: string | null, problem: Problem): StepResult {
  return { state: 'failed', method, problem };
}

/** No byte of the image was sent, and no connection was made for it. */
function notSent(problem: Problem): StepResult {
  return { state: 'not-started', method: null, problem };
}

function noFacts(): Problem {
  return new Problem('refused/no-path', 'It is not known how to send images to this card.', {
    hint: 'Update the unit at its own port, or replace the card by an NMC2 or NMC3.',
  });
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
