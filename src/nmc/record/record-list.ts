/** A command that a recording may give. What this list does not hold is never sent. */
export interface ReadCommand {
  readonly command: string;
  /** The command answers from what the unit is at, so that a simulated unit must answer it by itself. */
  readonly live?: true;
  /** Nothing more is sent while the answer is awaited, not even the bare return that some firmware needs. */
  readonly alone?: true;
}

/**
 * The commands of a recording, in groups: those of a group are given in one session, because they stand on each other. All of
 * them only show something (command line guide 990-4879F). `eventlog` is not among them: it
 * is a full screen on which a single letter deletes the log.
 * Source: docs/sources/card.md#upsfwupdate, docs/sources/card.md#command-output
 */
export const READ_COMMANDS: readonly (readonly ReadCommand[])[] = [
  // The list of all commands: shows what this card has at all.
  [{ command: '?' }],
  // Hardware, application, operating system, boot monitor.
  [{ command: 'about' }],
  // Names, times and state of the card.
  [{ command: 'system' }],
  // Identity and firmware of the UPS.
  [{ command: 'upsabout', live: true }],
  // State of the UPS, short and whole.
  [{ command: 'detstatus -ss', live: true }],
  [{ command: 'detstatus -all', live: true }],
  [{ command: 'ups -st', live: true }],
  // Usage texts; without a further option nothing is done.
  [{ command: 'ups ?', alone: true }],
  [{ command: 'upsfwupdate ?', alone: true }],
  // Progress of an update, and how the last one ended.
  [{ command: 'upsfwupdate -status', live: true, alone: true }],
  [{ command: 'upsfwupdate -lastresult', live: true, alone: true }],
  // How the last transfer of a file ended.
  [{ command: 'xferStatus', live: true }],
  // Accounts, services and clock: the forms without an option only show.
  [{ command: 'whoami' }],
  [{ command: 'user' }],
  [{ command: 'ftp' }],
  [{ command: 'console' }],
  [{ command: 'date', live: true }],
  [{ command: 'lastrst' }],
  [{ command: 'session', live: true }],
  // Folders and names of files, those of the event log among them.
  [
    { command: 'pwd', live: true },
    { command: 'dir', live: true },
    { command: 'cd upsfw', live: true },
    { command: 'pwd', live: true },
    { command: 'dir', live: true },
  ],
];
