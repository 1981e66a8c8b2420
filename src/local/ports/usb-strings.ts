import { type FirmwareReading, readFirmware, sanitize } from '../../core/index.ts';

/** The parts of a USB unit's product string. */
export interface UsbProduct {
  readonly model: string;
  readonly firmware: FirmwareReading;
  readonly isSmartUps: boolean;
}

/**
 * Parses `Smart-UPS_1500 FW:UPS 03.5 / ID=1018`: the model before `FW:` (some units have underscores for
 * spaces), then the firmware. Older units add `USB FW:` as a third part, which is dropped.
 * Source: docs/sources/local.md#usb-identification
 */
export function parseUsbProduct(product: string): UsbProduct {
  const text = product.slice(0, 256);
  const [head = '', ...rest] = text.split(/\bFW:/);
  const model = sanitize(head.replaceAll('_', ' '), 100);
  const firmware = (rest[0] ?? '').replace(/\s*USB\s*$/, '').trim();
  return {
    model,
    firmware: readFirmware(firmware === '' ? null : sanitize(firmware, 100)),
    isSmartUps: /^smart-ups\b/i.test(model),
  };
}
