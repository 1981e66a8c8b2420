import {
  type AuditChange,
  CHANGE_KINDS,
  type ChangeKind,
  type ChangeSide,
  changeCount,
} from './audit-changes.ts';
import type { AuditDocument } from './documents.ts';
import { formatFirmware } from './labels.ts';
import type { ReportWriter, Tone } from './writer.ts';

const MAX_LINES = 20;

const LABELS: Readonly<Record<ChangeKind, readonly [label: string, tone: Tone]>> = {
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

/** Changes since an earlier audit, one line each, by kind; nothing where no audits were compared. */
export function writeChanges(writer: ReportWriter, { changes }: AuditDocument): void {
  if (changes === null) return;
  writer.heading(`Since ${changes.since}`);
  if (changeCount(changes) === 0) writer.line('no changes');
  for (const kind of CHANGE_KINDS) {
    const all: readonly (AuditChange & { readonly advisories?: readonly string[] })[] = changes[kind];
    const [label, tone] = LABELS[kind];
    for (const change of all.slice(0, MAX_LINES)) {
      writer.item(placeOf(change), label, tone, detail(kind, change));
    }
    if (all.length > MAX_LINES) writer.note(`and ${all.length - MAX_LINES} more ${label} (--json lists all)`);
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
    return `serial ${serial ?? 'not known'}, ${seen === null ? '' : formatFirmware(seen.firmware)}`;
  }
  switch (kind) {
    case 'moved':
      return `serial ${serial ?? 'not known'}, was ${whereOf(before)}, is ${whereOf(now)}`;
    case 'replaced':
      return `serial ${before.serial ?? 'not known'} -> ${now.serial ?? 'not known'}`;
    case 'upgraded':
    case 'downgraded':
    case 'firmwareChanged':
      return `${formatFirmware(before.firmware)} -> ${formatFirmware(now.firmware)}`;
    case 'newlyOutdated':
      return `${formatFirmware(now.firmware)}, was ${before.status}, is ${now.status}`;
    case 'newlyVulnerable':
      return `${formatFirmware(now.firmware)}, ${advisories.join(', ')}`;
    default:
      return `was ${before.status}, is ${now.status}`;
  }
}

function whereOf(side: ChangeSide): string {
  return `${placeOf(side)} at ${side.host ?? 'no address'}`;
}
