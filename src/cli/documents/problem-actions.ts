import { outcomeWithoutStart, type ProblemCode } from '../../core/index.ts';
import { exitWithoutStart } from '../exit-codes.ts';

/** The next action for a problem, without its case. The hint of a message is more exact. */

const RETRY = 'then: upsfw resume --retry UNIT';
const INSPECT =
  'Do not power the unit off. Inspect it on site, and ask it for the result: upsfw resume. docs/recovery.md has the steps.';
const NEW_PLAN = 'Make a new plan, check it and execute it: upsfw plan --out FILE.';

/** By the first part of the code. */
const BY_PART: Readonly<Record<string, string>> = {
  config: 'Correct the file or the option that the message names, then run the command again.',
  image: 'Get the file again, and compare it with its source: upsfw images FILE --sha256 HASH.',
  device: `Look at the unit and its card, remove the cause, ${RETRY}.`,
  link: `Check address, port, firewall and credential of the unit, ${RETRY}.`,
  refused: 'Remove what forbids it, then continue the run: upsfw resume.',
  internal: 'Report it with the command and the output of --log-level debug.',
};

const BY_CODE: Readonly<Partial<Record<ProblemCode, string>>> = {
  'config/state': 'Free space in the state folder or correct its rights, then: upsfw resume.',
  'config/plan': NEW_PLAN,
  'config/run': 'List the runs: upsfw runs.',
  'device/not-smart-ups': 'Check the address of the unit in the inventory, then make a new plan: upsfw plan.',
  'device/no-application': 'Update the firmware of the card first: upsfw plan --component card.',
  'image/package': 'Unpack it and name the folder of its files, Bins, to upsfw images.',
  'image/other-card': 'Leave it, or put the file for the platform and application of your card beside it.',
  'image/console-form': 'Use it at the serial console of the card only. For an upload get the .nmc3 file.',
  'image/renamed': 'Give the file its original name again, or delete the copy.',
  'device/lost-ups':
    'Check the panel of the UPS and the seat of the card. docs/recovery.md has the steps. Then: upsfw audit --unit NAME.',
  'device/login-code': `Give upsfw a local user of the card without an e-mail address, ${RETRY}.`,
  'device/login': `Correct the user name or the password in the inventory, ${RETRY}.`,
  'device/login-limit': `Log the others out of the card, ${RETRY}.`,
  'device/password-change': `Log in to the card once and set a new password, ${RETRY}.`,
  'device/incompatible': 'Do not send this image again. Make a new plan: upsfw plan.',
  'device/start-unavailable':
    'Press "Update UPS" on the Firmware Update page of the card, or add a start method to the inventory. Then: upsfw resume.',
  'device/not-installed': 'Install the image at the panel of the unit, then: upsfw resume.',
  'device/busy': 'Wait until that update has ended, look at the unit, and make a new plan: upsfw plan.',
  'device/update-unknown': INSPECT,
  'device/changed': INSPECT,
  'device/output': 'Look at the unit and its load. Switch the output on at the panel, then: upsfw resume.',
  'device/no-backup':
    'Save config.ini of the card by hand before an update of the card itself. An update of the UPS does not need it.',
  'device/boot-loader': 'Send an image at the serial port: upsfw local recover PORT IMAGE --expect-id ID.',
  'link/reset': `Wait some minutes, ${RETRY}. If it happens again, send the image by SCP: transfer: [scp].`,
  'link/port': 'List the ports and the programs that hold them: upsfw local ports.',
  'link/host-key':
    'Find out why the key differs. If the card has a new key, remove the old one from known-hosts.json.',
  'refused/rule': 'Read the reasons of the unit and their remedies: upsfw status --details.',
  'refused/plaintext': 'Use SCP and SNMPv3, or allow it for this unit: plaintext: true. Then: upsfw resume.',
  'refused/window': 'Run upsfw resume inside the window.',
  'refused/locked': 'Wait until the other process has ended, then: upsfw resume.',
  'refused/stale-plan': NEW_PLAN,
  'refused/no-path': 'Print the work for a person on site: upsfw plan --format md.',
  'refused/confirmation': 'Run the command again and answer y, or add --yes.',
  'refused/interrupted': 'Run the command again.',
  'refused/second-attempt': 'Look at the unit, and ask it for the result of the earlier start: upsfw resume.',
};

const ALL_ACTIONS: Readonly<Record<string, string>> = BY_CODE;

/** What to do about a problem, and how a unit with it ends where nothing was started. */
export function actionFor(code: string): string {
  const [part = ''] = code.split('/');
  const action = ALL_ACTIONS[code] ?? BY_PART[part] ?? '';
  const outcome = outcomeWithoutStart(code);
  return `${action} A unit on which nothing was started ends as ${outcome} (exit code ${exitWithoutStart(outcome)}).`;
}
