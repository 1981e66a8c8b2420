/**
 * Replies of a card's FTP server. The greeting, 230 and 221 were seen; the others follow the protocol.
 * Source: docs/sources/card.md#ftp-and-scp
 */
export const FTP = {
  opening: '150 Opening data connection.',
  okay: '200 Command okay.',
  system: '215 UNIX Type: L8',
  goodbye: '221 Goodbye.',
  complete: '226 Transfer complete.',
  loggedIn: '230 Login successful.',
  tls: '234 AUTH TLS successful.',
  deleted: '250 File deleted.',
  changed: '250 Directory changed.',
  needPassword: '331 User name okay, need password.',
  needAccount: '332 Need account for login.',
  notReady: '421 Service not available, closing control connection.',
  tooMany: '421 Too many users logged in.',
  noData: '425 Use PASV or PORT first.',
  badConnection: '425 Cannot open data connection.',
  aborted: '426 Data connection closed.',
  badParameter: '501 Syntax error in parameters.',
  unknown: '502 Command not implemented.',
  badLogin: '530 Login incorrect.',
  noLogin: '530 Please login with USER and PASS.',
  noFile: '550 No such file.',
  noFolder: '550 No such directory.',
  notThere: '550 Cannot store there.',
  refused: '550 File refused.',
  noRoom: '552 No space left on device.',
} as const;

/** Features of a card with explicit TLS. */
export const FTP_FEATURES = ['211-Features:', ' AUTH TLS', ' PBSZ', ' PROT', '211 End'] as const;
