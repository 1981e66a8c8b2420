import type { RawPort } from './raw-port.ts';

/** A separate Microlink client for the tests of the simulator, made from docs/sources/local.md only. */

export const FD = Buffer.from([0xfd]);
export const FE = Buffer.from([0xfe]);

/** A frame is valid if both running sums over all of it, including the check bytes, are zero. */
export function isSound(frame: Uint8Array): boolean {
  let [a, b] = [0, 0];
  for (const byte of frame) {
    a += byte;
    b += a;
  }
  return a % 255 === 0 && b % 255 === 0 && frame.at(-1) !== 0 && frame.at(-2) !== 0;
}

/** Finds the two check bytes by trial: only one pair makes a frame valid. */
export function sealed(bytes: readonly number[]): Buffer {
  for (let first = 1; first <= 0xff; first += 1) {
    for (let second = 1; second <= 0xff; second += 1) {
      const frame = Buffer.from([...bytes, first, second]);
      if (isSound(frame)) return frame;
    }
  }
  throw new Error('no check bytes fit');
}

/** A write of `data` at a place in the pages. */
export function writeOf(page: number, offset: number, data: readonly number[]): Buffer {
  return sealed([page, offset, data.length, ...data]);
}

/** Reads one record; throws if it is not valid. */
export async function record(raw: RawPort, width: number): Promise<Buffer> {
  const bytes = await raw.take(width + 3);
  if (!isSound(bytes)) throw new Error(`not sound: ${bytes.toString('hex')}`);
  return bytes;
}

/** Sends FD until there is an answer: earlier bytes may have left an incomplete write in the unit. */
export async function restart(raw: RawPort, width: number): Promise<Buffer> {
  const asking = setInterval(() => raw.write(FD), 250);
  try {
    return await record(raw, width);
  } finally {
    clearInterval(asking);
  }
}

/** Reads every page from the first to the last. */
export async function walk(raw: RawPort): Promise<{ readonly width: number; readonly blob: Buffer }> {
  raw.write(Buffer.from([0xf7, 0xfd]));
  const head = await raw.take(3);
  const width = head[2] ?? 0;
  const first = Buffer.concat([head, await raw.take(width)]);
  if (!isSound(first) || first[0] !== 0) throw new Error(`no page 0: ${first.toString('hex')}`);
  const pages: Buffer[] = [first.subarray(1, -2)];
  for (let page = 1; page < (first[3] ?? 0); page += 1) {
    raw.write(FE);
    const next = await record(raw, width);
    if (next[0] !== page) throw new Error(`page ${next[0]} instead of ${page}`);
    pages.push(next.subarray(1, -2));
  }
  return { width, blob: Buffer.concat(pages) };
}

export interface Field {
  readonly offset: number;
  readonly size: number;
  readonly hidden: boolean;
}

/** The fields of a descriptor by path, such as `2:4.9.40`; throws on an invalid token. */
export function describeBlob(blob: Buffer, width: number): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  let offset = (blob[10] ?? 0) * width + (blob[11] ?? 0);
  let at = 12;
  const next = (): number => {
    const byte = blob[at];
    if (byte === undefined) throw new Error('the descriptor has no end');
    at += 1;
    return byte;
  };
  const hex = (value: number): string => value.toString(16).toUpperCase();
  const usage = (token: number, path: string, hidden: boolean): void => {
    let size = 2;
    for (;;) {
      const more = blob[at];
      if (more === 0xfc) {
        at += 2;
        size = blob[at - 1] ?? 0;
      } else if (more === 0xfb || more === 0xf9) at += 1 + size;
      else if (more === 0xfa) at += 1 + 2 * size;
      else break;
    }
    const name = `${path}${hex(token)}`;
    if (fields.has(name) && !hidden) throw new Error(`${name} is there twice`);
    fields.set(name, { offset, size, hidden });
    offset += size;
  };
  const body = (path: string): void => {
    let hidden = false;
    for (;;) {
      const token = next();
      if (token === 0xff || token === 0xf6) return;
      if (token === 0xf7) continue;
      if (token === 0xf5) hidden = true;
      else if (token === 0xf4) body(path);
      else if (token === 0xf8) body(`${hex(next())}:`);
      else if (token === 0xfe) body(`${path}${hex(next())}.`);
      else if (token === 0xfd) {
        const id = next();
        const count = next();
        const begin = at;
        for (let index = 0; index < count; index += 1) {
          at = begin;
          body(`${path}${hex(id)}[${index}].`);
        }
      } else {
        if (token === 0 || token > 0xdf) throw new Error(`token ${hex(token)} at ${at - 1}`);
        usage(token, path, hidden);
        hidden = false;
      }
    }
  };
  body('');
  return fields;
}

/** The answer of either side to a nonce. */
export function response(blob: Buffer, serial: Uint8Array, nonce: Uint8Array): Buffer {
  let a = blob[4] ?? 0;
  let b = blob[3] ?? 0;
  for (const byte of [...blob.subarray(0, 8), ...serial, ...nonce]) {
    a = (a + byte) % 255;
    b = (b + a) % 255;
  }
  return Buffer.from([a, b]);
}
