import { type Clock, type NetworkAccess, redact, type TranscriptEntry } from '../../core/index.ts';

/** A session that can be recorded. */
interface Recorder {
  readonly network: NetworkAccess;
  readonly clock: Clock;
  readonly transcript?: ((entry: TranscriptEntry) => void) | undefined;
}

/** In characters; an answer of a card has some hundreds. */
const MAX_TEXT = 64 * 1024;

export function withoutPassword({ network }: Recorder, text: string): string {
  return network.login === null ? text : redact(text, [network.login.password]);
}

/** Adds an entry to the transcript of a session, if there is one. The password of the login is removed. */
export function recordLine(
  options: Recorder,
  kind: TranscriptEntry['kind'],
  text: string,
  protocol: 'ssh' | 'ftp' = 'ssh',
): void {
  if (options.transcript === undefined) return;
  const { host, ports } = options.network;
  // Cut after the masking: a cut password would not be found.
  const safe = withoutPassword(options, text);
  const left = safe.length - MAX_TEXT;
  options.transcript({
    at: options.clock.now(),
    where: `${host}:${ports[protocol]} ${protocol}`,
    kind,
    text: left > 0 ? `${safe.slice(0, MAX_TEXT)}\n[${left} more characters]` : safe,
  });
}
