import type { RecordedCommand, Recording } from '../core/index.ts';

/** An open question about real cards, and what a recording answers. */
export interface Question {
  readonly text: string;
  /** The answer as text; null if a recording cannot give it, because it only reads. */
  readonly seen: (recording: Recording) => string | null;
}

const NOT_SEEN = 'not seen in this recording';

function commandOf(recording: Recording, command: string, folder = '/'): RecordedCommand | undefined {
  return recording.commands.find((one) => one.command === command && one.folder === folder);
}

function answerOf(recording: Recording, command: string, folder = '/'): string {
  const found = commandOf(recording, command, folder);
  if (found === undefined) return NOT_SEEN;
  if (found.lines === null) return `no answer (${found.problem?.code ?? 'unknown'})`;
  const lines = found.lines.length === 1 ? 'one line' : `${found.lines.length} lines`;
  return `\`${command}\` answered ${found.code ?? 'without a result code'}, ${lines}`;
}

/** Open questions about real cards. Some can be answered only by an update, the panel or a document. */
export const QUESTIONS: readonly Question[] = [
  {
    text: 'Does the card have a folder `upsfw`, and what is in it?',
    seen: (recording) => `${answerOf(recording, 'cd upsfw')}; in it ${answerOf(recording, 'dir', '/upsfw/')}`,
  },
  {
    text: 'Does the command line have `upsfwupdate`, and with which options?',
    seen: (recording) => answerOf(recording, 'upsfwupdate ?'),
  },
  {
    text: 'What does `upsfwupdate -lastresult` print?',
    seen: (recording) => answerOf(recording, 'upsfwupdate -lastresult'),
  },
  {
    text: 'What does `upsfwupdate -status` print while no update runs?',
    seen: (recording) => answerOf(recording, 'upsfwupdate -status'),
  },
  {
    text: 'Does the card have the object `upsAdvControlFirmwareUpdate`, and what is its value?',
    seen: ({ objects }) => {
      if (objects === null) return NOT_SEEN;
      const value = objects.find(({ name }) => name === 'firmwareUpdate')?.value ?? null;
      return value === null ? 'the card does not have it' : `it reads ${value}`;
    },
  },
  {
    text: 'What is the greeting of the FTP server, and does it offer TLS?',
    seen: ({ services }) => services.services.find(({ service }) => service === 'ftp')?.detail ?? NOT_SEEN,
  },
  {
    text: 'Which SSH algorithms does the card offer, and how long does the key exchange take?',
    seen: ({ services: { ssh } }) =>
      ssh?.kex == null
        ? NOT_SEEN
        : `${ssh.kex.join(', ')}; ${ssh.milliseconds === null ? 'it did not end' : `${ssh.milliseconds} ms`}`,
  },
  {
    text: 'How does the card report the result of the last file transfer?',
    seen: (recording) => answerOf(recording, 'xferStatus'),
  },
  { text: 'What does the card ask when an update is started with the output on?', seen: () => null },
  {
    text: 'Which event does the log show after a successful update, and does the card send a trap?',
    seen: () => null,
  },
  { text: 'Does the image stay in the folder after an update, and what removes it?', seen: () => null },
  {
    text: 'Does the output stay on during an update, and does it switch on again by itself?',
    seen: () => null,
  },
  { text: 'What does the card answer if the installed firmware closes the card gate?', seen: () => null },
  { text: 'Is SmartSlot enabled among the update interfaces of the panel?', seen: () => null },
];
