import {
  asProblem,
  Problem,
  type StepContext,
  type StepResult,
  type TransferMethod,
} from '../../core/index.ts';
import { type NmcDeps, networkOf, sshOptions } from '../deps.ts';
import { uploadByFtp } from '../files/ftp.ts';
import { ftpOptions } from '../files/ftp-session.ts';
import { uploadByScp } from '../files/scp.ts';
import { HOST_IDENTITY } from '../upload-preconditions.ts';
import { tooLate } from '../ups-update/start.ts';

/** Where a card looks for its own firmware. Source: docs/sources/card.md#firmware-of-the-card */
const ROOT = '/';

/**
 * What became of one way. `sent`: every byte left; that the connection then dies instead of an answer is normal. `invalid`: no byte
 * reached the card, for certain. `late`: the same, because the permit had expired. `maybe`: some may have.
 */
type Attempt =
  | { readonly state: 'sent' }
  | { readonly state: 'late' }
  | { readonly state: 'no' | 'maybe'; readonly problem: Problem };

/**
 * Uploads the file by the ways of the inventory in order. The card takes it as soon as it has it, so at most one upload that may
 * have reached the card is made: after it no other way is tried.
 */
export async function takeCardStart(tools: NmcDeps, context: StepContext): Promise<StepResult> {
  const { transfer } = networkOf(context.target);
  const refusals: { readonly method: TransferMethod; readonly problem: Problem }[] = [];
  let bytes: Buffer;
  try {
    bytes = await tools.readBytes(context.image);
  } catch (thrown) {
    return { state: 'failed', method: null, problem: asProblem(thrown) };
  }
  for (const method of transfer) {
    if (context.signal.aborted) break;
    context.progress(0, `sending ${context.image.file} by ${method}`);
    const attempt = await sendBy(method, bytes, tools, context);
    if (attempt.state === 'sent') return { state: 'done', method: method, problem: null };
    if (attempt.state === 'late') return { state: 'not-started', method: method, problem: tooLate(context) };
    if (attempt.state === 'maybe') return { state: 'unknown', method: method, problem: attempt.problem };
    refusals.push({ method, problem: attempt.problem });
    if (HOST_IDENTITY.includes(attempt.problem.code)) break;
  }
  return { state: 'failed', method: null, problem: nothingSent(refusals) };
}

function nothingSent(
  refusals: readonly { readonly method: TransferMethod; readonly problem: Problem }[],
): Problem {
  const [first] = refusals;
  if (first === undefined) {
    return new Problem('refused/stopped', 'The upload was stopped before it began; the card is unchanged.', {
      hint: 'upsfw resume goes on with it.',
    });
  }
  const told = refusals.map(({ method, problem }) => `${method}: ${problem.message}`).join(' ');
  return new Problem(first.problem.code, `Nothing was sent to the card. ${told}`, {
    hint: first.problem.hint,
    cause: first.problem,
  });
}

async function sendBy(
  method: TransferMethod,
  bytes: Buffer,
  tools: NmcDeps,
  context: StepContext,
): Promise<Attempt> {
  let began = false;
  let isLate = false;
  let isAllowed = false;
  const progress = (sent: number): void => {
    began = true;
    context.progress(sent / bytes.length, `sending ${context.image.file} by ${method}`);
  };
  // Called behind the login, right before the card is offered the file.
  const ready = async (): Promise<void> => {
    const permit = await context.commit(method);
    isLate = !permit.isFresh();
    if (isLate) throw tooLate(context);
    isAllowed = true;
  };
  try {
    await upload(method, bytes, { progress, ready }, tools, context);
    // Also where the last word did not come: the card restarts with its new firmware instead of giving one.
    return { state: 'sent' };
  } catch (thrown) {
    const problem = asProblem(thrown);
    if (isLate) return { state: 'late' };
    // Over FTP the bytes are read when the data connection stands, and the first of them is reported. SCP reports them once they
    // left, so what fails behind the offer may have failed in the middle of the first bytes.
    return { state: isAllowed && (began || method === 'scp') ? 'maybe' : 'no', problem };
  }
}

function upload(
  method: TransferMethod,
  bytes: Buffer,
  hooks: { readonly progress: (sent: number) => void; readonly ready: () => Promise<void> },
  tools: NmcDeps,
  context: StepContext,
): Promise<unknown> {
  const { image, target } = context;
  const network = networkOf(target);
  const file = { folder: ROOT, name: image.file, bytes, ...hooks };
  if (method === 'ftp')
    return uploadByFtp({
      ...ftpOptions(tools, network, context),
      ...file,
      silenceSeconds: tools.timeouts.afterLastByte,
    });
  return uploadByScp({
    ...file,
    ssh: sshOptions(tools, network, context),
    stalledSeconds: tools.timeouts.stalledUpload,
    afterLastByteSeconds: tools.timeouts.afterLastByte,
  });
}
