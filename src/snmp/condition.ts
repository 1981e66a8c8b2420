import type { Condition } from '../core/index.ts';
import { FLAG, parseFlags } from './flags.ts';
import { OID } from './oids.ts';
import { numberOf, type SnmpAnswers, textOf } from './values.ts';

/**
 * upsBasicOutputStatus values by what they say of mains and output.
 * Source: docs/sources/snmp.md#output-status
 */
const ON_LINE: readonly number[] = [2, 4, 12, 13, 20];
const ON_BATTERY: readonly number[] = [3, 15];
const OUTPUT_OFF: readonly number[] = [5, 7, 11];
const SELF_TEST: readonly number[] = [15, 28];
const RUNTIME_NOT_PRESENT = 4294967295;

/** How the unit stands, from the objects that say so. Two objects that contradict each other make the field unknown. */
export function readCondition(answers: SnmpAnswers): Condition {
  const flags = parseFlags(textOf(answers, OID.stateFlags));
  const status = numberOf(answers, OID.outputStatus);
  const link = numberOf(answers, OID.linkStatus);
  const runtime = numberOf(answers, OID.runtime);
  const selfTest = numberOf(answers, OID.selfTestResult);
  const calibration = numberOf(answers, OID.calibrationResult);
  return {
    onLine: agreed(statusSays(status, ON_LINE, ON_BATTERY), flags === null ? null : flags.isUp(FLAG.onLine)),
    outputOn: agreed(
      statusSays(status, [...ON_LINE, ...ON_BATTERY], OUTPUT_OFF),
      flags === null ? null : flags.isUp(FLAG.outputOn),
    ),
    batteryPercent: within(numberOf(answers, OID.batteryPercent), 0, 100),
    runtimeSeconds:
      runtime === null || runtime < 0 || runtime === RUNTIME_NOT_PRESENT ? null : Math.floor(runtime / 100),
    loadPercent: within(numberOf(answers, OID.loadPercent), 0, 1000),
    calibrating: either(
      flags?.isUp(FLAG.calibrating) ?? null,
      calibration === null ? null : calibration === 3,
    ),
    selfTest: either(
      either(flags?.isUp(FLAG.selfTest) ?? null, selfTest === null ? null : selfTest === 4),
      status === null ? null : SELF_TEST.includes(status),
    ),
    alarms: flags?.alarms ?? null,
    notices: flags?.notices ?? null,
    linkUp: link === 1 ? true : link === 2 ? false : null,
  };
}

function statusSays(status: number | null, yes: readonly number[], no: readonly number[]): boolean | null {
  if (status === null) return null;
  if (yes.includes(status)) return true;
  return no.includes(status) ? false : null;
}

/** One source is enough; two must agree. */
function agreed(a: boolean | null, b: boolean | null): boolean | null {
  if (a === null) return b;
  if (b === null) return a;
  return a === b ? a : null;
}

/** True as soon as one source says so. */
function either(a: boolean | null, b: boolean | null): boolean | null {
  if (a === true || b === true) return true;
  return a ?? b;
}

function within(value: number | null, low: number, high: number): number | null {
  return value === null || value < low || value > high ? null : value;
}
