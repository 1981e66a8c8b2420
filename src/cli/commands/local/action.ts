import { z } from 'zod';
import type { Exit } from '../../exit-codes.ts';
import type { Io } from '../../io.ts';
import { CommonSchema, OverrideSettings } from '../../options.ts';

export const LocalArgs = CommonSchema.extend({
  action: z.enum(['ports', 'look', 'recover', 'stick']),
  words: z.array(z.string().min(1)),
  rules: z.array(z.string().min(1)),
  override: OverrideSettings,
  authenticate: z.boolean(),
  expectId: z.int().min(1).max(0xffff).optional(),
  yes: z.boolean(),
});
export type LocalArgs = z.infer<typeof LocalArgs>;

/** One thing that can be done with units at the ports of this machine. */
export interface LocalAction {
  /** The words that it takes, by what they mean; exactly so many must be given. */
  readonly words: readonly string[];
  /** The options that it takes beside the common ones. */
  readonly takes: readonly string[];
  run(args: LocalArgs, io: Io): Promise<Exit>;
}
