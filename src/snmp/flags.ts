/** The 64 state flags of a Smart-UPS, numbered from 1. Source: docs/sources/snmp.md#state-flags */
export const FLAG = {
  onLine: 4,
  communicating: 6,
  calibrating: 10,
  outputOn: 19,
  selfTest: 29,
} as const;

/** Flags that stand against an update while they are raised. */
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
  32: 'shutdown in hand',
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

/** Flags worth a word that do not stand against an update. */
const NOTICES: Readonly<Record<number, string>> = {
  5: 'replace battery',
  7: 'boosting the voltage (AVR)',
  8: 'trimming the voltage (AVR)',
  51: 'eco mode',
  57: 'eco mode',
};

export const FLAG_COUNT = 64;

export interface StateFlags {
  isUp(flag: number): boolean;
  readonly alarms: readonly string[];
  readonly notices: readonly string[];
}

/**
 * Reads the flag string. Null for everything that is not exactly 64 times 0 or 1: a missing object, `UNKNOWN`, another
 * length. Such a unit is not known to be safe.
 */
export function parseFlags(text: string | null): StateFlags | null {
  if (text === null || text.length !== FLAG_COUNT || !/^[01]+$/.test(text)) return null;
  const isUp = (flag: number): boolean => text[flag - 1] === '1';
  const named = (table: Readonly<Record<number, string>>): string[] =>
    Object.entries(table).flatMap(([flag, name]) => (isUp(Number(flag)) ? [name] : []));
  const alarms = named(ALARMS);
  if (!isUp(FLAG.communicating)) alarms.push('no communication with the card');
  return { isUp, alarms, notices: [...new Set(named(NOTICES))] };
}
