import type { Fault } from './faults.ts';
import { PERSONAS, type Persona, type PersonaName } from './personas.ts';

/** A unit of a simulated fleet. */
export interface SimulatedUnit {
  readonly name: string;
  readonly site: string;
  readonly persona: PersonaName | Persona;
  /** Installed UPS version, if it differs from that of the persona. */
  readonly installed?: string;
  /** Start methods in the inventory, if they differ from those of the persona. */
  readonly start?: readonly ('snmp' | 'cli')[];
  readonly feeds?: readonly string[];
  readonly faults?: readonly Fault[];
}

/**
 * Three sites: two units with different upgrade methods, and three that cannot be upgraded or are current.
 */
export const DEMO_UNITS: readonly SimulatedUnit[] = [
  { name: 'rack-12-a', site: 'berlin', persona: 'smt1500-nmc2', feeds: ['rack-12'] },
  { name: 'rack-12-b', site: 'berlin', persona: 'smx1500-current', feeds: ['rack-12'] },
  { name: 'lab-1', site: 'oslo', persona: 'smx1500-nmc3' },
  { name: 'front-1', site: 'porto', persona: 'smt1500c-closed' },
  { name: 'archive-1', site: 'porto', persona: 'sua1500-legacy' },
];

/** Units of every persona in turn, from `ups-0001`, divided evenly among sites from `site-01`. */
export function manyUnits(count: number, sites: number): readonly SimulatedUnit[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `ups-${String(index + 1).padStart(4, '0')}`,
    site: `site-${String(Math.floor((index * sites) / count) + 1).padStart(2, '0')}`,
    persona: PERSONAS[index % PERSONAS.length] ?? PERSONAS[0],
  }));
}
