import type { SimulatedDevice } from '../device/device.ts';
import { OUTPUT_ORDERS, type OutputOrder, switchOutput } from '../device/outputs.ts';
import { badOption, FAILED, ISSUED, NO_UPS, OK, type ShellAnswer } from './answer.ts';

const USAGE = [
  'Usage: ups -- Configuration Options',
  '  ups [-c <off | graceoff | on>] [-st]',
  '  [-o# <Off | On>]',
];

/** `ups`: shows the state of the output and switches it. Source: docs/sources/card.md#command-output */
export function upsCommand(device: SimulatedDevice, args: readonly string[]): ShellAnswer {
  const [option = '', value = ''] = args;
  if (option === '?') return { lines: USAGE };
  if (option === '-st') return device.linkUp ? { lines: [OK, `State: ${stateText(device)}`] } : NO_UPS;
  // No persona has switched outlet groups.
  if (/^-o\d{1,2}$/.test(option)) return device.linkUp ? FAILED : NO_UPS;
  const order = OUTPUT_ORDERS.find((one) => one === value.toLowerCase());
  if (option !== '-c' || order === undefined) return badOption(USAGE);
  return orderOutput(device, order);
}

function orderOutput(device: SimulatedDevice, order: OutputOrder): ShellAnswer {
  if (order !== 'on' && device.has('output-off-lost')) return { lines: [], next: 'hang-up' };
  const answer = switchOutput(device, order);
  if (device.has('output-command-lost-answer')) return { lines: [], next: 'hang-up' };
  if (answer === 'no-link') return NO_UPS;
  return answer === 'issued' ? { lines: [ISSUED] } : FAILED;
}

/** State and alarms as `ups -st` and `detstatus` print them. */
export function stateText(device: SimulatedDevice): string {
  const alarms = device.alarm ? 'Fan Fault' : 'No Alarms Present';
  if (!device.outputOn) return `Off, ${alarms}`;
  return device.onBattery ? 'On Battery' : `On Line, ${alarms}`;
}
