import { constants, type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a pipe may keep silent: `<(program)` may ask a person for a pass phrase first. */
const PATIENCE_MS = 60_000;
/** Between two looks into a pipe. */
const LOOK_MS = 20;
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a file that somebody has named, whatever it turns out to be: bounded in size and in time. A pipe is read as long as
 * somebody writes to it; opening one never waits for that. Rejects with an error that has a code as the system gives it: EISDIR for a
 * folder, EFBIG for more than `mostBytes`, ETIMEDOUT for a pipe that kept silent.
 */
export async function readFileWithin(
  path: string,
  mostBytes: number,
  patienceMs: number = PATIENCE_MS,
): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = await handle.stat();
    if (found.isFile() && found.size > mostBytes) throw failure('EFBIG', `${found.size} bytes`, path);
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const chunk = await nextChunk(handle, path, patienceMs);
      if (chunk.length === 0) return Buffer.concat(chunks);
      size += chunk.length;
      if (size > mostBytes) throw failure('EFBIG', `more than ${mostBytes} bytes`, path);
      chunks.push(chunk);
    }
  } finally {
    await handle.close();
  }
}

/** The same as UTF-8 text. */
export async function readTextWithin(path: string, mostBytes: number): Promise<string> {
  return (await readFileWithin(path, mostBytes)).toString('utf8');
}

async function nextChunk(handle: FileHandle, path: string, patienceMs: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let waited = 0; waited < patienceMs; waited += LOOK_MS) {
    try {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, null);
      return buffer.subarray(0, bytesRead);
    } catch (thrown) {
      // The system does not say the path of a file that is open already.
      if (!(thrown instanceof Error)) throw thrown;
      if (Reflect.get(thrown, 'code') !== 'EAGAIN') throw Object.assign(thrown, { path });
    }
    await sleep(LOOK_MS);
  }
  throw failure('ETIMEDOUT', `nothing arrived for ${patienceMs} ms`, path);
}

function failure(code: string, message: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${message}, read '${path}'`), { code, syscall: 'read', path });
}
