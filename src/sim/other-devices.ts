import { z } from 'zod';
import type { DeviceKind } from '../core/index.ts';
import { readBundledData } from '../yaml/index.ts';

export const OTHER_DEVICES = [
  'rack-pdu-nmc2',
  'rack-pdu-nmc3',
  'rack-pdu-cpdu',
  'masterswitch',
  'transfer-switch',
  'cooling-ap9617',
  'cooling-inrow',
  'netbotz',
  'netbotz-card',
  'symmetra',
  'galaxy-5500',
  'galaxy-3500',
  'smart-ups-vt',
  'powerchute-agent',
  'linux-host',
  'card-without-application',
  'card-ap9605',
  'cyberpower-ups',
  'eaton-ups',
  'dell-ups',
  'generex-ups',
  'netagent-ups',
  'easy-ups',
  'back-ups',
  'printer',
  'switch',
  'smart-ups-unmarked',
  'smart-ups-ultra',
  'smart-ups-wrong-id',
  'smart-ups-lost',
  'smart-ups-lost-wrong-id',
  'easy-ups-3-phase',
  'easy-ups-3-phase-as-smart-ups',
  'rack-pdu-as-smart-ups',
  'galaxy-card',
  'card-unknown-application',
  'card-bootmon-slot',
  'powernet-mirror',
] as const;
export type OtherDeviceName = (typeof OTHER_DEVICES)[number];

const KINDS = [
  'smart-ups',
  'ups',
  'pdu',
  'ats',
  'cooling',
  'card',
  'agent',
  'other',
] as const satisfies readonly DeviceKind[];

const oid = z.string().regex(/^1(?:\.(?:0|[1-9]\d{0,9})){3,40}$/);

/** Type and value of an object; `hex` is a binary OCTET STRING as hexadecimal digits. */
export const ObjectSchema = z.union([
  z.tuple([z.literal('text'), z.string().max(1000)]),
  z.tuple([z.literal('hex'), z.string().regex(/^(?:[0-9a-f]{2})*$/)]),
  z.tuple([z.literal('oid'), oid]),
  z.tuple([z.literal('integer'), z.int32()]),
  z.tuple([z.enum(['gauge', 'counter', 'ticks']), z.uint32()]),
]);
export type ObjectValue = z.infer<typeof ObjectSchema>;

/** A device that has only SNMP. */
export const OtherDeviceSchema = z.strictObject({
  /** What a tool should identify it as. */
  kind: z.enum(KINDS),
  /** Versions that it answers: `v1` only that, `v2c` both with a community, `v3` only the user. */
  snmp: z.enum(['v1', 'v2c', 'v3']),
  /** By the OID of the instance. */
  objects: z.record(oid, ObjectSchema),
});
export type OtherDevice = z.infer<typeof OtherDeviceSchema>;

const FileSchema = z.record(z.enum(OTHER_DEVICES), OtherDeviceSchema);

/** All other devices by name. */
export async function loadOtherDevices(): Promise<Readonly<Record<OtherDeviceName, OtherDevice>>> {
  const { value } = await readBundledData(new URL('other-devices.yaml', import.meta.url), FileSchema);
  return value;
}
