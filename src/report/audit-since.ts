import {
  type AuditChange,
  CHANGE_KINDS,
  type ChangeKind,
  type ChangeSide,
  changeCount,
} from './audit-changes.ts';
import type { AuditDocument } from './documents.ts';
import { firmwareWords } from './words.ts';
import type { ReportWriter, Tone } from './writer.ts';

const MOST_LINES = 20;

const WORDS: Readonly<Record<ChangeKind, readonly [word: string, tone: Tone]>> = {
  new: ['new', 'plain'],
  gone: ['gone', 'warn'],
  moved: ['moved', 'plain'],
  replaced: ['replaced', 'warn'],
  unreachable: ['unreachable', 'bad'],
  back: ['back', 'good'],
  upgraded: ['upgraded', 'good'],
  downgraded: ['downgraded', 'bad'],
  firmwareChanged: ['changed', 'warn'],
  newlyOutdated: ['outdated', 'warn'],
  newlyVulnerable: ['vulnerable', 'bad'],
};

/** What changed since an earlier audit, kind by kind, a line a change; nothing where that was not asked. */
export function writeChanges(paper: ReportWriter, { changes }: AuditDocument): void {
  if (changes === null) return;
  paper.heading(`Since ${changes.since}`);
  if (changeCount(changes) === 0) paper.line('nothing changed');
  for (const kind of CHANGE_KINDS) {
    const all: readonly (AuditChange & { readonly advisories?: readonly string[] })[] = changes[kind];
    const [word, tone] = WORDS[kind];
    for (const change of all.slice(0, MOST_LINES)) {
      paper.item(placeOf(change), word, tone, detail(kind, change));
    }
    if (all.length > MOST_LINES) paper.note(`and ${all.length - MOST_LINES} more ${word} (--json lists all)`);
  }
}

function placeOf({ site, name }: Pick<ChangeSide, 'site' | 'name'>): string {
  return `${site ?? '?'}/${name ?? '?'}`;
}

function detail(
  kind: ChangeKind,
  { before, now, serial, advisories = [] }: AuditChange & { readonly advisories?: readonly string[] },
): string {
  if (before === null || now === null) {
    const seen = now ?? before;
    return `serial ${serial ?? 'not known'}, ${seen === null ? '' : firmwareWords(seen.firmware)}`;
  }
  switch (kind) {
    case 'moved':
      return `serial ${serial ?? 'not known'}, was ${whereOf(before)}, is ${whereOf(now)}`;
    case 'replaced':
      return `serial ${before.serial ?? 'not known'} -> ${now.serial ?? 'not known'}`;
    case 'upgraded':
    case 'downgraded':
    case 'firmwareChanged':
      return `${firmwareWords(before.firmware)} -> ${firmwareWords(now.firmware)}`;
    case 'newlyOutdated':
      return `${firmwareWords(now.firmware)}, was ${before.status}, is ${now.status}`;
    case 'newlyVulnerable':
      return `${firmwareWords(now.firmware)}, ${advisories.join(', ')}`;
    default:
      return `was ${before.status}, is ${now.status}`;
  }
}

function whereOf(side: ChangeSide): string {
  return `${placeOf(side)} at ${side.host ?? 'no address'}`;
}
