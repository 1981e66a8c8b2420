import { type Logger, pino } from 'pino';

/** A log whose lines go to `talk`. Secrets are kept out of it by being Secrets, not by its redaction. */
export function createLog(level: string, talk: (text: string) => void): Logger {
  return pino({ level, base: null }, { write: talk });
}
