import { Problem } from '../../../core/index.ts';
import { defineCommand } from '../../command.ts';
import { COMMON_OPTIONS } from '../../common-options.ts';
import type { Exit } from '../../exit-codes.ts';
import type { Io } from '../../io.ts';
import { OVERRIDE } from '../../options.ts';
import { type LocalAction, LocalArgs } from './action.ts';

/** What can be done with units at the ports of this machine. Each is loaded when it is wanted. */
const ACTIONS: Readonly<Record<LocalArgs['action'], () => Promise<LocalAction>>> = {
  ports: async () => (await import('./ports.ts')).portsAction,
  look: async () => (await import('./inspect.ts')).lookAction,
  recover: async () => (await import('./recover.ts')).recoverAction,
  stick: async () => (await import('./usb-drive.ts')).stickAction,
};

export const localCommand = defineCommand<LocalArgs>({
  usage: 'local <action> [words..]',
  describe:
    'Units at the ports of this machine: "local ports", "local inspect PORT", "local recover PORT IMAGE" (writes), "local usb-drive DIR IMAGE"',
  positionals: {
    action: { describe: 'ports, look, recover or stick' },
    words: { describe: 'A port, an image, a folder', array: true },
  },
  options: {
    ...COMMON_OPTIONS,
    ...OVERRIDE,
    rules: {
      type: 'string',
      array: true,
      default: [],
      describe: 'A rule file of your own (repeatable); may add, never loosen',
    },
    authenticate: {
      type: 'boolean',
      default: false,
      describe: 'With look: exchange passwords with the unit too, which writes to it',
    },
    'expect-id': {
      type: 'number',
      describe: 'With recover: the Micro-Link id of the unit, which its boot loader does not tell',
    },
    yes: { type: 'boolean', default: false, describe: 'With recover: do not ask' },
  },
  schema: LocalArgs,
  run: local,
});

async function local(args: LocalArgs, io: Io): Promise<Exit> {
  const action = await ACTIONS[args.action]();
  const given = {
    authenticate: args.authenticate,
    'expect-id': args.expectId !== undefined,
    yes: args.yes,
    rules: args.rules.length > 0,
    override: args.override.length > 0,
  };
  const odd = Object.entries(given).filter(([name, is]) => is && !action.takes.includes(name));
  if (odd.length > 0 || args.words.length !== action.words.length) {
    const called = ['upsfw local', args.action, ...action.words].join(' ');
    const what =
      odd.length > 0
        ? `local ${args.action} does not take --${odd.map(([name]) => name).join(', --')}.`
        : `local ${args.action} takes ${action.words.length} words, and ${args.words.length} are given.`;
    throw new Problem('config/usage', what, { hint: `It is called so: ${called}` });
  }
  return action.run(args, io);
}
