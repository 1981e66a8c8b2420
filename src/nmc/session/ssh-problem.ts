import { Problem, sanitize } from '../../core/index.ts';

/** How far a connection had come. */
export type SshPhase = 'connect' | 'exchange' | 'login';

export interface SshAttempt {
  readonly where: string;
  readonly phase: SshPhase;
  readonly legacy: boolean;
  readonly seconds: number;
}

export function closedProblem(where: string): Problem {
  return new Problem('link/closed', `${where} closed the SSH connection.`, {
    hint: 'The card may be restarting or have too many sessions. Try again in some minutes.',
  });
}

/** The connection ended before the login was complete. */
export function closedEarly({ where, phase }: SshAttempt): Problem {
  if (phase === 'connect') {
    return new Problem('link/closed', `${where} closed the connection immediately.`, {
      hint: 'The card may be restarting, or a firewall closes the connection. Try again in some minutes.',
    });
  }
  const during = phase === 'exchange' ? 'before the key exchange was complete' : 'during the login';
  const hint =
    phase === 'exchange'
      ? 'The card may be restarting or have too many sessions, or this is not an SSH port. Try again in some minutes.'
      : 'The card may have too many sessions, or have locked the user. Try again in some minutes.';
  return new Problem('link/closed', `${where} closed the SSH connection ${during}.`, {
    hint,
  });
}

function property(error: unknown, name: string): string {
  const value: unknown = error instanceof Error ? Reflect.get(error, name) : undefined;
  return typeof value === 'string' ? value : '';
}

/** The Problem for an error of the SSH library or the system. */
export function sshProblem(error: unknown, attempt: SshAttempt): Problem {
  if (error instanceof Problem) return error;
  return socketProblem(error, attempt) ?? protocolProblem(error, attempt);
}

function socketProblem(error: unknown, attempt: SshAttempt): Problem | null {
  const { where } = attempt;
  switch (property(error, 'code')) {
    case 'ECONNREFUSED':
      return new Problem('link/refused', `${where} refuses SSH: the port is closed.`, {
        hint: 'Enable SSH on the card, or correct the port in the inventory.',
        cause: error,
      });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Problem('link/dns', `The name of ${where} has no address.`, {
        hint: 'Check the host in the inventory.',
        cause: error,
      });
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
      return new Problem('link/unreachable', `No host answers at the address of ${where}.`, {
        hint: 'The card may be off, restarting or at another address. Check the host in the inventory.',
        cause: error,
      });
    case 'ENETUNREACH':
      return new Problem('link/unreachable', `This machine has no route to ${where}.`, {
        hint: 'Check the network of this machine: a VPN or a route may be missing.',
        cause: error,
      });
    case 'ETIMEDOUT':
      return unanswered(error, attempt);
    case 'ECONNRESET':
    case 'EPIPE':
      return closedEarly(attempt);
    default:
      return null;
  }
}

function unanswered(error: unknown, { where }: SshAttempt): Problem {
  return new Problem('link/timeout', `${where} does not answer: the connection timed out.`, {
    hint: 'Check the address. The card may be off, or a firewall may drop the packets.',
    cause: error,
  });
}

function protocolProblem(error: unknown, attempt: SshAttempt): Problem {
  const { where, legacy, phase, seconds } = attempt;
  const level = property(error, 'level');
  const text = sanitize(error instanceof Error ? error.message : String(error));
  if (level === 'client-timeout') {
    if (phase === 'connect') return unanswered(error, attempt);
    const what = phase === 'exchange' ? 'the SSH key exchange' : 'the SSH login';
    return new Problem('link/timeout', `${where} did not finish ${what} within ${seconds} seconds.`, {
      hint: 'Old cards need minutes for a key exchange. Try again, and check whether the card is busy.',
      cause: error,
    });
  }
  if (/lost before handshake/i.test(text)) return closedEarly(attempt);
  if (/USERAUTH_BANNER/.test(text)) {
    return new Problem(
      'device/banner',
      `${where} sends its System Message in a format that SSH does not allow.`,
      {
        hint: 'Clear the System Message of the card, or use FTP and SNMP for this unit.',
        cause: error,
      },
    );
  }
  if (level === 'handshake' && !/no matching/i.test(text)) {
    return new Problem('link/handshake', `The SSH key exchange with ${where} failed: ${text}.`, {
      hint: 'Check whether this is the SSH port of a card, then try again.',
      cause: error,
    });
  }
  if (level === 'handshake') {
    return new Problem('link/handshake', `No SSH algorithm in common with ${where}: ${text}.`, {
      hint: legacy
        ? 'The card offers less than the allowed legacy algorithms. Update the card first.'
        : 'Old cards offer only legacy algorithms. Allow them for this unit with ssh: { legacy: true }.',
      cause: error,
    });
  }
  return new Problem('link/ssh', `SSH to ${where} failed: ${text}.`, {
    hint: 'Try again, and check whether the card is busy.',
    cause: error,
  });
}

/** The card asks for something other than a password, so the password was not sent. */
export function unexpectedPrompt(where: string): Problem {
  return new Problem(
    'device/login',
    `${where} asks for something other than one password; nothing was sent.`,
    {
      hint: 'Log in by hand to see what the card asks for. It may want a new password or a second factor.',
    },
  );
}

/** The same login was being tried at another card the whole time. */
export function loginQueueTimeout(where: string, seconds: number): Problem {
  return new Problem(
    'link/timeout',
    `${where} did not get its login: the same login was being tried at another card for ${seconds} seconds.`,
    {
      hint: 'Try again. A credential that no card has accepted yet is tried at one card at a time.',
    },
  );
}

/** The card allows nothing before its password is changed. */
export function passwordChange(where: string): Problem {
  return new Problem('device/password-change', `${where} demands a new password.`, {
    hint: 'Log in by hand once, set a password, and update the inventory.',
  });
}
