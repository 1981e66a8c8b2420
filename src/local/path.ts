import {
  type Look,
  Problem,
  printable,
  type UnitTarget,
  type UpgradePath,
  unitKey,
  unseenUnit,
  usableSerial,
} from '../core/index.ts';
import { listUsbDevices, type UsbDevice } from './sysfs.ts';
import { parseUsbProduct } from './usb-strings.ts';

export interface LocalOptions {
  /** Root of sysfs; another one in tests. */
  readonly sysfsRoot?: string;
}

/** The way over a unit's own port. It can look at USB units; it sends nothing, and says what a person can do instead. */
export function createLocalPath(options: LocalOptions): UpgradePath {
  const root = options.sysfsRoot ?? '/sys';
  return {
    look: (target) => look(root, target),
    steps: (target) => ({ possible: false, problem: cannotSend(target) }),
    check: async (_step, { target }) => ({ state: 'unknown', problem: cannotSend(target) }),
    take: async (_step, { target }) => ({ state: 'failed', way: null, problem: cannotSend(target) }),
    switchOutput: async (_to, { target }) => ({ state: 'failed', way: null, problem: cannotSend(target) }),
  };
}

function cannotSend(target: UnitTarget): Problem {
  return new Problem(
    'refused/no-path',
    `${unitKey(target)}: how a running unit is made to take an image over its own port is not public.`,
    {
      hint: 'Use the Firmware Upgrade Wizard of the vendor on 64-bit Windows, with the serial cable of the unit, the load powered down and no card in the slot; it takes 5 to 20 minutes.',
    },
  );
}

async function look(root: string, target: UnitTarget): Promise<Look> {
  const { local } = target;
  const port = local === null ? null : 'usb' in local ? local.usb : local.serialPort;
  const place = { site: target.site, name: target.name, host: null, port };
  const none = (problem: Problem): Look => ({
    unit: unseenUnit(place),
    kind: null,
    description: null,
    problem,
  });
  if (local === null || !('usb' in local)) {
    return none(
      new Problem(
        'refused/no-path',
        `${unitKey(target)}: looking at a unit over a serial port is not built yet.`,
        {
          hint: 'Connect the unit by USB and write usb: in the inventory, or give it a card.',
        },
      ),
    );
  }
  const devices = await listUsbDevices(root);
  if (devices === null) {
    return none(
      new Problem('link/silent', `${unitKey(target)}: this system does not tell the USB strings.`, {
        hint: 'They are read on Linux, below /sys. Elsewhere connect the unit to a Linux machine.',
      }),
    );
  }
  const chosen = choose(devices, local.usb, target);
  if (chosen instanceof Problem) return none(chosen);
  const { model, firmware, isSmartUps } = parseUsbProduct(chosen.product);
  const unit = {
    ...unseenUnit(place),
    serial: chosen.serial === null ? null : printable(chosen.serial, 100),
    model,
    firmware,
    reachable: true,
    seenBy: 'usb' as const,
  };
  const description = printable(chosen.product, 120);
  if (isSmartUps) return { unit, kind: 'smart-ups', description, problem: null };
  const problem = new Problem(
    'device/not-smart-ups',
    `${unitKey(target)} is not a Smart-UPS but: ${description}.`,
    {
      hint: 'Remove it from the inventory, or correct its usb: entry.',
    },
  );
  return { unit, kind: 'ups', description, problem };
}

function choose(devices: readonly UsbDevice[], wanted: string, target: UnitTarget): UsbDevice | Problem {
  const fitting =
    wanted === 'any'
      ? devices
      : devices.filter(({ serial }) => usableSerial(serial) === usableSerial(wanted));
  const [first] = fitting;
  if (first === undefined) {
    return new Problem(
      'link/silent',
      `${unitKey(target)}: no USB unit ${wanted === 'any' ? 'of APC' : `"${printable(wanted)}"`} is connected here.`,
      {
        hint: 'Check the cable, and the serial number in the inventory.',
      },
    );
  }
  if (fitting.length === 1) return first;
  const serials = fitting.map(({ serial }) => printable(serial ?? 'none', 40)).join(', ');
  return new Problem(
    'refused/identity',
    `${unitKey(target)}: ${fitting.length} USB units are connected (${serials}).`,
    {
      hint: 'Write the serial number of the one that is meant into usb:.',
    },
  );
}
