import { access, constants } from 'node:fs/promises';
import { hasCode } from '../../core/index.ts';

/** Whether this user may read and write a node; `missing` where there is no such node. */
export type PortAccess = 'yes' | 'no' | 'missing';

/** Asks for the rights alone; the node is not opened. */
export async function accessTo(path: string): Promise<PortAccess> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return 'yes';
  } catch (thrown) {
    return hasCode(thrown, 'ENOENT') || hasCode(thrown, 'ENOTDIR') ? 'missing' : 'no';
  }
}

/** What gives a user the right to a USB unit. Source: docs/sources/local.md#access-rights */
export const HIDRAW_HINT =
  'Let udev give a group the right to it: write SUBSYSTEM=="hidraw", ATTRS{idVendor}=="051d", GROUP="plugdev", MODE="0660", TAG+="uaccess" into /etc/udev/rules.d/60-ups.rules, run udevadm control --reload, be a member of the group, and plug the unit in again.';

/** What gives a user the right to a serial port. Source: docs/sources/local.md#access-rights */
export const SERIAL_HINT =
  'Add the user to the group that owns the port (dialout on Debian, uucp on Arch) and log in again.';
