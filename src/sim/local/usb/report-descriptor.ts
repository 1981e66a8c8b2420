import { REPORT } from '../microlink/usb-face.ts';

const PAYLOAD = REPORT.bytes - 1;

/**
 * A report descriptor of our own: one report of a power device, and the tunnel on the vendor's usage page FF86, usage FC to the unit
 * and FD from it. The comments give the items as the HID specification names them.
 * Source: docs/sources/local.md#microlink-over-usb
 */
export const REPORT_DESCRIPTOR = Buffer.from([
  ...[0x05, 0x84, 0x09, 0x04, 0xa1, 0x01], // Usage Page (Power Device), Usage (UPS), Collection (Application)
  ...[0x85, REPORT.status, 0x05, 0x85, 0x09, 0x66], // Report ID, Usage Page (Battery System), Usage (Remaining Capacity)
  ...[0x15, 0x00, 0x25, 0x64, 0x75, 0x08, 0x95, 0x01, 0x81, 0x02], // 0 to 100, 1 byte, Input (Data, Variable)
  ...[0x95, PAYLOAD - 1, 0x81, 0x03], // Input (Constant)
  ...[0x06, 0x86, 0xff, 0x26, 0xff, 0x00], // Usage Page (FF86), Logical Maximum (255)
  ...[0x85, REPORT.fromUnit, 0x09, 0xfd, 0x95, PAYLOAD, 0x81, 0x02], // Report ID, Usage (FD), Input (Data, Variable)
  ...[0x85, REPORT.toUnit, 0x09, 0xfc, 0x91, 0x02], // Report ID, Usage (FC), Output (Data, Variable)
  0xc0, // End Collection
]);
