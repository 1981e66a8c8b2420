/** Words of the card's command line (card notes, section 2). */
export const PHRASES = {
  /** `apc>`, `name@apc>` or a prompt of the owner's, at the end of what has arrived. */
  prompt: /(?:^|[\r\n])(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9._-]{1,40}>[ ]?$/,
  code: /^(E\d{3}):/,
  tooManyLogins: /Max logins exceeded/i,
  passwordChange: /(?:requires you to change your password|Enter current password:)/i,
  compatible: /^Compatible with UPS:\s*(Yes|No)\s*$/im,
  progress: /^Status:\s*(\d+)k\/(\d+)k\s*\((\d{1,3})%\)/im,
} as const;

export const CODE = {
  success: 'E000',
  issued: 'E001',
  failed: 'E100',
  notFound: 'E101',
  upsLost: 'E107',
} as const;

/** Codes that say that a command was not even begun: not found, bad parameter, bad command line, user level. */
export const NOT_BEGUN: readonly string[] = [CODE.notFound, 'E102', 'E103', 'E104'];
