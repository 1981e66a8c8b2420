import { z } from 'zod';
import { hasCode, Problem, sanitize } from '../../core/index.ts';

const Field = z
  .string()
  .nullish()
  .transform((text) => {
    const clean = sanitize(text ?? '');
    return clean === '' ? null : clean;
  });

/** A port as the package `serialport` lists it; unknown values are absent or null. */
export const ListedSerialPort = z.object({
  path: z.string().min(1).max(512),
  manufacturer: Field,
  serialNumber: Field,
  vendorId: Field,
  productId: Field,
  /** Only on Windows, e.g. `USB Serial Port (COM3)`. */
  friendlyName: Field,
});
export type ListedSerialPort = z.infer<typeof ListedSerialPort>;

/** Lists ports by another source than the kernel's tree. */
export type ListSerial = () => Promise<readonly ListedSerialPort[] | Problem>;

/**
 * Lists ports with the optional package `serialport`, which is loaded here. Returns a Problem link/port if
 * that fails.
 */
export const listByPackage: ListSerial = async () => {
  let listed: readonly unknown[];
  try {
    const { SerialPort } = await import('serialport');
    listed = await SerialPort.list();
  } catch (cause) {
    return cannotList(cause);
  }
  return listed.flatMap((one) => {
    const { data } = ListedSerialPort.safeParse(one);
    return data === undefined ? [] : [data];
  });
};

function cannotList(cause: unknown): Problem {
  if (hasCode(cause, 'ERR_MODULE_NOT_FOUND') || hasCode(cause, 'MODULE_NOT_FOUND')) {
    return new Problem(
      'link/port',
      'The optional package serialport, which opens serial ports, is not installed.',
      {
        hint: 'Install it with upsfw: npm install serialport.',
        cause,
      },
    );
  }
  // On Linux the package starts udevadm, which containers and small systems lack.
  if (hasCode(cause, 'ENOENT') || hasCode(cause, 'EACCES')) {
    return new Problem(
      'link/port',
      'The package serialport needs udevadm to list ports, which cannot be run here.',
      {
        hint: 'Name the port yourself if it is missing in the list.',
        cause,
      },
    );
  }
  const text = cause instanceof Error ? cause.message : String(cause);
  return new Problem('link/port', `The package serialport lists no ports: ${sanitize(text)}.`, {
    hint: 'Name the port yourself, or reinstall the package: npm install serialport.',
    cause,
  });
}
