import { FTPError } from 'basic-ftp';
import { Problem, sanitize } from '../../core/index.ts';

/** What a reply like 550 is about: the file to read, or the folder to write or list. */
export type FtpPurpose = 'read' | 'write';

const TOO_MANY = /too many|maximum|max(?:imum)? (?:number|clients|logins)|no free|busy/i;
const FILE_CODES: readonly number[] = [450, 550];
const ROOM_CODES: readonly number[] = [452, 550, 552, 553];

/** The hint for everything that prevents a data connection. */
export const PASSIVE_HINT =
  'upsfw uses passive transfers only. Allow connections to the passive ports of the card through the firewalls, or use scp.';

/** The Problem device/* or link/* for an error of the FTP library. */
export function ftpProblem(thrown: unknown, where: string, purpose: FtpPurpose): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof FTPError) return replyProblem(thrown, where, purpose);
  const text = sanitize(thrown instanceof Error ? thrown.message : String(thrown));
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined;
  if (code === 'ECONNREFUSED') {
    return new Problem('link/refused', `${where} refuses FTP: the port is closed.`, {
      hint: 'Enable FTP on the card (this needs a restart of the card), or use scp.',
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
    return new Problem('link/timeout', `The data connection of ${where} timed out.`, {
      hint: PASSIVE_HINT,
      cause: thrown,
    });
  }
  if (/^Timeout/.test(text) || code === 'ETIMEDOUT') {
    return new Problem('link/timeout', `FTP at ${where} timed out.`, {
      hint: 'Nothing was started. Try again, and check whether the card is busy.',
      cause: thrown,
    });
  }
  return new Problem('link/closed', `The FTP connection to ${where} broke: ${text}.`, {
    hint: 'Nothing was started. Try again; the card may have restarted.',
    cause: thrown,
  });
}

/** For a server that sends more than any FTP server does. */
export function floodProblem(where: string, cause?: unknown): Problem {
  return new Problem('device/garbage', `${where} sends more data than an FTP server does.`, {
    hint: 'Check what listens there: it does not behave like an FTP server.',
    cause,
  });
}

/** For a data connection that broke in the middle of an upload. `handed`: bytes given to the network. */
export function dataReset(
  where: string,
  name: string,
  sent: { readonly handed: number; readonly size: number; readonly cause: unknown },
): Problem {
  return new Problem(
    'link/reset',
    `${where} reset the data connection of ${name} after at most ${sent.handed} of ${sent.size} bytes.`,
    {
      hint: 'Nothing was started. Use scp for this card, or send the file again when the card is not busy.',
      cause: sent.cause,
    },
  );
}

/** Whether a reply to the password means that it is wrong, and not that the card has no free session. */
export function isLoginRefusal(thrown: unknown): boolean {
  if (!(thrown instanceof FTPError)) return false;
  return [530, 430].includes(thrown.code) && !TOO_MANY.test(thrown.message);
}

function replyProblem(reply: FTPError, where: string, purpose: FtpPurpose): Problem {
  const { code } = reply;
  const text = sanitize(reply.message);
  if (code === 421 || (code === 530 && TOO_MANY.test(reply.message))) {
    // 421 also ends an idle session. In both cases there is no session now, and there will be later.
    return new Problem('device/login-limit', `${where} has no free FTP session: ${text}.`, {
      hint: 'Close other sessions of the card, or try again in some minutes: a card that restarts answers so too.',
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
  if (purpose === 'read' && FILE_CODES.includes(code)) {
    return new Problem('device/no-file', `${where} does not send the file: ${text}.`, {
      hint: 'Look at the files of the card. The file may have another name, or the user may not read it.',
      cause: reply,
    });
  }
  if (purpose === 'write' && ROOM_CODES.includes(code)) {
    return new Problem('device/no-room', `${where} does not accept the file: ${text}.`, {
      hint: 'Look at the folder upsfw on the card. Another image may fill it, or the folder may be missing.',
      cause: reply,
    });
  }
  return new Problem('link/ftp', `FTP to ${where} failed: ${text}.`, {
    hint: 'Check the FTP settings of the card.',
    cause: reply,
  });
}
