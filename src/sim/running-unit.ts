import type { SimulatedDevice } from './device/device.ts';
import type { SimulatedUnit } from './units.ts';

/** A running unit of a fleet, with its address and ports. */
export interface RunningUnit {
  readonly unit: SimulatedUnit;
  readonly device: SimulatedDevice;
  readonly address: string;
  /** Null for an endpoint that the card does not have. */
  readonly ports: {
    readonly snmp: number;
    readonly ssh: number | null;
    readonly ftp: number | null;
    readonly telnet: number | null;
    readonly http: number | null;
    readonly https: number | null;
  };
}
