import type { Options } from 'yargs';

/** Options of every command. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', default: false, describe: 'Print exactly one JSON document on standard output' },
  quiet: { type: 'boolean', default: false, describe: 'Say only what must be said' },
  color: { type: 'boolean', default: true, describe: 'Colours on a terminal (--no-color, NO_COLOR)' },
  'log-level': {
    choices: ['silent', 'error', 'warn', 'info', 'debug'] as const,
    default: 'warn',
    describe: 'How much is logged to standard error',
  },
  state: { type: 'string', describe: 'State folder (default: $XDG_STATE_HOME/upsfw)' },
} satisfies Record<string, Options>;
