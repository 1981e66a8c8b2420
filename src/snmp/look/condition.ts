import type { Condition } from '../../core/index.ts';
import { OID } from '../client/oids.ts';
import { numberOf, type SnmpAnswers, textOf } from '../client/values.ts';

/**
 * upsBasicOutputStatus values by what they mean for mains and output.
 * Source: docs/sources/snmp.md#output-status
 */
const ON_LINE: readonly number[] = [2, 4, 12, 13, 20];
const ON_BATTERY: readonly number[] = [3, 15];
const OUTPUT_OFF: readonly number[] = [5, 7, 11];
const SELF_TEST: readonly number[] = [15, 28];
const RUNTIME_NOT_PRESENT = 4294967295;

/** The condition of the unit. A field whose two objects contradict each other is not known. */
export function readCondition(answers: SnmpAnswers): Condition {
  const flags = parseFlags(textOf(answers, OID.stateFlags));
  const status = numberOf(answers, OID.outputStatus);
  const link = numberOf(answers, OID.linkStatus);
  const runtime = numberOf(answers, OID.runtime);
  const selfTest = numberOf(answers, OID.selfTestResult);
  const calibration = numberOf(answers, OID.calibrationResult);
  return {
    onLine: agreed(
      statusMeans(status, ON_LINE, ON_BATTERY),
      flags === null ? null : flags.isSet(FLAG.onLine),
    ),
    outputOn: agreed(
      statusMeans(status, [...ON_LINE, ...ON_BATTERY], OUTPUT_OFF),
      flags === null ? null : flags.isSet(FLAG.outputOn),
    ),
    batteryPercent: within(numberOf(answers, OID.batteryPercent), 0, 100),
    runtimeSeconds:
      runtime === null || runtime < 0 || runtime === RUNTIME_NOT_PRESENT ? null : Math.floor(runtime / 100),
    loadPercent: within(numberOf(answers, OID.loadPercent), 0, 1000),
    calibrating: either(
      flags?.isSet(FLAG.calibrating) ?? null,
      calibration === null ? null : calibration === 3,
    ),
    selfTest: either(
      either(flags?.isSet(FLAG.selfTest) ?? null, selfTest === null ? null : selfTest === 4),
      status === null ? null : SELF_TEST.includes(status),
    ),
    alarms: flags?.alarms ?? null,
    notices: flags?.notices ?? null,
    linkUp: link === 1 ? true : link === 2 ? false : null,
  };
}

function statusMeans(status: number | null, yes: readonly number[], no: readonly number[]): boolean | null {
  if (status === null) return null;
  if (yes.includes(status)) return true;
  return no.includes(status) ? false : null;
}

/** One source is enough; two have to agree. */
function agreed(a: boolean | null, b: boolean | null): boolean | null {
  if (a === null) return b;
  if (b === null) return a;
  return a === b ? a : null;
}

/** True as soon as one source is true. */
function either(a: boolean | null, b: boolean | null): boolean | null {
  if (a === true || b === true) return true;
  return a ?? b;
}

function within(value: number | null, low: number, high: number): number | null {
  return value === null || value < low || value > high ? null : value;
}

/** The 64 state flags of a Smart-UPS, numbered from 1. Source: docs/sources/snmp.md#state-flags */
export const FLAG = {
  onLine: 4,
  communicating: 6,
  calibrating: 10,
  outputOn: 19,
  selfTest: 29,
} as const;

/** Flags that block an update while they are set. */
const ALARMS: Readonly<Record<number, string>> = {
  1: 'abnormal condition',
  2: 'on battery',
  3: 'low battery',
  9: 'overload',
  10: 'runtime calibration',
  11: 'batteries discharged',
  12: 'manual bypass',
  13: 'software bypass',
  14: 'bypass by internal fault',
  15: 'bypass by supply failure',
  16: 'bypass by fan failure',
  17: 'sleeping on a timer',
  18: 'sleeping until power returns',
  20: 'rebooting',
  21: 'battery communication lost',
  22: 'graceful shutdown initiated',
  25: 'battery charger failure',
  26: 'battery over-temperature',
  27: 'battery under-temperature',
  28: 'battery temperature fault',
  29: 'self-test in progress',
  30: 'flag 30',
  31: 'shutdown by a host',
  32: 'shutdown pending',
  33: 'no batteries attached',
  34: 'synchronised command in progress',
  35: 'synchronised sleep',
  36: 'synchronised reboot',
  39: 'flag 39',
  40: 'flag 40',
  41: 'fan failure',
  44: 'temporary bypass',
  45: 'internal temperature',
  50: 'critical fault',
  53: 'emergency power off',
  56: 'internal communication failure',
};

/** Flags to mention that do not block an update. */
const NOTICES: Readonly<Record<number, string>> = {
  5: 'replace battery',
  7: 'boosting the voltage (AVR)',
  8: 'trimming the voltage (AVR)',
  51: 'eco mode',
  57: 'eco mode',
};

export const FLAG_COUNT = 64;

export interface StateFlags {
  isSet(flag: number): boolean;
  readonly alarms: readonly string[];
  readonly notices: readonly string[];
}

/**
 * Reads the flag string. Null unless it is exactly 64 times 0 or 1, as for a missing object or `UNKNOWN`.
 * Such a unit is not known to be safe.
 */
export function parseFlags(text: string | null): StateFlags | null {
  if (text === null || text.length !== FLAG_COUNT || !/^[01]+$/.test(text)) return null;
  const isSet = (flag: number): boolean => text[flag - 1] === '1';
  const named = (table: Readonly<Record<number, string>>): string[] =>
    Object.entries(table).flatMap(([flag, name]) => (isSet(Number(flag)) ? [name] : []));
  const alarms = named(ALARMS);
  if (!isSet(FLAG.communicating)) alarms.push('no communication with the card');
  return { isSet: isSet, alarms, notices: [...new Set(named(NOTICES))] };
}
