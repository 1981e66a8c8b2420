import { z } from 'zod';
import { hasCode, Problem, sanitize } from '../../core/index.ts';

const Field = z
  .string()
  .nullish()
  .transform((text) => {
    const clean = sanitize(text ?? '');
    return clean === '' ? null : clean;
  });

/** A port as the package `serialport` lists it; what it does not know is absent or null. */
export const ListedSerialPort = z.object({
  path: z.string().min(1).max(512),
  manufacturer: Field,
  serialNumber: Field,
  vendorId: Field,
  productId: Field,
  /** Windows alone gives it, e.g. `USB Serial Port (COM3)`. */
  friendlyName: Field,
});
export type ListedSerialPort = z.infer<typeof ListedSerialPort>;

/** How ports are asked of something else than the kernel's own tree. */
export type ListSerial = () => Promise<readonly ListedSerialPort[] | Problem>;

/** The list of the optional package `serialport`, which is loaded here; a Problem link/port where it cannot tell. */
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
        hint: 'Install it beside upsfw: npm install serialport.',
        cause,
      },
    );
  }
  // On Linux the package starts udevadm, which containers and small systems do not have.
  if (hasCode(cause, 'ENOENT') || hasCode(cause, 'EACCES')) {
    return new Problem(
      'link/port',
      'The package serialport asks udevadm for ports, which cannot be run here.',
      {
        hint: 'Name the port yourself where one is missing in the list.',
        cause,
      },
    );
  }
  const text = cause instanceof Error ? cause.message : String(cause);
  return new Problem('link/port', `The package serialport lists no ports: ${sanitize(text)}.`, {
    hint: 'Name the port yourself, or install the package anew: npm install serialport.',
    cause,
  });
}
