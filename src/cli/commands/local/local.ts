import { Problem } from '../../../core/index.ts';
import { defineCommand } from '../../command.ts';
import { COMMON_OPTIONS } from '../../common-options.ts';
import type { Exit } from '../../exit-codes.ts';
import type { Io } from '../../io.ts';
import { OVERRIDE } from '../../options.ts';
import { type LocalAction, LocalArgs } from './action.ts';

/** Each action is loaded only when it is used. */
const ACTIONS: Readonly<Record<LocalArgs['action'], () => Promise<LocalAction>>> = {
  ports: async () => (await import('./ports.ts')).portsAction,
  inspect: async () => (await import('./inspect.ts')).inspectAction,
  recover: async () => (await import('./recover.ts')).recoverAction,
  'usb-drive': async () => (await import('./usb-drive.ts')).usbDriveAction,
};

export const localCommand = defineCommand<LocalArgs>({
  usage: 'local <action> [values..]',
  describe:
    'Work with units at serial and USB ports: "local ports", "local inspect PORT", "local recover PORT IMAGE" (writes), "local usb-drive DIR IMAGE"',
  positionals: {
    action: { describe: 'ports, inspect, recover or usb-drive' },
    values: { describe: 'PORT, IMAGE or DIR, as the action takes them', array: true },
  },
  options: {
    ...COMMON_OPTIONS,
    ...OVERRIDE,
    rules: {
      type: 'string',
      array: true,
      default: [],
      describe: 'Your own rule file, which may add or tighten rules (repeatable)',
    },
    authenticate: {
      type: 'boolean',
      default: false,
      describe: 'inspect: also exchange passwords with the unit, which writes to it',
    },
    'expect-id': {
      type: 'number',
      describe: 'recover: the Micro-Link ID of the unit, which its boot loader does not report',
    },
    yes: { type: 'boolean', default: false, describe: 'recover: do not ask' },
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
  const unused = Object.entries(given).filter(([name, isGiven]) => isGiven && !action.options.includes(name));
  const count = action.values.length;
  if (unused.length > 0 || args.values.length !== count) {
    const message =
      unused.length > 0
        ? `local ${args.action} does not take --${unused.map(([name]) => name).join(', --')}.`
        : `local ${args.action} takes ${count} ${count === 1 ? 'argument' : 'arguments'}, not ${args.values.length}.`;
    const correct = ['upsfw local', args.action, ...action.values].join(' ');
    throw new Problem('config/usage', message, { hint: `Usage: ${correct}` });
  }
  return action.run(args, io);
}
