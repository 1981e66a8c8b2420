import type { ProblemCode } from './problem-codes.ts';
import { describeFileError } from './system-error.ts';
import { sanitize, sanitizeLines } from './text.ts';

export interface ProblemOptions {
  /** What the reader should do next. */
  readonly hint: string;
  /** Lines that belong to the message, such as those of an event log. Printable text, one line each. */
  readonly details?: readonly string[];
  readonly cause?: unknown;
}

/** How a problem appears in JSON documents. */
export interface ProblemJson {
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint: string;
  /** Absent if there are none. */
  readonly details?: readonly string[] | undefined;
}

/**
 * The error class of everything that a person can see. The first part of the code gives the cause: config,
 * image, device, link, refused, internal. The message gives both sides of a comparison, the hint the next
 * action. Device text must go through `sanitize` before it is put into a message.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly hint: string;
  readonly details: readonly string[];

  constructor(code: ProblemCode, message: string, options: ProblemOptions) {
    // Callers sanitize what they quote; this covers quotes that were forgotten.
    super(sanitizeLines(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = sanitizeLines(options.hint);
    this.details = options.details ?? [];
  }

  toJSON(): ProblemJson {
    const { code, message, hint, details } = this;
    return { code, message, hint, ...(details.length === 0 ? {} : { details: [...details] }) };
  }
}

/** For callers that treat a device problem as a result: throws if the problem is an internal one. */
export function rethrowInternal(thrown: unknown): void {
  const problem = asProblem(thrown);
  if (isInternal(problem)) throw problem;
}

/** A problem of the tool itself or of the machine it runs on; no device caused it. */
export function isInternal({ code }: Problem): boolean {
  return code.startsWith('internal/') || code === 'config/file';
}

/** Problems of a link that a device, or its SSH or SNMP service, answered to. */
const ANSWERED: readonly ProblemCode[] = [
  'link/closed',
  'link/handshake',
  'link/host-key',
  'link/snmp',
  'link/snmp-auth',
  'link/ftp',
  'link/scp',
  'link/ssh',
  'link/certificate',
];

/** Whether a device answered, although the look or request at it failed. */
export function hasAnswered({ code }: Problem): boolean {
  return code.startsWith('device/') || ANSWERED.includes(code);
}

/** True if the error has this system code, such as `ENOENT`. */
export function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

/**
 * Makes a Problem of anything thrown. A file system error becomes config/file, because it is no defect of the
 * tool. Any other error becomes internal/unexpected.
 */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  const fileError = describeFileError(thrown);
  if (fileError !== null)
    return new Problem('config/file', fileError.message, { hint: fileError.hint, cause: thrown });
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new Problem('internal/unexpected', `Unexpected error: ${sanitize(text)}`, {
    hint: 'This is a defect in upsfw. Please report it with the command and the output of --log-level debug.',
    cause: thrown,
  });
}
