import {
  asProblem,
  Problem,
  type StepContext,
  type StepResult,
  type TransferMethod,
} from '../../core/index.ts';
import { type NmcDeps, networkOf, sshOptions } from '../deps.ts';
import { type FtpUpload, uploadByFtp } from '../files/ftp.ts';
import { ftpOptions } from '../files/ftp-session.ts';
import { uploadByScp } from '../files/scp.ts';
import { createSentHash } from '../files/sent-hash.ts';
import { firstFailure, HOST_IDENTITY } from '../upload-preconditions.ts';
import { tooLate } from '../ups-update/start.ts';

/** Where a card expects its own firmware. Source: docs/sources/card.md#firmware-of-the-card */
const ROOT = '/';

/**
 * Result of one method. `sent`: all bytes were sent; it is normal that the connection then breaks without an
 * answer. `not-sent`: no byte reached the card. `late`: the same, because the permit had expired.
 * `uncertain`: some bytes may have reached the card.
 */
type Attempt =
  | { readonly state: 'sent' }
  | { readonly state: 'late' }
  | { readonly state: 'not-sent' | 'uncertain'; readonly problem: Problem };

/**
 * Uploads the file by the methods of the inventory, in order. The card installs the file as soon as it is
 * complete, so at most one upload may reach the card. After that no other method is tried.
 */
export async function executeCardStart(deps: NmcDeps, context: StepContext): Promise<StepResult> {
  const { transfer } = networkOf(context.target);
  const refusals: { readonly method: TransferMethod; readonly problem: Problem }[] = [];
  let bytes: Buffer;
  try {
    bytes = await deps.readBytes(context.image);
  } catch (thrown) {
    return { state: 'failed', method: null, problem: asProblem(thrown) };
  }
  for (const method of transfer) {
    if (context.signal.aborted) break;
    context.progress(0, `sending ${context.image.file} by ${method}`);
    const attempt = await uploadBy(method, bytes, deps, context);
    if (attempt.state === 'sent') return { state: 'done', method, problem: null };
    if (attempt.state === 'late') return { state: 'not-started', method, problem: tooLate(context) };
    if (attempt.state === 'uncertain') return { state: 'unknown', method, problem: attempt.problem };
    refusals.push({ method, problem: attempt.problem });
    if (HOST_IDENTITY.includes(attempt.problem.code)) break;
  }
  return { state: 'failed', method: null, problem: nothingSent(refusals) };
}

function nothingSent(
  refusals: readonly { readonly method: TransferMethod; readonly problem: Problem }[],
): Problem {
  const first = firstFailure(refusals.map(({ problem }) => problem));
  if (first === undefined) {
    return new Problem('refused/stopped', 'The upload was stopped before it began; the card is unchanged.', {
      hint: 'Continue with: upsfw resume.',
    });
  }
  const causes = refusals.map(({ method, problem }) => `${method}: ${problem.message}`).join(' ');
  return new Problem(first.code, `Nothing was sent to the card. ${causes}`, {
    hint: first.hint,
    cause: first,
  });
}

async function uploadBy(
  method: TransferMethod,
  bytes: Buffer,
  deps: NmcDeps,
  context: StepContext,
): Promise<Attempt> {
  let began = false;
  let isLate = false;
  let isAllowed = false;
  const progress = (sent: number): void => {
    began = true;
    context.progress(sent / bytes.length, `sending ${context.image.file} by ${method}`);
  };
  // Called after the login, right before the file is offered to the card.
  const ready = async (): Promise<void> => {
    const permit = await context.commit(method);
    isLate = !permit.isFresh();
    if (isLate) throw tooLate(context);
    isAllowed = true;
  };
  const hash = createSentHash(context.image, 'Look at the card: it may have received another file.');
  try {
    await upload(method, bytes, { progress, ready, piece: hash.piece }, deps, context);
    hash.verify();
    // Also without a final answer: the card restarts with its new firmware instead of sending one.
    return { state: 'sent' };
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (isLate) return { state: 'late' };
    // FTP reports progress from the first byte read, which is after the data connection is open. SCP reports
    // only after bytes were sent, so an early SCP failure may have sent some.
    return { state: isAllowed && (began || method === 'scp') ? 'uncertain' : 'not-sent', problem };
  }
}

function upload(
  method: TransferMethod,
  bytes: Buffer,
  hooks: Required<Pick<FtpUpload, 'progress' | 'ready' | 'piece'>>,
  deps: NmcDeps,
  context: StepContext,
): Promise<unknown> {
  const { image, target } = context;
  const network = networkOf(target);
  // The card knows the file by its content; the vendor writes its names in lower case.
  const file = { folder: ROOT, name: image.file.toLowerCase(), bytes, ...hooks };
  if (method === 'ftp')
    return uploadByFtp({
      ...ftpOptions(deps, network, context),
      ...file,
      silenceSeconds: deps.timeouts.afterLastByte,
    });
  return uploadByScp({
    ...file,
    ssh: sshOptions(deps, network, context),
    stalledSeconds: deps.timeouts.stalledUpload,
    afterLastByteSeconds: deps.timeouts.afterLastByte,
  });
}
