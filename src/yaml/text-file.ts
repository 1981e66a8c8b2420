import { constants, type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a pipe may be silent: `<(program)` may first ask a person for a passphrase. */
const SILENCE_LIMIT_MS = 60_000;
/** Interval between two reads of a pipe. */
const POLL_MS = 20;
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a named file of any kind, within limits of size and time. Reads a pipe until its writer closes it;
 * opening one never blocks. Rejects with system error codes: EISDIR for a folder, EFBIG above `maxBytes`,
 * ETIMEDOUT for a silent pipe.
 */
export async function readFileWithin(
  path: string,
  maxBytes: number,
  silenceMs: number = SILENCE_LIMIT_MS,
): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = await handle.stat();
    if (found.isFile() && found.size > maxBytes) throw failure('EFBIG', `${found.size} bytes`, path);
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const chunk = await nextChunk(handle, path, silenceMs);
      if (chunk.length === 0) return Buffer.concat(chunks);
      size += chunk.length;
      if (size > maxBytes) throw failure('EFBIG', `more than ${maxBytes} bytes`, path);
      chunks.push(chunk);
    }
  } finally {
    await handle.close();
  }
}

/** The same as UTF-8 text. */
export async function readTextWithin(path: string, maxBytes: number): Promise<string> {
  return (await readFileWithin(path, maxBytes)).toString('utf8');
}

async function nextChunk(handle: FileHandle, path: string, silenceMs: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let waited = 0; waited < silenceMs; waited += POLL_MS) {
    try {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, null);
      return buffer.subarray(0, bytesRead);
    } catch (thrown) {
      // The system does not give the path of a file that is already open.
      if (!(thrown instanceof Error)) throw thrown;
      if (Reflect.get(thrown, 'code') !== 'EAGAIN') throw Object.assign(thrown, { path });
    }
    await sleep(POLL_MS);
  }
  throw failure('ETIMEDOUT', `nothing arrived for ${silenceMs} ms`, path);
}

function failure(code: string, message: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${message}, read '${path}'`), { code, syscall: 'read', path });
}
