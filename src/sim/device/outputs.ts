import type { DeviceState } from './state.ts';
import { EVENTS } from './texts.ts';

/** Commands of `ups -c` that the simulator supports; a card has more. */
export const OUTPUT_ORDERS = ['off', 'on', 'graceoff'] as const;
export type OutputOrder = (typeof OUTPUT_ORDERS)[number];

/** `no-link`: the card cannot reach its UPS. */
export type OutputAnswer = 'issued' | 'refused' | 'no-link';

/** Time that a graceful switch-off gives to the connected machines. */
const GRACE_SECONDS = 20;

/** Switches the output as ordered; a graceful order takes effect later. */
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
    // A later order replaced it.
    if (!device.outputOn || device.counters.outputSwitches !== mine) return;
    device.log(EVENTS.graceEnded);
    setOutput(device, false);
  });
  return 'issued';
}

/** Sets the output, for whatever reason. */
export function setOutput(device: DeviceState, on: boolean): void {
  if (device.outputOn === on) return;
  device.outputOn = on;
  device.log(on ? EVENTS.outputOn : EVENTS.outputOff);
  device.changed();
  if (!on) device.updates.outputWentOff();
}
