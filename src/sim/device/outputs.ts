import type { DeviceState } from './state.ts';
import { EVENTS } from './texts.ts';

/** What `ups -c` takes here; a card knows more words. */
export const OUTPUT_ORDERS = ['off', 'on', 'graceoff'] as const;
export type OutputOrder = (typeof OUTPUT_ORDERS)[number];

/** `no-link`: the card has no word from its UPS. */
export type OutputAnswer = 'issued' | 'refused' | 'no-link';

/** Time that a graceful switch-off leaves to the machines behind the output. */
const GRACE_SECONDS = 20;

/** Carries out an order to switch the output; a graceful one ends later. */
export function switchOutput(device: DeviceState, order: OutputOrder): OutputAnswer {
  if (!device.linkUp) return 'no-link';
  if (order !== 'on' && device.has('output-off-refused')) return 'refused';
  device.counters.outputSwitches += 1;
  const mine = device.counters.outputSwitches;
  if (order === 'on') {
    if (!device.has('output-stays-off')) setOutput(device, true);
    return 'issued';
  }
  if (order === 'off') {
    setOutput(device, false);
    return 'issued';
  }
  device.after(GRACE_SECONDS, () => {
    // A later order has taken its place.
    if (!device.outputOn || device.counters.outputSwitches !== mine) return;
    device.log(EVENTS.graceEnded);
    setOutput(device, false);
  });
  return 'issued';
}

/** The output is so from now on, for whatever reason. */
export function setOutput(device: DeviceState, on: boolean): void {
  if (device.outputOn === on) return;
  device.outputOn = on;
  device.log(on ? EVENTS.outputOn : EVENTS.outputOff);
  device.changed();
  if (!on) device.updates.outputWentOff();
}
