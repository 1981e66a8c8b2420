import { STATUSES, type Status, sanitize } from '../core/index.ts';
import type { AuditDocument, AuditUnit } from './documents.ts';

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  /** The samples of one unit; none where the value is not known. */
  readonly of: (unit: AuditUnit, place: Labels) => readonly Sample[];
}

const METRICS: readonly Metric[] = [
  { name: 'upsfw_unit_info', help: 'Identity of the unit; always 1.', of: info },
  {
    name: 'upsfw_unit_reachable',
    help: 'Whether the unit answered.',
    of: (unit, labels) => [{ labels, value: unit.reachable ? 1 : 0 }],
  },
  {
    name: 'upsfw_unit_status',
    help: 'Status of the unit: 1 for the current status, 0 for the others.',
    of: (unit, place) =>
      STATUSES.map((status) => ({
        labels: { ...place, status },
        value: unit.verdict.status === status ? 1 : 0,
      })),
  },
  {
    name: 'upsfw_unit_outdated',
    help: 'Whether newer firmware exists for the unit, even if its update is blocked.',
    of: (unit, labels) => one(labels, outdated(unit.verdict.status)),
  },
  {
    name: 'upsfw_unit_vulnerable',
    help: 'Number of advisories that affect the unit or its card.',
    of: (unit, labels) => one(labels, vulnerable(unit)),
  },
  {
    name: 'upsfw_unit_advisory',
    help: 'Advisory that affects the unit or its card, or is only partly fixed; always 1.',
    of: (unit, place) =>
      (unit.advisories ?? []).flatMap(({ id, status, component = 'ups' }) =>
        status === 'affected' || status === 'partly'
          ? one({ ...place, id: label(id), status, ...(component === 'card' ? { component } : {}) }, 1)
          : [],
      ),
  },
  {
    name: 'upsfw_unit_battery_charge_ratio',
    help: 'Battery charge, 0 to 1.',
    of: (unit, labels) => one(labels, ratio(conditionOf(unit)?.batteryPercent)),
  },
  {
    name: 'upsfw_unit_battery_runtime_seconds',
    help: 'Remaining runtime on battery.',
    of: (unit, labels) => one(labels, conditionOf(unit)?.runtimeSeconds),
  },
  {
    name: 'upsfw_unit_load_ratio',
    help: 'Output load, 0 to 1, higher in overload.',
    of: (unit, labels) => one(labels, ratio(conditionOf(unit)?.loadPercent)),
  },
  {
    name: 'upsfw_unit_on_line',
    help: 'Whether the unit runs on utility power.',
    of: (unit, labels) => one(labels, flag(conditionOf(unit)?.onLine)),
  },
  {
    name: 'upsfw_unit_output_on',
    help: 'Whether the output of the unit is on.',
    of: (unit, labels) => one(labels, flag(conditionOf(unit)?.outputOn)),
  },
];

/**
 * An audit in the text exposition format of Prometheus, for the textfile collector of node_exporter. An
 * unknown value has no sample and is never 0. `seconds`: duration of the audit; null where not known.
 */
export function renderPrometheus(document: AuditDocument, seconds: number | null): string {
  const families = METRICS.map(({ name, help, of }) =>
    family(
      name,
      help,
      document.units.flatMap((unit) => of(unit, placeOf(unit))),
    ),
  );
  const at = Date.parse(document.generatedAt) / 1000;
  return [
    ...families,
    family('upsfw_audit_timestamp_seconds', 'End of the audit, in Unix time.', one({}, at)),
    family('upsfw_audit_duration_seconds', 'Duration of the audit.', one({}, seconds)),
  ].join('');
}

/** Help, type and samples of one metric, each series once; empty without samples. */
function family(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const series = new Map<string, number>();
  for (const { labels, value } of samples) {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
    const key = pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
    if (!series.has(key)) series.set(key, value);
  }
  const lines = [...series].map(([key, value]) => `${key} ${value}`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('\n')}\n`;
}

function info(unit: AuditUnit, place: Labels): readonly Sample[] {
  const { serial, model, sku, firmware, card, simulated } = unit;
  const labels = {
    ...place,
    serial: label(serial),
    model: label(model),
    sku: label(sku),
    microlink_id: label(firmware.microLinkId === null ? null : String(firmware.microLinkId)),
    version: label(firmware.version),
    card_model: label(card?.model ?? null),
    card_app: label(card?.app?.name ?? null),
    card_app_version: label(card?.app?.version ?? null),
    ...(simulated ? { simulated: 'true' } : {}),
  };
  return [{ labels, value: 1 }];
}

function placeOf({ site, name }: AuditUnit): Labels {
  return { site: label(site), name: label(name) };
}

/** The escaped value of a label. For Prometheus an empty label equals a missing one. */
function label(text: string | null): string {
  return sanitize(text ?? '').replace(/[\\"]/g, (mark) => `\\${mark}`);
}

function one(labels: Labels, value: number | null | undefined): readonly Sample[] {
  return value === null || value === undefined || !Number.isFinite(value) ? [] : [{ labels, value }];
}

function outdated(status: Status): number | null {
  if (status === 'outdated' || status === 'blocked') return 1;
  return status === 'current' ? 0 : null;
}

function vulnerable({ advisories }: AuditUnit): number | null {
  if (advisories === null) return null;
  const affecting = advisories.filter(({ status }) => status === 'affected').length;
  // Nothing known about the UPS, or about the card, is not the same as zero.
  const isBlind = (['ups', 'card'] as const).some((of) => {
    const own = advisories.filter(({ component = 'ups' }) => component === of);
    return own.length > 0 && own.every(({ status }) => status === 'unknown');
  });
  return affecting === 0 && isBlind ? null : affecting;
}

/** The condition of the unit; null where its card has no link to it and would report old values. */
function conditionOf({ condition }: AuditUnit): AuditUnit['condition'] | null {
  return condition.linkUp === false ? null : condition;
}

function ratio(percent: number | null | undefined): number | null {
  return percent === null || percent === undefined ? null : percent / 100;
}

function flag(value: boolean | null | undefined): number | null {
  return value === null || value === undefined ? null : value ? 1 : 0;
}
