/**
 * The local path: units without a card, over their own USB or serial port.
 *
 * Owns what a port tells of a unit. Must not know cards, rules or inventories; imports core only.
 */
export { createLocalPath, type LocalOptions } from './path.ts';
export { parseUsbProduct, type UsbProduct } from './usb-strings.ts';
