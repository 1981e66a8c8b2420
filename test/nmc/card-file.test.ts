import { randomBytes } from 'node:crypto';
import type { Connection, ServerChannel } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import type { NetworkAccess, TranscriptEntry, UnitTarget } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import type { NmcDeps } from '../../src/nmc/deps.ts';
import { readCardFile } from '../../src/nmc/files/read-file.ts';
import { downloadByScp } from '../../src/nmc/files/scp-download.ts';
import { TIMEOUTS } from '../../src/nmc/timeouts.ts';
import { createSnmpHub } from '../../src/snmp/index.ts';
import { type Behaviour, openCard, problemOf, type TestCard } from '../support/devices/ssh-card.ts';

const signal = new AbortController().signal;
let card: TestCard | undefined;
afterEach(async () => {
  await card?.close();
  card = undefined;
});

/**
 * Serves one file as the sending side of SCP: waits for an answer before the header, the bytes and the end.
 */
function source(
  files: Readonly<Record<string, Buffer>>,
  split = Number.POSITIVE_INFINITY,
): NonNullable<Behaviour['exec']> {
  return (channel, command) => {
    const path = command.replace(/^scp -f /, '');
    const bytes = files[path];
    let turn = 0;
    const write = (buffer: Buffer): void => {
      for (let at = 0; at < buffer.length; at += split) channel.write(buffer.subarray(at, at + split));
    };
    channel.on('data', () => {
      turn += 1;
      if (bytes === undefined) {
        channel.write(`\u0001scp: ${path}: No such file\n`);
        channel.exit(1);
        channel.end();
      } else if (turn === 1) write(Buffer.from(`C0644 ${bytes.length} ${path.replace(/^.*\//, '')}\n`));
      else if (turn === 2) write(Buffer.concat([bytes, Buffer.from([0])]));
      else {
        channel.exit(0);
        channel.end();
      }
    });
  };
}

async function download(exec: NonNullable<Behaviour['exec']>, largest = 100_000): Promise<unknown> {
  card = await openCard({ exec });
  const ssh = {
    network: card.network,
    hostKeys: card.hostKeys,
    handshakeSeconds: 20,
    clock: systemClock,
    signal,
  };
  return problemOf(downloadByScp({ ssh, path: 'config.ini', largest, stalledSeconds: 10 }));
}

describe('a download by SCP', () => {
  it('returns the bytes of the file, also from packets of a few bytes', async () => {
    const bytes = randomBytes(5_000);
    expect(await download(source({ 'config.ini': bytes }, 7))).toEqual({ ended: bytes });
  });

  it('records the file in the transcript, without its content', async () => {
    const entries: TranscriptEntry[] = [];
    card = await openCard({ exec: source({ 'config.ini': Buffer.from('community=secret') }) });
    const transcript = (one: TranscriptEntry): void => void entries.push(one);
    const ssh = {
      network: card.network,
      hostKeys: card.hostKeys,
      handshakeSeconds: 20,
      clock: systemClock,
      signal,
      transcript,
    };
    await downloadByScp({ ssh, path: 'config.ini', largest: 100, stalledSeconds: 10 });
    expect(entries.map(({ kind, text }) => [kind, text])).toEqual([
      ['sent', 'scp -f config.ini'],
      ['received', 'C0644 16 config.ini'],
      ['note', '16 bytes of config.ini received by SCP'],
    ]);
  });

  it('returns an empty file, and one of the largest size', async () => {
    expect(await download(source({ 'config.ini': Buffer.alloc(0) }))).toEqual({ ended: Buffer.alloc(0) });
    await card?.close();
    const full = randomBytes(100_000);
    expect(await download(source({ 'config.ini': full }))).toEqual({ ended: full });
  });

  it('reports a missing file with the text of the card', async () => {
    const problem = await download(source({}));
    expect(problem).toMatchObject({
      code: 'device/no-file',
      message: expect.stringContaining('No such file'),
    });
  });

  it('does not read a file that is announced as too large', async () => {
    let answers = 0;
    const problem = await download((channel) => {
      channel.on('data', () => {
        answers += 1;
        if (answers === 1) channel.write('C0644 100001 config.ini\n');
      });
    });
    expect(problem).toMatchObject({ code: 'device/garbage', message: expect.stringContaining('100001') });
    expect(answers).toBe(1);
  });

  it.each([
    ['a header of another form', 'D0755 0 folder\n'],
    ['a size that is no number', 'C0644 -5 config.ini\n'],
    ['a name with a folder', 'C0644 5 ../config.ini\n'],
    ['a header without an end', 'C'.repeat(5_000)],
  ])('refuses %s', async (_what, header) => {
    const problem = await download((channel) => channel.once('data', () => channel.write(header)));
    expect(problem).toMatchObject({ code: 'device/garbage' });
  });

  it('refuses bytes for which the card reports an error', async () => {
    const problem = await download((channel) => {
      channel.once('data', () => {
        channel.write('C0644 3 config.ini\n');
        channel.once('data', () => channel.write('abc\u0001read error\n'));
      });
    });
    expect(problem).toMatchObject({
      code: 'device/garbage',
      message: expect.stringContaining('read error'),
    });
  });

  it('accepts complete bytes without a final status, and no incomplete ones', async () => {
    const cut =
      (sent: string) =>
      (channel: ServerChannel, _command: string, connection: Connection): void => {
        channel.once('data', () => {
          channel.write('C0644 3 config.ini\n');
          channel.once('data', () => channel.write(sent, () => connection.end()));
        });
      };
    expect(await download(cut('abc'))).toEqual({ ended: Buffer.from('abc') });
    await card?.close();
    expect(await download(cut('ab'))).toMatchObject({ code: 'link/closed' });
  });

  it('is refused if the card runs no program', async () => {
    card = await openCard({});
    const ssh = {
      network: card.network,
      hostKeys: card.hostKeys,
      handshakeSeconds: 20,
      clock: systemClock,
      signal,
    };
    const options = { ssh, largest: 10, stalledSeconds: 10 };
    expect(await problemOf(downloadByScp({ ...options, path: 'config.ini' }))).toMatchObject({
      code: 'link/scp',
    });
    expect(await problemOf(downloadByScp({ ...options, path: 'a; reboot -Y' }))).toMatchObject({
      code: 'internal/unexpected',
    });
    expect(card.connections()).toBe(1);
  });
});

