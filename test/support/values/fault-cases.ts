import type { Fault, SimulatedUnit } from '../../../src/sim/index.ts';
import { BOTH_METHODS, NMC2, NMC3 } from '../sites/site.ts';

/**
 * The expected result of a fault. `docs/recovery.md` has the same outcome and code for the person on site.
 */
export interface Expected {
  readonly unit: SimulatedUnit;
  readonly outcome: 'upgraded' | 'failed' | 'refused' | 'stopped' | 'unknown';
  readonly exit: number;
  readonly code: string | null;
  /** Requests to start that reach the device. */
  readonly starts: number;
  /**
   * `output-off`: the operator lets the tool switch the output off. `card`: firmware for the card itself is
   * sent. `ftp-tls`: its FTP server offers encryption.
   */
  readonly setup?: 'output-off' | 'card' | 'ftp-tls';
  /** The card stops answering, so the test uses short timeouts. */
  readonly shortTimeouts?: true;
  /** Speed of the simulated unit. It is higher where only the limit of a step ends the update. */
  readonly speed?: number;
}

/** Every fault of the simulator with its expected result. */
export const CASES: Readonly<Record<Fault, Expected>> = {
  'ssh-hang-up-after-login': { unit: NMC3, outcome: 'failed', exit: 4, code: 'link/closed', starts: 0 },
  'scp-hang-up-half-way': {
    unit: NMC3,
    outcome: 'failed',
    exit: 4,
    code: 'device/upload-mismatch',
    starts: 0,
  },
  'scp-refused': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/no-room', starts: 0 },
  'ftp-hang-up-half-way': {
    unit: NMC2,
    outcome: 'failed',
    exit: 4,
    code: 'link/reset',
    starts: 0,
  },
  'ftp-resets-large-writes': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'ftp-resets-and-restarts': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'ftp-asks-code': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/login-code', starts: 0 },
  'ftp-no-final-reply': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  // Nothing was started, but a person can start it: the image is staged.
  'set-refused': { unit: NMC2, outcome: 'stopped', exit: 4, code: 'device/start-unavailable', starts: 1 },
  'ftp-pasv-other-host': { unit: NMC2, outcome: 'failed', exit: 4, code: 'link/ftp', starts: 0 },
  'ftp-floods': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/garbage', starts: 0 },
  'ftp-stalls': {
    unit: NMC2,
    outcome: 'failed',
    exit: 4,
    code: 'device/upload-mismatch',
    starts: 0,
    shortTimeouts: true,
  },
  'ftp-login-limit': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/login-limit', starts: 0 },
  'ftp-no-room': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/no-room', starts: 0 },
  'ftp-tls-certificate-changes': {
    unit: NMC2,
    setup: 'ftp-tls',
    outcome: 'failed',
    exit: 4,
    code: 'link/certificate',
    starts: 0,
  },
  'ftp-tls-gone': {
    unit: NMC2,
    setup: 'ftp-tls',
    outcome: 'failed',
    exit: 4,
    code: 'link/certificate',
    starts: 0,
  },
  'certificate-changes': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'set-answer-lost': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'set-lost': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/start-not-seen', starts: 0 },
  'cli-lost': { unit: BOTH_METHODS, outcome: 'failed', exit: 4, code: 'device/start-not-seen', starts: 0 },
  'cli-failed': { unit: BOTH_METHODS, outcome: 'failed', exit: 4, code: 'device/start-refused', starts: 0 },
  // An error answer proves nothing: the tool asks the device, which is updating.
  'cli-fails-and-starts': { unit: BOTH_METHODS, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'cli-status-fails': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  // Without the update object, a hidden update looks like no update.
  'cli-asks': {
    unit: NMC3,
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 0,
    speed: 3000,
  },
  'cli-answer-lost': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'cli-incompatible': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/incompatible', starts: 0 },
  'scp-stalls': {
    unit: NMC3,
    outcome: 'failed',
    exit: 4,
    code: 'device/upload-mismatch',
    starts: 0,
    shortTimeouts: true,
  },
  'scp-no-last-ack': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'upload-truncated': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/upload-mismatch', starts: 0 },
  'upload-truncated-once': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'upload-lost-once': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'upload-empty': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/upload-mismatch', starts: 0 },
  'listing-wrong-size': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/upload-mismatch', starts: 0 },
  'listing-hostile': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'shell-splits': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'shell-cr-only': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'shell-floods': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/garbage', starts: 0 },
  'shell-login-again': {
    unit: NMC3,
    outcome: 'failed',
    exit: 4,
    code: 'device/login',
    starts: 0,
    shortTimeouts: true,
  },
  'shell-asks-code': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/login-code', starts: 0 },
  'shell-idle-logout': { unit: NMC3, outcome: 'failed', exit: 4, code: 'link/closed', starts: 0 },
  'password-change': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/password-change', starts: 0 },
  'ssh-asks-code': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/login-code', starts: 0 },
  'ssh-session-limit': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/login-limit', starts: 0 },
  'ssh-refused': { unit: NMC3, outcome: 'failed', exit: 4, code: 'link/closed', starts: 0 },
  'ssh-slow-handshake': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'ssh-banner-malformed': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/banner', starts: 0 },
  'ssh-host-key-changes': { unit: NMC3, outcome: 'failed', exit: 4, code: 'link/host-key', starts: 0 },
  'update-cancelled': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/update-failed', starts: 1 },
  'returns-unchanged': {
    unit: NMC2,
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 1,
    speed: 3000,
  },
  'never-returns': {
    unit: NMC2,
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 1,
    speed: 3000,
  },
  'never-returns-forgotten': {
    unit: NMC2,
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 1,
    speed: 3000,
  },
  'update-stuck': {
    unit: NMC2,
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 1,
    speed: 3000,
  },
  'on-battery-after-upload': { unit: NMC2, outcome: 'refused', exit: 3, code: 'refused/rule', starts: 0 },
  'output-off-after-update': { unit: NMC2, outcome: 'unknown', exit: 5, code: 'device/changed', starts: 1 },
  'stale-result': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'stale-success': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'output-off-refused': {
    unit: NMC3,
    setup: 'output-off',
    outcome: 'failed',
    exit: 4,
    code: 'device/output',
    starts: 0,
  },
  'output-stays-off': {
    unit: NMC3,
    setup: 'output-off',
    outcome: 'unknown',
    exit: 5,
    code: 'device/output',
    starts: 1,
  },
  'output-off-lost': {
    unit: NMC3,
    setup: 'output-off',
    outcome: 'failed',
    exit: 4,
    code: 'device/output',
    starts: 0,
  },
  'output-command-lost-answer': {
    unit: NMC3,
    setup: 'output-off',
    outcome: 'upgraded',
    exit: 0,
    code: null,
    starts: 1,
  },
  'event-log-unreadable': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'mains-fail-during-update': { unit: NMC2, outcome: 'unknown', exit: 5, code: 'device/changed', starts: 1 },
  'card-reboots-during-update': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'snmp-silent-during-update': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  // The running version counts more than an update object that contradicts it.
  'update-object-lies': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'update-fails-late': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/update-failed', starts: 1 },
  'returns-other-version': {
    unit: NMC2,
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 1,
    speed: 3000,
  },
  'returns-other-serial': {
    unit: NMC2,
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 1,
    speed: 3000,
  },
  'alarm-after-update': { unit: NMC2, outcome: 'unknown', exit: 5, code: 'device/changed', starts: 1 },
  'card-never-returns': {
    unit: BOTH_METHODS,
    setup: 'card',
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 0,
    speed: 3000,
  },
  'card-returns-old': {
    unit: BOTH_METHODS,
    setup: 'card',
    outcome: 'failed',
    exit: 4,
    code: 'device/update-failed',
    starts: 0,
    // At a higher speed, one SNMP timeout of the tool takes many minutes of the device.
    speed: 60,
  },
  'card-app-mismatch': {
    unit: BOTH_METHODS,
    setup: 'card',
    outcome: 'unknown',
    exit: 5,
    code: 'device/changed',
    starts: 0,
    speed: 60,
  },
  'card-settings-reset': {
    unit: BOTH_METHODS,
    setup: 'card',
    outcome: 'failed',
    exit: 4,
    code: 'device/login',
    starts: 0,
    speed: 60,
  },
};
