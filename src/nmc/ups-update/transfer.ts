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
import type { GenerationFacts } from '../generations/data.ts';
import { factsOf } from '../generations/index.ts';
import type { ListedFile } from '../session/reply.ts';
import { withShell } from '../session/shell.ts';
import { HOST_IDENTITY } from '../upload-preconditions.ts';
import { askCompatibility, type Compatibility } from './compatibility.ts';

/**
 * Whether the image lies on the card: only where the journal remembers a finished upload and the card's listing shows
 * name and size. Either alone could be another file of the same size.
 */
export async function checkTransfer(tools: NmcDeps, context: StepContext): Promise<StepCheck> {
  const { remembered, image, target, before } = context;
  const facts = factsOf(before.card);
  const method = remembered.transferred?.method;
  if (facts === null || (method !== 'ftp' && method !== 'scp')) return { state: 'todo', problem: null };
  try {
    const files = await listImages(tools, target, facts, method, context);
    const there = files.some((file) => file.name === image.file && file.bytes === image.sizeBytes);
    return { state: there && otherImages(files, context).length === 0 ? 'done' : 'todo', problem: null };
  } catch (thrown) {
    context.signal.throwIfAborted();
    // Sending it again is harmless before the start, and says better what is wrong.
    return { state: 'todo', problem: asProblem(thrown) };
  }
}

/** What is wrong with the image, the login or the state folder is wrong over every way. */
const FATAL: readonly string[] = [
  'device/incompatible',
  'device/login',
  'refused/login',
  'config/state',
  ...HOST_IDENTITY,
];

/** Sends the image by the ways of the inventory, in order, until the card's listing shows it whole. */
export async function takeTransfer(tools: NmcDeps, context: StepContext): Promise<StepResult> {
  const network = networkOf(context.target);
  const facts = factsOf(context.before.card);
  if (facts === null) return failed(null, noFacts());
  const problems: string[] = [];
  let first: Problem | null = null;
  let leftThere: string | null = null;
  for (const method of network.transfer) {
    context.signal.throwIfAborted();
    try {
      await sendBy(method, tools, context, facts);
      return { state: 'done', method: method, problem: null };
    } catch (thrown) {
      context.signal.throwIfAborted();
      const said = asProblem(thrown);
      const { problem, left } = await cleanUpUpload(method, tools, context, facts, said);
      first ??= problem;
      problems.push(`${method}: ${problem.message}`);
      // Said once: each way writes to the same folder.
      leftThere = left ?? leftThere;
      if (FATAL.includes(problem.code)) break;
    }
  }
  if (first === null) return failed(null, noFacts());
  const said = problems.length === 1 && leftThere === null ? [first.message] : problems;
  const told = [...said, ...(leftThere === null ? [] : [leftThere])].join(' ');
  return failed(null, new Problem(first.code, told, { hint: first.hint, cause: first }));
}

function failed(method: string | null, problem: Problem): StepResult {
  return { state: 'failed', method: method, problem };
}

function noFacts(): Problem {
  return new Problem('refused/no-path', 'Nothing is known about sending images to this card.', {
    hint: 'Use the local way, or replace the card by an NMC2 or NMC3.',
  });
}

async function sendBy(
  method: TransferMethod,
  tools: NmcDeps,
  context: StepContext,
  facts: GenerationFacts,
): Promise<void> {
  const { image, target } = context;
  const network = networkOf(target);
  const bytes = await tools.readBytes(image);
  const progress = (sent: number): void =>
    context.progress(sent / bytes.length, `sending ${image.file} by ${method}`);
  progress(0);
  if (method === 'ftp') {
    await uploadByFtp({
      ...ftpOptions(tools, network, context),
      folder: facts.folder,
      name: image.file,
      bytes,
      progress,
      silenceSeconds: tools.timeouts.afterLastByte,
    });
  } else {
    await uploadByScp({
      ssh: sshOptions(tools, network, context),
      folder: facts.folder,
      name: image.file,
      bytes,
      stalledSeconds: tools.timeouts.stalledUpload,
      afterLastByteSeconds: tools.timeouts.afterLastByte,
      progress,
    });
  }
  await confirm(method, tools, context, facts);
}

/** The listing has the last word, also over an upload whose end was not heard. */
async function confirm(
  method: TransferMethod,
  tools: NmcDeps,
  context: StepContext,
  facts: GenerationFacts,
): Promise<void> {
  const { image, target } = context;
  context.progress(1, 'checking the listing of the card');
  const files = await listImages(tools, target, facts, method, context);
  const others = otherImages(files, context);
  if (others.length > 0) throw otherImagesProblem(others, context);
  const listed = files.find((file) => file.name === image.file);
  if (listed?.bytes === image.sizeBytes) {
    await refuseIncompatible(tools, context);
    return;
  }
  const size = listed?.bytes === null ? 'no size that can be read' : `${listed?.bytes} bytes`;
  const found = listed === undefined ? 'does not list it' : `lists ${size}`;
  throw new Problem(
    'device/upload-mismatch',
    `${image.file} has ${image.sizeBytes} bytes; the card ${found}.`,
    {
      hint: 'Look at the folder upsfw on the card: remove what is not needed, then try again. Nothing was started.',
    },
  );
}

