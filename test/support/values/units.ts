import {
  isUpsHop,
  type Plan,
  type PlannedUnit,
  planId,
  type Unit,
  unknownUnit,
} from '../../../src/core/index.ts';

/** A healthy unit with Micro-Link ID 18 at a version. */
export function unitAt(version: string, overrides: Partial<Unit> = {}): Unit {
  return {
    ...unknownUnit({ site: 'berlin', name: 'a', host: '127.0.0.1', port: 161 }),
    serial: 'AS1234567890',
    model: 'Smart-UPS 1500',
    firmware: { raw: `UPS ${version} (ID18)`, version, microLinkId: 18 },
    card: {
      model: 'AP9631',
      serial: 'ZA1',
      generation: 'nmc2',
      platform: 'hw05',
      boot: 'v1.0.9',
      os: 'v6.9.6',
      app: { name: 'sumx', version: 'v6.9.6' },
    },
    condition: {
      onLine: true,
      outputOn: true,
      batteryPercent: 100,
      runtimeSeconds: 3600,
      loadPercent: 20,
      calibrating: false,
      selfTest: false,
      alarms: [],
      notices: [],
      linkUp: true,
    },
    reachable: true,
    seenBy: 'snmp',
    ...overrides,
  };
}

export function plannedUnit(key: string, overrides: Partial<PlannedUnit> = {}): PlannedUnit {
  return {
    key,
    unit: unitAt('09.4'),
    verdict: {
      status: 'outdated',
      target: { version: '15.0', microLinkId: 18, image: 'SMT18UPS_15-0.enc' },
      transport: 'nmc',
      wizard: null,
      reasons: [],
    },
    hops: [
      {
        component: 'ups',
        twoStep: false,
        from: { version: '09.4', microLinkId: 18 },
        to: { version: '15.0', microLinkId: 18 },
        image: { file: 'SMT18UPS_15-0.enc', sha256: 'a'.repeat(64), sizeBytes: 1280 },
        transport: 'nmc',
        steps: ['transfer', 'start', 'settle', 'verify'],
      },
    ],
    switchOutput: null,
    problem: null,
    ...overrides,
  };
}

/** A unit with Micro-Link ID 18 at 09.3 that goes to 15.0 over 09.6. */
export function routedUnit(key: string): PlannedUnit {
  const planned = plannedUnit(key, { unit: unitAt('09.3') });
  const [last] = planned.hops;
  if (last === undefined || !isUpsHop(last)) return planned;
  const [from, over] = ['09.3', '09.6'].map((version) => ({ version, microLinkId: 18 }));
  if (from === undefined || over === undefined) return planned;
  const first = { file: 'SMT18UPS_09-6.enc', sha256: 'b'.repeat(64), sizeBytes: 1280 };
  return {
    ...planned,
    hops: [
      { ...last, from, to: over, image: first },
      { ...last, from: over },
    ],
  };
}

export function planOf(units: readonly PlannedUnit[]): Plan {
  return { id: planId('rules', units), component: 'ups', rules: 'rules', units };
}

/** The other fields of a plan document, for tests about its units. */
export const PLAN_REST = {
  digest: 'd'.repeat(64),
  madeWith: {
    inventory: { file: '/fleet/inventory.yaml', sha256: 'e'.repeat(64), entries: {} },
    images: '/fleet/images',
    rules: [],
    override: [],
    asOf: null,
  },
  protects: [],
} as const;
