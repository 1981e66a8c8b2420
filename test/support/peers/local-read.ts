import type { LocalPort } from '../devices/local-ports.ts';
import { describeBlob, type Field, walk } from './raw-microlink.ts';

/** A unit that was read completely. */
export interface Read extends LocalPort {
  readonly width: number;
  readonly blob: Buffer;
  readonly fields: ReadonlyMap<string, Field>;
  /** The bytes of a field. */
  at(path: string): Buffer;
  text(path: string): string;
  number(path: string): number;
}

/** Reads all pages of a unit and resolves its fields. */
export async function readAll(bench: LocalPort): Promise<Read> {
  const { width, blob } = await walk(bench.raw);
  const fields = describeBlob(blob, width);
  const at = (path: string): Buffer => {
    const field = fields.get(path);
    if (field === undefined || field.hidden) throw new Error(`there is no ${path}`);
    return blob.subarray(field.offset, field.offset + field.size);
  };
  return {
    ...bench,
    width,
    blob,
    fields,
    at,
    text: (path) => at(path).toString('latin1').trim(),
    number: (path) => at(path).readUIntBE(0, at(path).length),
  };
}
