import type { Fault } from './faults.ts';
import { PERSONAS, type Persona, type PersonaName } from './personas.ts';

/** A unit of a simulated fleet. */
export interface SimulatedUnit {
  readonly name: string;
  readonly site: string;
  readonly persona: PersonaName | Persona;
  /** UPS version installed, where it is not that of the persona. */
  readonly installed?: string;
  /** Ways to start in the inventory, where they are not those of the persona. */
  readonly start?: readonly ('snmp' | 'cli')[];
  readonly feeds?: readonly string[];
  readonly faults?: readonly Fault[];
}

/** Three sites: two units that can be upgraded in different ways, and three that cannot or need not. */
export const DEMO_UNITS: readonly SimulatedUnit[] = [
  { name: 'rack-12-a', site: 'berlin', persona: 'smt1500-nmc2', feeds: ['rack-12'] },
  { name: 'rack-12-b', site: 'berlin', persona: 'smx1500-current', feeds: ['rack-12'] },
  { name: 'lab-1', site: 'oslo', persona: 'smx1500-nmc3' },
  { name: 'front-1', site: 'porto', persona: 'smt1500c-closed' },
  { name: 'archive-1', site: 'porto', persona: 'sua1500-legacy' },
];

/** Units of every persona in turn: `ups-0001` on, in equal parts at `site-01` on. */
export function manyUnits(count: number, sites: number): readonly SimulatedUnit[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `ups-${String(index + 1).padStart(4, '0')}`,
    site: `site-${String(Math.floor((index * sites) / count) + 1).padStart(2, '0')}`,
    persona: PERSONAS[index % PERSONAS.length] ?? PERSONAS[0],
  }));
}
