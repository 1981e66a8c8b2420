/** Ways in which a simulated device misbehaves. Each is used by a test. */
export const FAULTS = {
  'ssh-hang-up-after-login': 'The SSH connection closes right after the login.',
  'scp-hang-up-half-way': 'The connection closes when half of an SCP upload has arrived.',
  'scp-refused': 'The SCP sink answers with an error instead of taking the file.',
  'ftp-hang-up-half-way': 'Both FTP connections close when half of an upload has arrived.',
  'ftp-no-final-reply':
    'The file arrives whole, and the FTP control connection closes without its last reply.',
  'set-refused': 'The agent answers the write to the update object with an error and does nothing.',
  'set-answer-lost': 'The agent starts the update and its answer to the write gets lost.',
  'set-lost': 'The write that would start the update never arrives.',
  'cli-answer-lost': 'The card starts the update and hangs up before it answers the command.',
  'cli-lost': 'The card hangs up before it carries out the command that would start the update.',
  'cli-failed': 'The command that would start the update answers that it failed, and nothing is done.',
  'cli-asks': 'The command asks a question before it starts anything, and starts nothing without an answer.',
  'cli-incompatible': 'The command line calls every file incompatible.',
  'update-cancelled': 'The transfer to the UPS is cancelled half-way; the old firmware goes on running.',
  'returns-unchanged': 'The update is said to be successful, and the unit returns with its old version.',
  'never-returns': 'The unit does not return after the update.',
  'update-stuck': 'The transfer to the UPS stops moving and never ends.',
  'on-battery-after-upload': 'Mains fails as soon as the image lies on the card.',
  'output-off-after-update': 'The output stays off after the update.',
  'stale-result': 'The update object still holds the failure of an earlier update.',
} as const;

export type Fault = keyof typeof FAULTS;
