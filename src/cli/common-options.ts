import type { Options } from 'yargs';

/** Options of every command. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', default: false, describe: 'Print one JSON document on standard output' },
  quiet: { type: 'boolean', default: false, describe: 'Print only results, questions and problems' },
  color: {
    type: 'boolean',
    default: true,
    describe: 'Use colors on a terminal (--no-color or NO_COLOR turns them off)',
  },
  'log-level': {
    choices: ['silent', 'error', 'warn', 'info', 'debug'] as const,
    default: 'warn',
    describe: 'Lowest level of log lines on standard error',
  },
  state: {
    type: 'string',
    describe: 'State folder (default: $XDG_STATE_HOME/upsfw, or ~/.local/state/upsfw)',
  },
} satisfies Record<string, Options>;
