import type { InstalledFirmware } from '../catalogue/candidate.ts';
import type { FirmwareLine } from '../catalogue/schema.ts';
import type { Fact } from '../engine/evaluate.ts';
import { compareVersions } from '../engine/versions.ts';

/**
 * Whether a unit accepts an update through its card with its firmware; `state` is null if that is not known.
 */
export interface CardGate {
  readonly state: 'open' | 'closed' | 'never' | null;
  readonly because: string;
  readonly remedy: string;
}

const LOCAL = 'Update this unit over its serial port with the Firmware Upgrade Wizard of the vendor';

export function cardGateFacts(
  at: InstalledFirmware | null,
  line: FirmwareLine | undefined,
): readonly (readonly [string, Fact])[] {
  const { state, because, remedy } = cardGateOf(at, line);
  return [
    ['card.gate', state],
    ['card.gateBecause', because],
    ['card.gateRemedy', remedy],
  ];
}

/**
 * Evaluates the gate for `at`, which is the installed firmware or the firmware after a hop.
 * Source: docs/sources/card.md#gates-by-installed-firmware
 */
export function cardGateOf(at: InstalledFirmware | null, line: FirmwareLine | undefined): CardGate {
  if (at === null || line === undefined || line.cardGate.update === 'unknown') {
    const note = line?.cardGate.note === undefined ? '' : ` (${line.cardGate.note})`;
    const id = at === null ? '' : ` with ID ${at.microLinkId}`;
    return {
      state: null,
      because: `whether units${id} accept updates through a card is not known${note}`,
      remedy: `${LOCAL}.`,
    };
  }
  const { microLinkId: id, version } = at;
  const { update, off, on, onForSome } = line.cardGate;
  const order = off === undefined ? null : compareVersions(version, off);
  if (update === 'no') {
    return {
      state: 'never',
      because: `units with ID ${id} accept no update through a card`,
      remedy: `${LOCAL}.`,
    };
  }
  if ((off === undefined && on === undefined) || order === -1)
    return {
      state: 'open',
      because: `ID ${id} accepts updates through the card with ${version}`,
      remedy: '',
    };
  if (on === undefined || (off !== undefined && order === null)) {
    return {
      state: null,
      because: `whether ID ${id} accepts updates through the card with ${version} is not known`,
      remedy: `${LOCAL}.`,
    };
  }
  if (on === 'never') {
    return {
      state: 'never',
      because: `ID ${id} accepts no update through the card with ${version}: release ${off} closed the gate, and no release opens it`,
      remedy: `${LOCAL}.`,
    };
  }
  if (on === 'panel') {
    return {
      state: null,
      because: `with ${version} the front panel decides whether ID ${id} accepts updates through the card (from ${off} on), and the card cannot read this setting`,
      remedy: `On the panel enable SmartSlot under Firmware Update Interfaces, then override the rule card-gate for this run with that as the reason. Or: ${LOCAL}.`,
    };
  }
  const opened = compareVersions(version, on);
  if (opened === 0 || opened === 1) {
    if (!onForSome) {
      const because = `ID ${id} accepts updates through the card with ${version} (from ${on} on)`;
      return { state: 'open', because, remedy: '' };
    }
    return {
      state: null,
      because: `from ${on} on only some models with ID ${id} accept updates through the card, and no source names them; the firmware is ${version}`,
      remedy: `Try one unit within reach: override the rule card-gate for this run with that as the reason. Or: ${LOCAL}.`,
    };
  }
  if (off === undefined) {
    return {
      state: null,
      because: `ID ${id} accepts updates through the card from ${on} on; for ${version} it is not known`,
      remedy: `${LOCAL} once, to ${on} or later.`,
    };
  }
  const models = onForSome ? ' for some models' : '';
  return {
    state: 'closed',
    because: `ID ${id} accepts no update through the card with ${version}: release ${off} closed the gate, release ${on} opens it again${models}`,
    remedy: `${LOCAL} once, to ${on} or later. After that, updates through the card ${onForSome ? 'may work' : 'work'} again.`,
  };
}
