import { FTPError } from 'basic-ftp';
import { Problem, sanitize } from '../../core/index.ts';

/** What a reply like 550 is about: the file that is read, or the place that is written or listed. */
export type FtpAim = 'read' | 'write';

const TOO_MANY = /too many|maximum|max(?:imum)? (?:number|clients|logins)|no free|busy/i;
const FILE_CODES: readonly number[] = [450, 550];
const ROOM_CODES: readonly number[] = [452, 550, 552, 553];

/** The hint of everything that keeps a data connection from being made. */
export const PASSIVE_HINT =
  'Only passive transfers are made: let connections to the passive ports of the card through the firewalls in between, or use scp.';

/** Makes a Problem device/* or link/* of what the FTP library threw. */
export function ftpProblem(thrown: unknown, where: string, aim: FtpAim): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof FTPError) return replyProblem(thrown, where, aim);
  const text = sanitize(thrown instanceof Error ? thrown.message : String(thrown));
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined;
  if (code === 'ECONNREFUSED') {
    return new Problem('link/refused', `${where} refuses FTP: the port is closed.`, {
      hint: 'Switch FTP on in the card (it needs a restart of the card), or use scp.',
      cause: thrown,
    });
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new Problem('link/dns', `The name of ${where} has no address.`, {
      hint: 'Check the host in the inventory.',
      cause: thrown,
    });
  }
  if (/maximum allowed size|Maximum bytes exceeded/.test(text)) {
    return floodProblem(where, thrown);
  }
  if (/^Timeout .*data/.test(text)) {
    return new Problem('link/timeout', `The data connection of ${where} was silent for too long.`, {
      hint: PASSIVE_HINT,
      cause: thrown,
    });
  }
  if (/^Timeout/.test(text) || code === 'ETIMEDOUT') {
    return new Problem('link/timeout', `FTP at ${where} was silent for too long.`, {
      hint: 'Nothing was started. Try again; see whether the card is busy.',
      cause: thrown,
    });
  }
  return new Problem('link/closed', `The FTP connection to ${where} broke: ${text}.`, {
    hint: 'Nothing was started. Try again; the card may have restarted.',
    cause: thrown,
  });
}

/** For a server that says more than any FTP server has to say. */
export function floodProblem(where: string, cause?: unknown): Problem {
  return new Problem('device/garbage', `${where} sends more than an FTP server has to say.`, {
    hint: 'See what listens there: it does not behave like an FTP server.',
    cause,
  });
}

/** A reply to the password that means that it is wrong, and not that the card has no free session. */
export function isLoginRefusal(thrown: unknown): boolean {
  if (!(thrown instanceof FTPError)) return false;
  return [530, 430, 332, 532].includes(thrown.code) && !TOO_MANY.test(thrown.message);
}

function replyProblem(reply: FTPError, where: string, aim: FtpAim): Problem {
  const { code } = reply;
  const text = sanitize(reply.message);
  if (code === 421 || (code === 530 && TOO_MANY.test(reply.message))) {
    // 421 also ends a session that was idle; either way there is none now, and there will be later.
    return new Problem('device/login-limit', `${where} has no free FTP session: ${text}.`, {
      hint: 'Close other sessions of the card, or try again in some minutes.',
      cause: reply,
    });
  }
  if (code === 530 || code === 332 || code === 532) {
    return new Problem('device/login', `${where} refused the user name or the password.`, {
      hint: 'Check login: in the inventory. A card locks a user after some wrong passwords.',
      cause: reply,
    });
  }
  if (code === 425 || code === 426) {
    return new Problem('link/ftp', `${where} has no data connection: ${text}.`, {
      hint: PASSIVE_HINT,
      cause: reply,
    });
  }
  if (aim === 'read' && FILE_CODES.includes(code)) {
    return new Problem('device/no-file', `${where} does not give the file: ${text}.`, {
      hint: 'Look at the files of the card: it may have another name, or the user may not read it.',
      cause: reply,
    });
  }
  if (aim === 'write' && ROOM_CODES.includes(code)) {
    return new Problem('device/no-room', `${where} does not take the file: ${text}.`, {
      hint: 'Look at the folder upsfw on the card: another image may fill it, or the folder may be missing.',
      cause: reply,
    });
  }
  return new Problem('link/ftp', `FTP to ${where} failed: ${text}.`, {
    hint: 'Look at the card’s FTP settings.',
    cause: reply,
  });
}
