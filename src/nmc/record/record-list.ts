/** A command that a recording may send. No other command is ever sent. */
export interface ReadCommand {
  readonly command: string;
  /** The answer depends on the state of the unit, so a simulated unit must produce it itself. */
  readonly live?: true;
  /** Nothing more is sent while the answer is awaited, not even the bare return that some firmware needs. */
  readonly alone?: true;
}

/**
 * The commands of a recording. Those of a group share one session, because they depend on each other. All of
 * them only show something (command line guide 990-4879F). `eventlog` is left out: a single key on its screen
 * deletes the log.
 * Source: docs/sources/card.md#upsfwupdate, docs/sources/card.md#command-output
 */
export const READ_COMMANDS: readonly (readonly ReadCommand[])[] = [
  // The list of all commands of this card.
  [{ command: '?' }],
  // Hardware, application, operating system, boot monitor.
  [{ command: 'about' }],
  // Names, times and status of the card.
  [{ command: 'system' }],
  // Identity and firmware of the UPS.
  [{ command: 'upsabout', live: true }],
  // Status of the UPS, short and complete.
  [{ command: 'detstatus -ss', live: true }],
  [{ command: 'detstatus -all', live: true }],
  [{ command: 'ups -st', live: true }],
  // Usage texts; without another option these commands do nothing.
  [{ command: 'ups ?', alone: true }],
  [{ command: 'upsfwupdate ?', alone: true }],
  // Progress of an update, and the result of the last one.
  [{ command: 'upsfwupdate -status', live: true, alone: true }],
  [{ command: 'upsfwupdate -lastresult', live: true, alone: true }],
  // Result of the last file transfer.
  [{ command: 'xferStatus', live: true }],
  // Accounts, services and clock: without an option these commands only show.
  [{ command: 'whoami' }],
  [{ command: 'user' }],
  [{ command: 'ftp' }],
  [{ command: 'console' }],
  [{ command: 'date', live: true }],
  [{ command: 'lastrst' }],
  [{ command: 'session', live: true }],
  // Folders and file names, including those of the event log.
  [
    { command: 'pwd', live: true },
    { command: 'dir', live: true },
    { command: 'cd upsfw', live: true },
    { command: 'pwd', live: true },
    { command: 'dir', live: true },
  ],
];
