import type { Options } from 'yargs';
import type { z } from 'zod';
import type { Exit } from './exit-codes.ts';
import type { Io } from './io.ts';

export type { Exit } from './exit-codes.ts';

/**
 * One command: its arguments for yargs and for the help text, the schema of its arguments, and its function.
 */
export interface Command<T = unknown> {
  /** In the notation of yargs: `status [run]`. */
  readonly usage: string;
  readonly describe: string;
  readonly positionals: Readonly<Record<string, { readonly describe: string; readonly array?: boolean }>>;
  readonly options: Readonly<Record<string, Options>>;
  readonly schema: z.ZodType<T>;
  run(args: T, io: Io): Promise<Exit>;
}

/** Binds the type of the arguments to the schema without a cast. */
export function defineCommand<T>(command: Command<T>): Command<T> {
  return command;
}
