import type { Options } from 'yargs';
import type { z } from 'zod';
import type { Exit } from './exit-codes.ts';
import type { Io } from './io.ts';

export type { Exit } from './exit-codes.ts';

/** One command: what yargs must know of it, the schema its words must pass, and what it does. */
export interface Command<T = unknown> {
  /** yargs' own notation: `status [run]`. */
  readonly usage: string;
  readonly describe: string;
  readonly positionals: Readonly<Record<string, { readonly describe: string; readonly array?: boolean }>>;
  readonly options: Readonly<Record<string, Options>>;
  readonly schema: z.ZodType<T>;
  run(args: T, io: Io): Promise<Exit>;
}

/** Keeps the type of the arguments bound to the schema without a cast. */
export function defineCommand<T>(command: Command<T>): Command<T> {
  return command;
}
