import { connect } from 'node:net';
import { hasCode } from '../../core/index.ts';

/** State of a TCP port. `silent`: no answer; `away`: the address has no name or no route. */
export type PortState = 'open' | 'refused' | 'silent' | 'away';

/** Connects to a port and closes at once. Never throws for what the other side does. */
export function probePort(
  host: string,
  port: number,
  seconds: number,
  signal: AbortSignal,
): Promise<PortState> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (state: PortState): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(state);
    };
    const abort = (): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(signal.reason);
    };
    const timer = setTimeout(() => end('silent'), seconds * 1000);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) {
      abort();
      return;
    }
    socket.once('connect', () => end('open'));
    socket.on('error', (error) => {
      if (hasCode(error, 'ECONNREFUSED')) end('refused');
      else end(hasCode(error, 'ETIMEDOUT') ? 'silent' : 'away');
    });
  });
}

/** Whether a service is on, judged by its port. Closed means off, silence means not known. */
export function onByPort(state: PortState): boolean | null {
  return state === 'open' ? true : state === 'refused' ? false : null;
}

export function describePort(state: PortState, port: number): string {
  const text = {
    open: 'is open',
    refused: 'is closed',
    silent: 'does not answer: filtered or off',
    away: 'cannot be reached',
  };
  return `port ${port} ${text[state]}`;
}
