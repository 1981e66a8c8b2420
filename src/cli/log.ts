import { type Logger, pino } from 'pino';

/** A log whose lines go to `write`. Secrets are kept out of it by being Secrets, not by its redaction. */
export function createLog(level: string, write: (text: string) => void): Logger {
  return pino({ level, base: null }, { write });
}
