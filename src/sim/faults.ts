/** Ways in which a simulated device misbehaves. Each is used by a test. */
export const FAULTS = {
  'ssh-hang-up-after-login': 'The SSH connection closes right after the login.',
  'scp-hang-up-half-way': 'The connection closes when half of an SCP upload has arrived.',
  'scp-refused': 'The SCP sink answers with an error instead of taking the file.',
  'ftp-hang-up-half-way': 'Both FTP connections close when half of an upload has arrived.',
  'ftp-no-final-reply':
    'The file arrives whole, and the FTP control connection closes without its last reply.',
  'ftp-pasv-other-host': 'The answer to PASV names another address than that of the card.',
  'ftp-floods': 'The FTP server answers the login with a line of a megabyte.',
  'ftp-stalls': 'The FTP server takes half of an upload and then says nothing any more.',
  'ftp-login-limit': 'The FTP server says that too many are logged in and closes, instead of its greeting.',
  'ftp-no-room': 'The FTP server says that there is no room instead of taking a file.',
  'ftp-tls-certificate-changes': 'The FTP server shows another certificate from the second connection on.',
  'ftp-tls-gone': 'The FTP server offers TLS on its first connection only.',
  'certificate-changes': 'The web page shows another certificate from the second connection on.',
  'set-refused': 'The agent answers the write to the update object with an error and does nothing.',
  'set-answer-lost': 'The agent starts the update and its answer to the write gets lost.',
  'set-lost': 'The write that would start the update never arrives.',
  'cli-answer-lost': 'The card starts the update and hangs up before it answers the command.',
  'cli-lost': 'The card hangs up before it carries out the command that would start the update.',
  'cli-failed': 'The command that would start the update answers that it failed, and nothing is done.',
  'cli-fails-and-starts': 'The command starts the update, and answers that it failed.',
  'cli-asks': 'The command asks a question before it starts anything, and starts nothing without an answer.',
  'cli-incompatible': 'The command line calls every file incompatible.',
  'scp-stalls': 'The SCP sink takes half of a file and then says nothing any more.',
  'scp-no-last-ack':
    'The file arrives whole over SCP, and the connection closes without the last acknowledgement.',
  'upload-truncated': 'The card keeps only the first half of a file, and says nothing of it.',
  'upload-empty': 'The card keeps nothing of a file but its name, and says nothing of it.',
  'listing-wrong-size': 'The listing shows every image one byte shorter than it is.',
  'listing-hostile':
    'The listing has control characters, very long lines and sizes that are no numbers beside the real names.',
  'shell-splits': 'Every byte of the command line comes in a packet of its own.',
  'shell-cr-only': 'The lines of the command line end in a carriage return only.',
  'shell-floods': 'The command line prints a megabyte before its first prompt.',
  'shell-login-again': 'The command line asks for name and password once more inside SSH.',
  'shell-idle-logout': 'The command line says goodbye and closes after the first command.',
  'password-change':
    'The card wants a new password before anything else, and takes no files until it has one.',
  'ssh-session-limit':
    'The login succeeds, and the command line says that too many are logged in and closes.',
  'ssh-refused': 'SSH connections close at once.',
  'ssh-slow-handshake': 'The card computes for 20 seconds before the SSH key exchange goes on.',
  'ssh-banner-malformed': 'The SSH banner before the login is cut short.',
  'ssh-host-key-changes': 'The card shows another SSH host key from the second connection on.',
  'update-cancelled': 'The transfer to the UPS is cancelled half-way; the old firmware goes on running.',
  'returns-unchanged': 'The update is said to be successful, and the unit returns with its old version.',
  'never-returns': 'The unit does not return after the update.',
  'update-stuck': 'The transfer to the UPS stops moving and never ends.',
  'on-battery-after-upload': 'Mains fails as soon as the image lies on the card.',
  'output-off-after-update': 'The output stays off after the update.',
  'stale-result': 'The update object still holds the failure of an earlier update.',
  'stale-success': 'The update object still holds the success of an earlier update.',
  'output-off-refused': 'The command that would switch the output off answers that it failed.',
  'output-stays-off': 'The command that would switch the output on is accepted, and the output stays off.',
  'output-off-lost': 'The card hangs up before it carries out the command that would switch the output off.',
  'output-command-lost-answer':
    'The card switches the output as it was told and hangs up before it answers the command.',
  'event-log-unreadable': 'The event log cannot be read.',
  'mains-fail-during-update':
    'Mains fails in the middle of the update: the output drops and stays off, and the update ends well.',
  'card-reboots-during-update': 'The card restarts in the middle of the update, which goes on without it.',
  'snmp-silent-during-update': 'The agent answers nothing while an update is on.',
  'update-object-lies':
    'The update object says for ever that the update is in process; the new version runs.',
  'update-fails-late': 'The transfer to the UPS is cancelled when nearly all of it has been sent.',
  'returns-other-version':
    'The unit returns with a version that is neither the old one nor the one that was sent.',
  'returns-other-serial': 'The unit returns with another serial number.',
  'alarm-after-update': 'The unit returns with its new version and an alarm.',
  'card-never-returns': 'The card does not return after it took firmware for itself.',
  'card-returns-old': 'The card returns from taking firmware with its old version.',
  'card-app-mismatch': 'The card returns from taking firmware with an application that does not run.',
  'card-settings-reset':
    'The card returns from taking firmware with its settings lost, its password among them.',
} as const;

export type Fault = keyof typeof FAULTS;
