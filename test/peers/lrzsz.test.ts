import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/files/index.ts';
import { LOCAL_TIMEOUTS, openSerialLine, sendImage } from '../../src/local/index.ts';
import { buildImage } from '../../src/sim/index.ts';
import { findProgram, skipped } from '../support/peers/daemon.ts';
import { openPair, type PtyPair } from '../support/peers/pty-pair.ts';

const socat = findProgram('socat');
const rx = findProgram('rx', 'lrx');
if (socat === null || rx === null) skipped('lrzsz', 'socat or rx is not installed');

let pair: PtyPair;
let far: SerialPort;
let receiver: ChildProcess;

describe.skipIf(socat === null || rx === null)('a receiver of others (lrzsz)', () => {
  beforeEach(async () => {
    pair = await openPair(socat ?? '');
    far = new SerialPort({ path: pair.there, baudRate: 9600, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      far.open((error) => (error === null ? resolve() : reject(error)));
    });
  });
  afterEach(async () => {
    receiver.kill();
    await new Promise((resolve) => far.close(resolve));
    await pair.stop();
  });

  /** Uses pipes: at its end it discards what a terminal has not read yet, including its last answer. */
  function startReceiver(): void {
    const child = spawn(rx ?? '', ['-c', '-b', 'received'], {
      cwd: pair.folder,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    far.pipe(child.stdin);
    child.stdout.on('data', (bytes: Buffer) => far.write(bytes));
    receiver = child;
  }

  it.each([
    ['of one block', Buffer.alloc(128, 0x1a)],
    [
      'of every byte, those of flow control among them',
      Buffer.from(Array.from({ length: 512 }, (_, at) => at & 0xff)),
    ],
    ['as long as a real one', buildImage({ microLinkId: 17, version: '07.1', payloadBytes: 172_000 })],
  ])('has an image %s as it was sent', async (_, image) => {
    const time = { clock: systemClock, signal: new AbortController().signal };
    const line = await openSerialLine(pair.here, 9600, time);
    const seen: number[] = [];
    startReceiver();
    const gone = once(receiver, 'exit');
    try {
      const sent = await sendImage(line, image, {
        clock: systemClock,
        timeouts: LOCAL_TIMEOUTS,
        stop: new AbortController().signal,
        progress: (blocks) => seen.push(blocks),
        log: () => undefined,
      });
      expect(sent).toEqual({ end: 'taken', isRunning: false });
      await gone;
    } finally {
      await line.close();
    }
    expect(await readFile(join(pair.folder, 'received'))).toEqual(image);
    expect(seen.at(-1)).toBe(image.length / 128);
  });
});
