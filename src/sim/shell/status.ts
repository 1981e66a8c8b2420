import type { SimulatedDevice } from '../device/device.ts';
import { badOption, NO_UPS, OK, type ShellAnswer } from './answer.ts';
import { stateText } from './ups.ts';

const USAGE = ['Usage: detstatus -- Status Options', '  detstatus [-all] [-ss]'];

/**
 * `upsabout`: the identity of the UPS. Older units have no SKU.
 * Source: docs/sources/card.md#command-output
 */
export function upsabout(device: SimulatedDevice): ShellAnswer {
  if (!device.linkUp) return NO_UPS;
  const { ups } = device.persona;
  return {
    lines: [
      OK,
      `Model: ${ups.model}`,
      ...(ups.sku === null ? [] : [`SKU: ${ups.sku}`]),
      `Serial Number: ${device.serial}`,
      `Firmware Revision: ${device.firmware}`,
      `Manufacture Date: ${ups.manufactured}`,
      ...(ups.ratingVA === null ? [] : [`Apparent Power Rating: ${ups.ratingVA} VA`]),
    ],
  };
}

/** `detstatus`: the state in short or in full; the measured values are constant. */
export function detstatus(device: SimulatedDevice, args: readonly string[]): ShellAnswer {
  const [option = ''] = args;
  if (option !== '-ss' && option !== '-all') return badOption(USAGE);
  if (!device.linkUp) return NO_UPS;
  const short = [OK, `Status of UPS: ${stateText(device)}`, 'Last Transfer: None'];
  if (option === '-ss') return { lines: short };
  return {
    lines: [
      ...short,
      `Input Status: ${device.onBattery ? 'Not Acceptable' : 'Acceptable'}`,
      'Next Battery Replacement Date: 11/10/2027',
      'Runtime Remaining: 0 hr 40 min 0 sec',
      `Battery State Of Charge: ${device.batteryPercent.toFixed(1)} %`,
      `Output Voltage: ${device.outputOn ? '230.4' : '0.0'} VAC`,
      `Output Frequency: ${device.outputOn ? '50.0' : '0.0'} Hz`,
      `Output Watts Percent: ${device.outputOn ? '23.0' : '0.0'} %`,
      `Output VA Percent: ${device.outputOn ? '23.4' : '0.0'} %`,
      `Input Voltage: ${device.onBattery ? '0.0' : '231.2'} VAC`,
      'Battery Voltage: 27.3 VDC',
      'Battery Temperature: 20.7 C, 69.2 F',
      'Self-Test Result: Passed',
      'Calibration Result: Not Performed',
    ],
  };
}
