import type { Standing } from './candidate.ts';
import type { Line } from './catalogue-schema.ts';
import type { Fact } from './matcher.ts';
import { compareVersions } from './versions.ts';

/** Whether a unit takes an update through its card at what it runs now; `path` is null where that is not known. */
export interface CardPath {
  readonly path: 'open' | 'shut' | 'never' | null;
  readonly because: string;
  readonly remedy: string;
}

const LOCAL = 'Update this unit over its serial port with the Firmware Upgrade Wizard of the vendor';

export function cardPathFacts(
  at: Standing | null,
  line: Line | undefined,
): readonly (readonly [string, Fact])[] {
  const { path, because, remedy } = cardPathOf(at, line);
  return [
    ['card.path', path],
    ['card.pathBecause', because],
    ['card.pathRemedy', remedy],
  ];
}

/**
 * The gate that the *installed* firmware puts before an update through the card.
 * Source: docs/sources/card.md#gates-by-installed-firmware
 */
export function cardPathOf(at: Standing | null, line: Line | undefined): CardPath {
  if (at === null || line === undefined || line.cardPath.update === 'unknown') {
    const note = line?.cardPath.note === undefined ? '' : ` (${line.cardPath.note})`;
    return {
      path: null,
      because: `whether units of id ${at?.microLinkId ?? '?'} take updates through a card is not known${note}`,
      remedy: `${LOCAL}.`,
    };
  }
  const { microLinkId: id, version } = at;
  const { update, off, on, onForSome } = line.cardPath;
  const shut = off === undefined ? null : compareVersions(version, off);
  if (update === 'no')
    return { path: 'never', because: `units of id ${id} take no update through a card`, remedy: `${LOCAL}.` };
  if ((off === undefined && on === undefined) || shut === -1)
    return { path: 'open', because: `at ${version} the card path of id ${id} is open`, remedy: '' };
  if (on === undefined || (off !== undefined && shut === null))
    return {
      path: null,
      because: `whether ${version} takes updates through a card is not known`,
      remedy: `${LOCAL}.`,
    };
  if (on === 'never') {
    return {
      path: 'never',
      because: `from ${off} on id ${id} takes no update through a card, and no release opens it again; installed is ${version}`,
      remedy: `${LOCAL}.`,
    };
  }
  if (on === 'panel') {
    return {
      path: null,
      because: `from ${off} on the front panel decides whether id ${id} takes updates through a card, and the card cannot tell; installed is ${version}`,
      remedy: `At the panel allow SmartSlot under Firmware Update Interfaces, then overrule the rule card-path for this run with that as the reason; or: ${LOCAL}.`,
    };
  }
  const opened = compareVersions(version, on);
  if (opened === 0 || opened === 1) {
    const because = `from ${on} on the card path of id ${id} is open; installed is ${version}`;
    if (!onForSome) return { path: 'open', because, remedy: '' };
    return {
      path: null,
      because: `from ${on} on the card path of id ${id} is open for some models, and nobody says which; installed is ${version}`,
      remedy: `Try one unit within reach: overrule the rule card-path for this run with that as the reason; or: ${LOCAL}.`,
    };
  }
  if (off === undefined)
    return {
      path: null,
      because: `from ${on} on the card path of id ${id} is open, of earlier releases it is not known; installed is ${version}`,
      remedy: `${LOCAL} once, to ${on} or later.`,
    };
  return {
    path: 'shut',
    because: `release ${off} shut the card path of id ${id} and ${on} opens it again${onForSome ? ', for some models' : ''}; installed is ${version}`,
    remedy: `${LOCAL} once, to ${on} or later. From then on updates through the card ${onForSome ? 'may work' : 'work'} again.`,
  };
}
