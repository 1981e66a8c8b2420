import type { ProblemCode } from './problem-codes.ts';
import { fileTrouble } from './system-error.ts';
import { sanitize, sanitizeLines } from './text.ts';

export interface ProblemOptions {
  /** The next action of the person who reads the message. */
  readonly hint: string;
  /** True where the same call may succeed later without anybody doing anything. */
  readonly transient?: boolean;
  /** Lines that belong to the message, such as those of an event log: text fit for printing, one line each. */
  readonly details?: readonly string[];
  readonly cause?: unknown;
}

/** How a problem is shown in every JSON document. */
export interface ProblemJson {
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint: string;
  /** Absent where there are none. */
  readonly details?: readonly string[] | undefined;
}

/**
 * The only error class of the tool. The first part of the code says who is to blame (config, image, device, link,
 * refused, internal); the message gives both sides of a comparison; the hint gives the next action.
 * Text from a device must go through `sanitize` before it gets into a message.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly hint: string;
  readonly transient: boolean;
  readonly details: readonly string[];

  constructor(code: ProblemCode, message: string, options: ProblemOptions) {
    // What quotes a device or a file was cleaned and cut before; this is for the piece that was forgotten.
    super(sanitizeLines(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = sanitizeLines(options.hint);
    this.transient = options.transient ?? false;
    this.details = options.details ?? [];
  }

  toJSON(): ProblemJson {
    const { code, message, hint, details } = this;
    return { code, message, hint, ...(details.length === 0 ? {} : { details: [...details] }) };
  }
}

/** For places where the trouble of a device is an answer like any other: throws on what is a fault of the tool itself. */
export function rethrowInternal(thrown: unknown): void {
  const problem = asProblem(thrown);
  if (isInternal(problem)) throw problem;
}

/** Trouble of the tool itself or of the machine that it runs on: no device has answered so. */
export function isInternal({ code }: Problem): boolean {
  return code.startsWith('internal/') || code === 'config/file';
}

/** Whether what was thrown carries a code of the system, such as `ENOENT`. */
export function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

/**
 * Makes a Problem of anything thrown. An error of the file system becomes config/file, because it is no fault of the tool. Anything
 * else that is not a Problem already becomes internal/unexpected.
 */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const trouble = fileTrouble(thrown);
  if (trouble !== null)
    return new Problem('config/file', trouble.message, { hint: trouble.hint, cause: thrown });
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new Problem('internal/unexpected', `Unexpected error: ${sanitize(text)}`, {
    hint: 'This is a fault of upsfw. Please report it with the command and the output of --log-level debug.',
    cause: thrown,
  });
}
