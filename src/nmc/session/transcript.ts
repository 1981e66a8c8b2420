import { type Clock, type NetworkAccess, redact, type TranscriptEntry } from '../../core/index.ts';

/** What a session tells of itself: to whom, and who listens. */
interface Recorder {
  readonly network: NetworkAccess;
  readonly clock: Clock;
  readonly transcript?: ((said: TranscriptEntry) => void) | undefined;
}

/** In characters; an answer of a card has some hundreds. */
const LONGEST = 64 * 1024;

export function withoutPassword({ network }: Recorder, text: string): string {
  return network.login === null ? text : redact(text, [network.login.password]);
}

/** Tells the transcript of a session, if there is one, what was said. The password of the login is taken out. */
export function recordLine(
  options: Recorder,
  kind: TranscriptEntry['kind'],
  text: string,
  protocol: 'ssh' | 'ftp' = 'ssh',
): void {
  if (options.transcript === undefined) return;
  const { host, ports } = options.network;
  // Cut behind the masking: a cut password would not be found.
  const safe = withoutPassword(options, text);
  const left = safe.length - LONGEST;
  options.transcript({
    at: options.clock.now(),
    where: `${host}:${ports[protocol]} ${protocol}`,
    kind,
    text: left > 0 ? `${safe.slice(0, LONGEST)}\n[${left} more characters]` : safe,
  });
}