/**
 * Asks the card whether it calls the image fit for its UPS, where the inventory uses its command line. That it cannot be asked is
 * no answer; the UPS itself refuses an image of another id.
 */
async function refuseIncompatible(tools: NmcDeps, context: StepContext): Promise<void> {
  const network = networkOf(context.target);
  if (!network.transfer.includes('scp') && !network.start.includes('cli')) return;
  context.progress(1, 'asking the card whether the image fits');
  let asked: Compatibility;
  try {
    asked = await withShell(shellOptions(tools, network, context), async (shell) =>
      askCompatibility(shell, await shell.run('upsfwupdate ?'), context),
    );
  } catch (thrown) {
    context.signal.throwIfAborted();
    rethrowInternal(thrown);
    return;
  }
  if (asked.state === 'no') throw asked.problem;
}

/** Problems of an upload that never got to the folder, so that nothing of it can lie there. */
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

/** What a command line says that explains why the card takes no file either. */
const ROOT_CAUSE: readonly string[] = ['device/password-change', 'device/login-limit'];

/**
 * Takes the part of a broken upload off the card, and asks why it broke: a card that wants a new password, or has no free session,
 * says so on its command line only. `left`: the words to say where something may be left on the card.
 */
async function cleanUpUpload(
  method: TransferMethod,
  tools: NmcDeps,
  context: StepContext,
  facts: GenerationFacts,
  problem: Problem,
): Promise<{ readonly problem: Problem; readonly left: string | null }> {
  const { image, target, signal } = context;
  if (NOTHING_STORED.includes(problem.code)) return { problem, left: null };
  try {
    const files = await listImages(tools, target, facts, method, context);
    const part = files.find((file) => file.name === image.file && file.bytes !== image.sizeBytes);
    if (part !== undefined) await removeImage(tools, target, facts, method, image.file, context);
    if (problem.code !== 'device/no-room') return { problem, left: null };
    const names = files.filter((file) => file !== part).map((file) => sanitize(file.name, 60));
    return { problem, left: names.length === 0 ? null : `The folder holds ${joinList(names)}.` };
  } catch (thrown) {
    signal.throwIfAborted();
    rethrowInternal(thrown);
    const why = asProblem(thrown);
    if (ROOT_CAUSE.includes(why.code)) return { problem: why, left: null };
    const cause = why.message === problem.message ? '' : ` (${why.message})`;
    return { problem, left: `A part of ${image.file} may lie on the card${cause}.` };
  }
}

/**
 * Takes the image of a hop that is done off the card again, where a start over SNMP would not tell it from the next one.
 * That it cannot be removed takes nothing away from the hop: the next upload looks at the folder, and says so.
 */
export async function removeLeftImage(tools: NmcDeps, context: StepContext): Promise<void> {
  const { target, image, remembered, signal } = context;
  const network = networkOf(target);
  const facts = factsOf(context.before.card);
  const sent = remembered.transferred?.method;
  const method = sent === 'ftp' || sent === 'scp' ? sent : network.transfer[0];
  if (facts === null || method === undefined || !network.start.includes('snmp')) return;
  context.progress(null, `removing ${image.file} from the card`);
  try {
    await removeImage(tools, target, facts, method, image.file, context);
  } catch (thrown) {
    signal.throwIfAborted();
    rethrowInternal(thrown);
    context.progress(null, `${image.file} stays on the card: ${asProblem(thrown).message}`);
  }
}

/** Images beside the one that is meant. A start over SNMP names no file, so with two of them it is not known which is taken. */
function otherImages(files: readonly ListedFile[], { image, target }: StepContext): readonly string[] {
  if (!networkOf(target).start.includes('snmp')) return [];
  return files.map((file) => file.name).filter((name) => name !== image.file && /\.enc$/i.test(name));
}

function otherImagesProblem(others: readonly string[], { image }: StepContext): Problem {
  return new Problem(
    'device/other-images',
    `The card holds ${joinList(others.map((name) => sanitize(name, 60)))} beside ${image.file}, and a start over SNMP does not say which is meant.`,
    {
      hint: 'Remove the other images from the folder upsfw of the card, or start by the command line only (start: [cli]).',
    },
  );
}
