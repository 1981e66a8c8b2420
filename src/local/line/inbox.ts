import type { Problem } from '../../core/index.ts';
import type { LineTime } from './line.ts';

/** More than this is dropped: a device that sends without end is not a unit. */
const MOST_BYTES = 1 << 20;

/** Bytes that arrived and have not been read. */
export class Inbox {
  readonly #time: LineTime;
  #bytes: Buffer[] = [];
  #size = 0;
  #end: Problem | null = null;
  #wake: (() => void) | null = null;

  constructor(time: LineTime) {
    this.#time = time;
  }

  push(bytes: Buffer): void {
    if (this.#size + bytes.length <= MOST_BYTES) {
      this.#bytes.push(bytes);
      this.#size += bytes.length;
    }
    this.#wake?.();
  }

  /** Buffered bytes can still be read; after that every read rejects. */
  end(problem: Problem): void {
    this.#end ??= problem;
    this.#wake?.();
  }

  /** Why no more bytes arrive; null while the port is open. */
  get ended(): Problem | null {
    return this.#end;
  }

  clear(): void {
    this.#bytes = [];
    this.#size = 0;
  }

  async take(milliseconds: number): Promise<Buffer | null> {
    if (this.#size === 0 && this.#end === null) await this.#waitForData(milliseconds);
    if (this.#size > 0) {
      const all = Buffer.concat(this.#bytes);
      this.clear();
      return all;
    }
    if (this.#end !== null) throw this.#end;
    return null;
  }

  async #waitForData(milliseconds: number): Promise<void> {
    const { clock, signal } = this.#time;
    const done = new AbortController();
    const arrived = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([arrived, clock.sleep(milliseconds, AbortSignal.any([signal, done.signal]))]);
    done.abort();
    this.#wake = null;
  }
}
