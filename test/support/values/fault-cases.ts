import type { Fault, SimulatedUnit } from '../../../src/sim/index.ts';
import { BOTH_WAYS, NMC2, NMC3 } from '../sites/site.ts';

/** What must come of a fault. `docs/recovery.md` tells the person on site the same. */
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
  readonly asked?: 'output-off' | 'card' | 'ftp-tls';
  /** The card says nothing any more: the waits of the world are short. */
  readonly impatient?: true;
  /** Where it is not that of the other tests: higher where only the limit of a step ends it. */
  readonly speed?: number;
}

/** Every fault of the simulator, and what the tool must make of it. */
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
    code: 'device/upload-mismatch',
    starts: 0,
  },
  'ftp-no-final-reply': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  // Nothing was started, and a person can: the image is staged.
  'set-refused': { unit: NMC2, outcome: 'stopped', exit: 4, code: 'device/start-unavailable', starts: 1 },
  'ftp-pasv-other-host': { unit: NMC2, outcome: 'failed', exit: 4, code: 'link/ftp', starts: 0 },
  'ftp-floods': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/garbage', starts: 0 },
  'ftp-stalls': {
    unit: NMC2,
    outcome: 'failed',
    exit: 4,
    code: 'device/upload-mismatch',
    starts: 0,
    impatient: true,
  },
  'ftp-login-limit': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/login-limit', starts: 0 },
  'ftp-no-room': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/no-room', starts: 0 },
  'ftp-tls-certificate-changes': {
    unit: NMC2,
    asked: 'ftp-tls',
    outcome: 'failed',
    exit: 4,
    code: 'link/certificate',
    starts: 0,
  },
  'ftp-tls-gone': {
    unit: NMC2,
    asked: 'ftp-tls',
    outcome: 'failed',
    exit: 4,
    code: 'link/certificate',
    starts: 0,
  },
  'certificate-changes': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'set-answer-lost': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'set-lost': { unit: NMC2, outcome: 'failed', exit: 4, code: 'device/start-not-seen', starts: 0 },
  'cli-lost': { unit: BOTH_WAYS, outcome: 'failed', exit: 4, code: 'device/start-not-seen', starts: 0 },
  'cli-failed': { unit: BOTH_WAYS, outcome: 'failed', exit: 4, code: 'device/start-refused', starts: 0 },
  // An error answer is no proof: the device is asked, and is at it.
  'cli-fails-and-starts': { unit: BOTH_WAYS, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'cli-status-fails': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  // Without the update object nothing tells an update that is not shown from one that is not there.
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
    impatient: true,
  },
  'scp-no-last-ack': { unit: NMC3, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'upload-truncated': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/upload-mismatch', starts: 0 },
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
    impatient: true,
  },
  'shell-idle-logout': { unit: NMC3, outcome: 'failed', exit: 4, code: 'link/closed', starts: 0 },
  'password-change': { unit: NMC3, outcome: 'failed', exit: 4, code: 'device/password-change', starts: 0 },
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
    asked: 'output-off',
    outcome: 'failed',
    exit: 4,
    code: 'device/output',
    starts: 0,
  },
  'output-stays-off': {
    unit: NMC3,
    asked: 'output-off',
    outcome: 'unknown',
    exit: 5,
    code: 'device/output',
    starts: 1,
  },
  'output-off-lost': {
    unit: NMC3,
    asked: 'output-off',
    outcome: 'failed',
    exit: 4,
    code: 'device/output',
    starts: 0,
  },
  'output-command-lost-answer': {
    unit: NMC3,
    asked: 'output-off',
    outcome: 'upgraded',
    exit: 0,
    code: null,
    starts: 1,
  },
  'event-log-unreadable': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'mains-fail-during-update': { unit: NMC2, outcome: 'unknown', exit: 5, code: 'device/changed', starts: 1 },
  'card-reboots-during-update': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  'snmp-silent-during-update': { unit: NMC2, outcome: 'upgraded', exit: 0, code: null, starts: 1 },
  // The version that runs counts more than an object that says otherwise.
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
    unit: BOTH_WAYS,
    asked: 'card',
    outcome: 'unknown',
    exit: 5,
    code: 'device/update-unknown',
    starts: 0,
    speed: 3000,
  },
  'card-returns-old': {
    unit: BOTH_WAYS,
    asked: 'card',
    outcome: 'failed',
    exit: 4,
    code: 'device/update-failed',
    starts: 0,
    // The world's own waits for SNMP are many minutes of a faster device.
    speed: 60,
  },
  'card-app-mismatch': {
    unit: BOTH_WAYS,
    asked: 'card',
    outcome: 'unknown',
    exit: 5,
    code: 'device/changed',
    starts: 0,
    speed: 60,
  },
  'card-settings-reset': {
    unit: BOTH_WAYS,
    asked: 'card',
    outcome: 'failed',
    exit: 4,
    code: 'device/login',
    starts: 0,
    speed: 60,
  },
};
