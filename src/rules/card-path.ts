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

const LOCAL = 'Update this unit over its serial or USB port with the Firmware Upgrade Wizard of the vendor';

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

/** The gate that the *installed* firmware puts before an update through the card (card notes, section 1.7). */
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
  const { update, off, on } = line.cardPath;
  if (update === 'no')
    return { path: 'never', because: `units of id ${id} take no update through a card`, remedy: `${LOCAL}.` };
  const shut = off === undefined ? -1 : compareVersions(version, off);
  if (shut === -1)
    return { path: 'open', because: `at ${version} the card path of id ${id} is open`, remedy: '' };
  if (shut === null || on === undefined)
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
  if (opened === 0 || opened === 1)
    return {
      path: 'open',
      because: `from ${on} on the card path of id ${id} is open; installed is ${version}`,
      remedy: '',
    };
  return {
    path: 'shut',
    because: `release ${off} shut the card path of id ${id} and ${on} opens it again; installed is ${version}`,
    remedy: `${LOCAL} once, to ${on} or later. From then on updates through the card work again.`,
  };
}
