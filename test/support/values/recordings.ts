import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { SnmpAnswers, SnmpValue } from '../../../src/snmp/index.ts';

/**
 * Recordings are not part of the project. Without the folder, the tests that need it report that and are
 * skipped.
 */
export const RECORDINGS = new URL('../../../../shared/recordings/', import.meta.url);
export const haveRecordings = existsSync(new URL('index.json', RECORDINGS));
if (!haveRecordings)
  process.stderr.write('skipped: tests that need ../shared/recordings, which is not there\n');

const text = z.string().nullable();
const TruthSchema = z.object({
  isSmartUps: z.boolean(),
  model: text,
  firmwareRaw: text,
  firmwareVersion: text,
  microLinkId: z.number().nullable(),
  serial: text,
  manufactureDate: text,
  nmcModel: text,
  nmcSerial: text,
  aosVersion: text,
  appName: text,
  appVersion: text,
});
const IndexSchema = z.object({
  files: z.array(z.object({ file: z.string(), kind: z.string(), truth: TruthSchema })),
});

export type Recording = z.infer<typeof IndexSchema>['files'][number];

export function listRecordings(): readonly Recording[] {
  if (!haveRecordings) return [];
  return IndexSchema.parse(JSON.parse(readFileSync(new URL('index.json', RECORDINGS), 'utf8'))).files;
}

/** The values of a `.snmprec` file: `OID|type|value`, a type ending in `x` is hexadecimal. */
export function readRecording(file: string): SnmpAnswers {
  const answers = new Map<string, SnmpValue>();
  for (const line of readFileSync(new URL(file, RECORDINGS), 'latin1').split(/\r?\n/)) {
    const [oid, type, ...rest] = line.split('|');
    if (oid === undefined || type === undefined || oid === '') continue;
    answers.set(oid, asValue(type, rest.join('|')));
  }
  return answers;
}

function asValue(type: string, raw: string): SnmpValue {
  const [tag = ''] = type.split(':');
  const bytes = tag.endsWith('x') ? Buffer.from(raw, 'hex') : Buffer.from(raw, 'latin1');
  const number = Number.parseInt(tag, 10);
  if (number === 4) return { kind: 'text', text: bytes.toString('latin1'), bytes };
  if (number === 6) return { kind: 'oid', oid: raw };
  if ([2, 65, 66, 67].includes(number)) return { kind: 'number', number: Number(raw) };
  return { kind: 'other' };
}
