import {
  asProblem,
  enumerated,
  Problem,
  printable,
  type StepCheck,
  type StepContext,
  type StepResult,
  type TransferWay,
  throwOwnFaults,
} from '../core/index.ts';
import { uploadByFtp } from './ftp.ts';
import { factsOf, type GenerationFacts } from './generations.ts';
import { listImages, removeImage } from './listing.ts';
import type { ListedFile } from './reply.ts';
import { uploadByScp } from './scp.ts';
import { networkOf, sshOptions, type Tools } from './tools.ts';

/**
 * Whether the image lies on the card: only where the journal remembers a finished upload and the card's listing shows
 * name and size. Either alone could be another file of the same size.
 */
export async function checkTransfer(tools: Tools, context: StepContext): Promise<StepCheck> {
  const { remembered, image, target, before } = context;
  const facts = factsOf(before.card);
  const way = remembered.transferred?.way;
  if (facts === null || (way !== 'ftp' && way !== 'scp')) return { state: 'todo', problem: null };
  try {
    const files = await listImages(tools, target, facts, way, context.signal);
    const there = files.some((file) => file.name === image.file && file.bytes === image.sizeBytes);
    return { state: there && otherImages(files, context).length === 0 ? 'done' : 'todo', problem: null };
  } catch (thrown) {
    context.signal.throwIfAborted();
    // Sending it again is harmless before the start, and says better what is wrong.
    return { state: 'todo', problem: asProblem(thrown) };
  }
}

/** Sends the image by the ways of the inventory, in order, until the card's listing shows it whole. */
export async function takeTransfer(tools: Tools, context: StepContext): Promise<StepResult> {
  const network = networkOf(context.target);
  const facts = factsOf(context.before.card);
  if (facts === null) return failed(null, noFacts());
  const problems: string[] = [];
  let first: Problem | null = null;
  for (const way of network.transfer) {
    context.signal.throwIfAborted();
    try {
      await sendBy(way, tools, context, facts);
      return { state: 'done', way, problem: null };
    } catch (thrown) {
      context.signal.throwIfAborted();
      const problem = asProblem(thrown);
      first ??= problem;
      problems.push(`${way}: ${problem.message}`);
    }
  }
  if (first === null) return failed(null, noFacts());
  const told = problems.length === 1 ? first.message : problems.join(' ');
  return failed(
    null,
    new Problem(first.code, told, { hint: first.hint, transient: first.transient, cause: first }),
  );
}

function failed(way: string | null, problem: Problem): StepResult {
  return { state: 'failed', way, problem };
}

function noFacts(): Problem {
  return new Problem('refused/no-path', 'Nothing is known about sending images to this card.', {
    hint: 'Use the local way, or replace the card by an NMC2 or NMC3.',
  });
}

async function sendBy(
  way: TransferWay,
  tools: Tools,
  context: StepContext,
  facts: GenerationFacts,
): Promise<void> {
  const { image, signal, target } = context;
  const network = networkOf(target);
  const bytes = await tools.readBytes(image);
  const progress = (sent: number): void =>
    context.progress(sent / bytes.length, `sending ${image.file} by ${way}`);
  progress(0);
  if (way === 'ftp') {
    if (!network.plaintext) {
      throw new Problem('refused/plaintext', 'FTP sends the password without encryption.', {
        hint: 'Use scp, or allow it for this unit with plaintext: true.',
      });
    }
    const { name, folder } = { name: image.file, folder: facts.folder };
    await uploadByFtp({
      network,
      signal,
      folder,
      name,
      bytes,
      progress,
      silenceSeconds: tools.waits.afterLastByte,
    });
  } else {
    await uploadByScp({
      ssh: sshOptions(tools, network, signal),
      folder: facts.folder,
      name: image.file,
      bytes,
      stalledSeconds: tools.waits.stalledUpload,
      afterLastByteSeconds: tools.waits.afterLastByte,
      progress,
    });
  }
  await confirm(way, tools, context, facts);
}

/** The listing has the last word, also over an upload whose end was not heard. */
async function confirm(
  way: TransferWay,
  tools: Tools,
  context: StepContext,
  facts: GenerationFacts,
): Promise<void> {
  const { image, target, signal } = context;
  context.progress(1, 'checking the listing of the card');
  const files = await listImages(tools, target, facts, way, signal);
  const others = otherImages(files, context);
  if (others.length > 0) throw crowded(others, context);
  const listed = files.find((file) => file.name === image.file);
  if (listed?.bytes === image.sizeBytes) return;
  const found = listed === undefined ? 'does not list it' : `lists ${listed.bytes} bytes`;
  throw new Problem(
    'device/upload-mismatch',
    `${image.file} has ${image.sizeBytes} bytes; the card ${found}.`,
    {
      hint: 'Look at the folder upsfw on the card: remove what is not needed, then try again. Nothing was started.',
      transient: true,
    },
  );
}

/**
 * Takes the image of a hop that is done off the card again, where a start over SNMP would not tell it from the next one.
 * That it cannot be removed takes nothing away from the hop: the next upload looks at the folder, and says so.
 */
export async function tidyUp(tools: Tools, context: StepContext): Promise<void> {
  const { target, image, remembered, signal } = context;
  const network = networkOf(target);
  const facts = factsOf(context.before.card);
  const sent = remembered.transferred?.way;
  const way = sent === 'ftp' || sent === 'scp' ? sent : network.transfer[0];
  if (facts === null || way === undefined || !network.start.includes('snmp')) return;
  context.progress(null, `removing ${image.file} from the card`);
  try {
    await removeImage(tools, target, facts, way, image.file, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    throwOwnFaults(thrown);
    context.progress(null, `${image.file} stays on the card: ${asProblem(thrown).message}`);
  }
}

/** Images beside the one that is meant. A start over SNMP names no file, so with two of them it is not known which is taken. */
function otherImages(files: readonly ListedFile[], { image, target }: StepContext): readonly string[] {
  if (!networkOf(target).start.includes('snmp')) return [];
  return files.map((file) => file.name).filter((name) => name !== image.file && /\.enc$/i.test(name));
}

function crowded(others: readonly string[], { image }: StepContext): Problem {
  return new Problem(
    'device/other-images',
    `The card holds ${enumerated(others.map((name) => printable(name, 60)))} beside ${image.file}, and a start over SNMP does not say which is meant.`,
    {
      hint: 'Remove the other images from the folder upsfw of the card, or start by the command line only (start: [cli]).',
    },
  );
}
