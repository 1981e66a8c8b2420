import { type Condition, UNKNOWN_CONDITION } from '../../core/index.ts';

/**
 * Status bits that prevent an update while they are set; Modbus has the same.
 * Source: docs/sources/local.md#microlink-fields
 */
const ALARMS: readonly (readonly [number, string])[] = [
  [2, 'on battery'],
  [3, 'bypass'],
  [5, 'fault'],
  [6, 'input not acceptable'],
  [7, 'self-test in progress'],
  [8, 'output about to go on'],
  [9, 'output about to go off'],
  [21, 'overload'],
];
const NOTICES: readonly (readonly [number, string])[] = [[13, 'high efficiency mode']];

const ON_LINE = 1;
const ON_BATTERY = 2;
const OUTPUT_OFF = 4;
const SELF_TEST = 7;

/** The condition of a unit at a port as raw values; null if the unit does not report them. */
export interface LocalState {
  /** The status bits. */
  readonly status: number | null;
  readonly calibrating: boolean | null;
  readonly batteryTest: boolean | null;
  readonly batteryPercent: number | null;
  readonly runtimeSeconds: number | null;
  readonly loadPercent: number | null;
}

/** The condition of a unit at a port. Without the status bits, most values stay unknown. */
export function conditionOf(state: LocalState): Condition {
  const { status, calibrating, batteryTest, batteryPercent, runtimeSeconds, loadPercent } = state;
  const figures = { ...UNKNOWN_CONDITION, calibrating, batteryPercent, runtimeSeconds, loadPercent };
  if (status === null) return { ...figures, selfTest: batteryTest };
  const has = (bit: number): boolean => Math.floor(status / 2 ** bit) % 2 === 1;
  const named = (list: readonly (readonly [number, string])[]): readonly string[] =>
    list.filter(([bit]) => has(bit)).map(([, name]) => name);
  return {
    ...figures,
    // Neither bit or both bits: the unit's mains state is unknown.
    onLine: has(ON_LINE) === has(ON_BATTERY) ? null : has(ON_LINE),
    outputOn: !has(OUTPUT_OFF),
    selfTest: has(SELF_TEST) || batteryTest === true,
    alarms: [...named(ALARMS), ...(calibrating === true ? ['runtime calibration'] : [])],
    notices: named(NOTICES),
  };
}
