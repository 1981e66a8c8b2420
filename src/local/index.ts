/**
 * The local path: units without a card, over their own USB or serial port.
 *
 * Owns the ports of this machine, the protocols that units speak there, and the sending to a boot loader. Must not know cards, rules
 * or inventories; imports core only.
 */
export type { BootEntry } from './loader/boot-entry.ts';
export type { Looked, LookManner } from './look/look.ts';
export type { PortSeen, Protocol } from './look/serial.ts';
export type { Exchange } from './microlink/password.ts';
export { createLocalPath, type LocalOptions, type LocalPath } from './path.ts';
export type { PortAccess } from './ports/access.ts';
export type { LooksLike, SerialPortEntry, UsbStrings, UsbUnitEntry } from './ports/entries.ts';
export { type Holder, type HolderOptions, holdersOf } from './ports/holders.ts';
export { type ListPortsOptions, type LocalPorts, listPorts } from './ports/list-ports.ts';
export { ListedSerialPort, type ListSerial } from './ports/serial-package.ts';
export { parseUsbProduct, type UsbProduct } from './ports/usb-strings.ts';
export { LOCAL_WAITS, type LocalWaits } from './waits.ts';
