import { SimulatedDevice } from '../../../src/sim/device/device.ts';
import type { Fault } from '../../../src/sim/faults.ts';
import { loadPersona, type Persona, type PersonaName } from '../../../src/sim/personas.ts';
import type { ShellAnswer } from '../../../src/sim/shell/answer.ts';
import { answerCommand } from '../../../src/sim/shell/commands.ts';

/** Differences from a persona. */
export interface DeviceOptions {
  readonly persona?: PersonaName;
  readonly change?: Partial<Persona>;
  readonly faults?: readonly Fault[];
  readonly speed?: number;
}

/** A device without endpoints, and its command line. */
export interface TestDevice {
  readonly device: SimulatedDevice;
  runCommand(line: string): ShellAnswer;
}

const open: SimulatedDevice[] = [];

export async function makeDevice(options: DeviceOptions = {}): Promise<TestDevice> {
  const persona = { ...(await loadPersona(options.persona ?? 'smx1500-current')), ...options.change };
  const device = new SimulatedDevice({
    name: 'rack',
    site: 'here',
    serial: 'AS1532123456',
    persona,
    speed: options.speed ?? 2000,
    faults: options.faults ?? [],
  });
  open.push(device);
  const folder = { path: '/' };
  return { device, runCommand: (line) => answerCommand(device, line, folder) };
}

/** Stops the clocks of all devices that a test made. */
export function closeDevices(): void {
  for (const device of open.splice(0)) device.close();
}