describe('a file of the card', () => {
  const read = async (
    exec: Behaviour['exec'],
    paths: readonly string[],
    access: Partial<NetworkAccess> = {},
  ): Promise<unknown> => {
    card = await openCard(exec === undefined ? {} : { exec });
    const tools: NmcDeps = {
      hub: createSnmpHub({ clock: systemClock }),
      hostKeys: card.hostKeys,
      readBytes: () => Promise.reject(new Error('no image is meant here')),
      timeouts: TIMEOUTS,
    };
    return problemOf(
      readCardFile(tools, targetWith({ ...card.network, ...access }), paths, 1000, {
        clock: systemClock,
        signal,
      }),
    );
  };

  it('is tried at one path after the other', async () => {
    const bytes = Buffer.from('log');
    const found = await read(source({ '/logs/event.txt': bytes }), ['event.txt', '/logs/event.txt']);
    expect(found).toEqual({ ended: { bytes, path: '/logs/event.txt', method: 'scp' } });
    expect(card?.connections()).toBe(2);
  });

  it('is missing if no path has it', async () => {
    expect(await read(source({}), ['a', 'b'])).toMatchObject({ code: 'device/no-file' });
  });

  it('is tried by the next method if one fails, and the failure is reported', async () => {
    const both = { transfer: ['scp', 'ftp'] as const };
    // Port 1 of the loopback is closed.
    expect(await read(undefined, ['a'], { ...both, plaintext: true })).toMatchObject({
      code: 'link/refused',
    });
  });

  it('is not requested by a second method from a host with another key', async () => {
    card = await openCard({ exec: source({}) });
    const other = { get: async () => 'SHA256:another', add: async () => undefined };
    const tools: NmcDeps = {
      hub: createSnmpHub({ clock: systemClock }),
      hostKeys: other,
      readBytes: () => Promise.reject(new Error('no image is meant here')),
      timeouts: TIMEOUTS,
    };
    const target = targetWith({ ...card.network, transfer: ['scp', 'ftp'], plaintext: true });
    expect(
      await problemOf(readCardFile(tools, target, ['a'], 10, { clock: systemClock, signal })),
    ).toMatchObject({
      code: 'link/host-key',
    });
  });
});

function targetWith(network: NetworkAccess): UnitTarget {
  return {
    site: 'berlin',
    name: 'a',
    serial: null,
    network,
    local: null,
    window: null,
    switchOutput: null,
    feeds: [],
    redundantWith: [],
  };
}
