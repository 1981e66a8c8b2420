import type { InstalledFirmware } from '../catalogue/candidate.ts';
import type { FirmwareLine } from '../catalogue/schema.ts';
import type { Fact } from '../engine/evaluate.ts';
import { compareVersions } from '../engine/versions.ts';

/** Whether a unit takes an update through its card at what it runs now; `path` is null where that is not known. */
export interface CardGate {
  readonly state: 'open' | 'shut' | 'never' | null;
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
 * The gate that the *installed* firmware puts before an update through the card.
 * Source: docs/sources/card.md#gates-by-installed-firmware
 */
export function cardGateOf(at: InstalledFirmware | null, line: FirmwareLine | undefined): CardGate {
  if (at === null || line === undefined || line.cardGate.update === 'unknown') {
    const note = line?.cardGate.note === undefined ? '' : ` (${line.cardGate.note})`;
    return {
      state: null,
      because: `whether units of id ${at?.microLinkId ?? '?'} take updates through a card is not known${note}`,
      remedy: `${LOCAL}.`,
    };
  }
  const { microLinkId: id, version } = at;
  const { update, off, on, onForSome } = line.cardGate;
  const shut = off === undefined ? null : compareVersions(version, off);
  if (update === 'no')
    return {
      state: 'never',
      because: `units of id ${id} take no update through a card`,
      remedy: `${LOCAL}.`,
    };
  if ((off === undefined && on === undefined) || shut === -1)
    return { state: 'open', because: `at ${version} the card path of id ${id} is open`, remedy: '' };
  if (on === undefined || (off !== undefined && shut === null))
    return {
      state: null,
      because: `whether ${version} takes updates through a card is not known`,
      remedy: `${LOCAL}.`,
    };
  if (on === 'never') {
    return {
      state: 'never',
      because: `from ${off} on id ${id} takes no update through a card, and no release opens it again; installed is ${version}`,
      remedy: `${LOCAL}.`,
    };
  }
  if (on === 'panel') {
    return {
      state: null,
      because: `from ${off} on the front panel decides whether id ${id} takes updates through a card, and the card cannot tell; installed is ${version}`,
      remedy: `At the panel allow SmartSlot under Firmware Update Interfaces, then override the rule card-gate for this run with that as the reason; or: ${LOCAL}.`,
    };
  }
  const opened = compareVersions(version, on);
  if (opened === 0 || opened === 1) {
    const because = `from ${on} on the card path of id ${id} is open; installed is ${version}`;
    if (!onForSome) return { state: 'open', because, remedy: '' };
    return {
      state: null,
      because: `from ${on} on the card path of id ${id} is open for some models, and nobody says which; installed is ${version}`,
      remedy: `Try one unit within reach: override the rule card-gate for this run with that as the reason; or: ${LOCAL}.`,
    };
  }
  if (off === undefined)
    return {
      state: null,
      because: `from ${on} on the card path of id ${id} is open, of earlier releases it is not known; installed is ${version}`,
      remedy: `${LOCAL} once, to ${on} or later.`,
    };
  return {
    state: 'shut',
    because: `release ${off} shut the card path of id ${id} and ${on} opens it again${onForSome ? ', for some models' : ''}; installed is ${version}`,
    remedy: `${LOCAL} once, to ${on} or later. From then on updates through the card ${onForSome ? 'may work' : 'work'} again.`,
  };
}
