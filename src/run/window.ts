import type { Window } from '../core/index.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Day = (typeof DAYS)[number];

interface LocalTime {
  readonly day: Day;
  readonly minutes: number;
}

/** Weekday and minute of the day in the zone of the window, with daylight saving time. */
function localTime(timezone: string, now: Date): LocalTime {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const name = part('weekday').toLowerCase();
  const day = DAYS.find((one) => one === name) ?? 'mon';
  return { day, minutes: Number(part('hour')) * 60 + Number(part('minute')) };
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}

function dayBefore(day: Day): Day {
  return DAYS[(DAYS.indexOf(day) + 6) % 7] ?? 'sun';
}

/**
 * Whether a start is allowed now. `from` belongs to the window, `to` does not. If `to` is not after `from`,
 * the window runs past midnight and belongs to the day on which it begins.
 */
export function isOpen(window: Window, now: Date): boolean {
  const { day, minutes } = localTime(window.timezone, now);
  const from = minutesOf(window.from);
  const to = minutesOf(window.to);
  if (from < to) return window.days.includes(day) && minutes >= from && minutes < to;
  if (minutes >= from) return window.days.includes(day);
  return minutes < to && window.days.includes(dayBefore(day));
}

/** The window and the present time in its zone, for a message. */
export function describeWindow(window: Window, now: Date): string {
  const { day, minutes } = localTime(window.timezone, now);
  const clock = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `open ${window.days.join(', ')} ${window.from} to ${window.to} ${window.timezone}; there it is ${day} ${clock}`;
}
