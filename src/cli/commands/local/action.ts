import { z } from 'zod';
import type { Exit } from '../../exit-codes.ts';
import type { Io } from '../../io.ts';
import { CommonSchema, OverrideSettings } from '../../options.ts';

export const LocalArgs = CommonSchema.extend({
  action: z.enum(['ports', 'inspect', 'recover', 'usb-drive']),
  values: z.array(z.string().min(1)),
  rules: z.array(z.string().min(1)),
  override: OverrideSettings,
  authenticate: z.boolean(),
  expectId: z.int().min(1).max(0xffff).optional(),
  yes: z.boolean(),
});
export type LocalArgs = z.infer<typeof LocalArgs>;

/** One action of `upsfw local`. */
export interface LocalAction {
  /** Names of its arguments; exactly so many must be given. */
  readonly values: readonly string[];
  /** The options that it takes beside the common ones. */
  readonly options: readonly string[];
  run(args: LocalArgs, io: Io): Promise<Exit>;
}
