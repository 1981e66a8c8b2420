/**
 * Phrases of the card's command line.
 * Source: docs/sources/card.md#login-and-prompt, docs/sources/card.md#result-codes
 */
export const PHRASES = {
  code: /^(E\d{3}):/,
  /** Printed before every prompt while a change waits for a restart of the card. */
  nag: /^\* Reboot required\b/i,
  /** The login of the serial and Telnet console, at the end of the received text. */
  consoleLogin: /(?:^|[\r\n])\s{0,80}User Name\s{0,8}:\s{0,8}$/i,
  /**
   * The key menu of the full-screen event log, and the bare prompt after it.
   * Source: docs/sources/card.md#login-and-prompt
   */
  logKeys: /<ESC>-\s{0,4}Exit/i,
  logScreen: /<ESC>-\s{0,4}Exit[^\r\n]{0,200}[\r\n]\s{0,200}>\s{0,8}$/i,
  /** A row of the event log on the screen: date in any of the card's formats, time, text. */
  logRow: /^\S{6,12}\s+\d{1,2}:\d{2}:\d{2}\s+\S/,
  /**
   * Words of a login with a one-time code. The texts of a card are not published.
   * Source: docs/sources/card.md#login-with-a-one-time-code
   */
  secondFactor:
    /\b(?:one[- ]?time|t?otp|mfa|2fa|tfa|(?:two|multi|2)[- ]?(?:factor|step)|second factor|pass ?code|verification|authenticator)\b/i,
  codeWord: /\b(?:codes?|token|pin)\b/i,
  /** A line that waits for an answer, or says that something was sent to answer it with. */
  asks: /[:?]\s{0,8}$|\b(?:enter|type|input|provide|sent|mailed|emailed)\b/i,
  tooManyLogins: /Max logins exceeded/i,
  passwordChange: /(?:requires you to change your password|Enter current password:)/i,
  compatible: /^Compatible with UPS:\s*(Yes|No)\s*$/im,
  lastTransfer: /^Result of last file transfer:\s*(\S.*?)\s*$/im,
  progress: /^Status:\s*(\d+)k\/(\d+)k\s*\((\d{1,3})%\)/im,
} as const;

export const CODE = {
  success: 'E000',
  issued: 'E001',
  failed: 'E100',
  notFound: 'E101',
  noData: 'E106',
  upsLost: 'E107',
} as const;

/**
 * Meaning of the card's result codes.
 * Source: docs/sources/card.md#result-codes
 */
export const RESULT_CODES: Readonly<Record<string, string>> = {
  E000: 'success',
  E001: 'command issued',
  E002: 'a restart of the card is required for the change to take effect',
  E100: 'command failed',
  E101: 'command not found',
  E102: 'parameter error',
  E103: 'command line error',
  E104: 'the user has no permission for this command',
  E105: 'command prefill',
  E106: 'data not available',
  E107: 'the card has lost its serial link to the UPS',
  E108: 'EAPoL is disabled: its certificate is invalid or encrypted',
};

/** Meaning of the event log codes that appear around an update (from published logs of sumx 6.5.0). */
export const EVENT_CODES: Readonly<Record<string, string>> = {
  '0x0007': 'the network service of the card started',
  '0x000F': 'a file transfer failed; the line names the file',
  '0x0101': 'the card restored its link to the UPS, as after a restart of the UPS',
  '0x0102': 'the card lost its link to the UPS, as during a restart of the UPS',
  '0x0114': 'the output of the UPS was switched off',
  '0x0135': 'a switched outlet group was switched off',
  '0x014F': 'the delay of a graceful shutdown ended',
  '0x0176': 'the card began to send firmware to the UPS',
  '0x0177': 'the transfer of firmware to the UPS ended; the brackets give the reason',
  '0x0178': 'the transfer of firmware to the UPS failed',
};

/** A result code with its meaning, for messages: `E100 (command failed)`. */
export function meaningOf(code: string | null): string {
  const meaning = code === null ? undefined : RESULT_CODES[code];
  return code === null ? 'without a result code' : meaning === undefined ? code : `${code} (${meaning})`;
}

/**
 * Codes of a command that was not executed: unknown command, bad parameter, bad command line, no permission.
 */
export const NOT_EXECUTED: readonly string[] = [CODE.notFound, 'E102', 'E103', 'E104'];
