import type { SnmpReference } from './inventory-schema.ts';

/** A unit as a sweep or somebody else's list knows it, to be written into an inventory. Null = not known there. */
export interface ListedUnit {
  readonly site: string | null;
  /** A wish: the merge makes it fit for an inventory and unlike the others. */
  readonly name: string | null;
  /** Address or host name. */
  readonly host: string | null;
  readonly serial: string | null;
  /** Serial number of its card: tells one card with two addresses from two units of one serial number. */
  readonly cardSerial: string | null;
  readonly snmpPort: number | null;
  /** The credential that was answered to, as a reference; null = that of the inventory. */
  readonly snmp: SnmpReference | null;
}
