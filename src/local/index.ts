/**
 * The local driver: units without a card, over their own USB or serial port.
 *
 * Owns the ports of this machine, the protocols that units speak there, and the transfer to a boot loader.
 * Must not know cards, rules or inventories; imports core only.
 */
export { createLocalDriver, type LocalDriver } from './driver.ts';
export { openSerialLine } from './line/serial-line.ts';
export { sendImage } from './loader/xmodem.ts';
export type { LocalLook } from './look/look.ts';
export type { PortSeen } from './look/serial.ts';
export { readRegisters } from './modbus/client.ts';
export { serialModbus } from './modbus/link.ts';
export { holdersOf } from './ports/holders.ts';
export { type ListPortsOptions, type LocalPorts, listPorts } from './ports/list-ports.ts';
export { ListedSerialPort } from './ports/serial-package.ts';
export { parseUsbProduct } from './ports/usb-strings.ts';
export { LOCAL_TIMEOUTS, type LocalTimeouts } from './timeouts.ts';
