import { type Card, printable } from '../core/index.ts';
import { OID } from './oids.ts';
import { generationOf, parseModuleFile, parseSysDescr } from './sysdescr.ts';
import { type SnmpAnswers, textOf } from './values.ts';

/** The card behind an answer: from its sysDescr, and from its module table where the sysDescr is silent. */
export function readCard(answers: SnmpAnswers): Card | null {
  const fields = parseSysDescr(textOf(answers, OID.sysDescr) ?? '');
  const osFile = fields?.PN ?? textOf(answers, OID.moduleFile1);
  const appFile = fields?.AN1 ?? textOf(answers, OID.moduleFile2);
  const os = fields?.PF ?? textOf(answers, OID.moduleVersion1);
  const appVersion = fields?.AF1 ?? textOf(answers, OID.moduleVersion2);
  if (fields === null && osFile === null && os === null) return null;
  const tableModel = textOf(answers, OID.hostModel);
  const tableSerial = textOf(answers, OID.hostSerial);
  const app = appFile === null ? null : parseModuleFile(appFile);
  const platform = (osFile === null ? null : parseModuleFile(osFile))?.platform ?? app?.platform ?? null;
  const name = app?.name ?? oldName(appFile);
  return {
    model: clean(fields?.MN ?? tableModel),
    serial: clean(fields?.SN ?? tableSerial),
    generation: platform === null ? null : generationOf(platform),
    platform: clean(platform),
    boot: clean(textOf(answers, OID.moduleVersion3)),
    os: clean(os),
    app: name === null && appVersion === null ? null : { name, version: clean(appVersion) },
  };
}

/** `ms225a.bin`: files of cards before the NMC carry no platform. */
function oldName(file: string | null): string | null {
  return /^([a-z]+)\d/i.exec(file ?? '')?.[1]?.toLowerCase() ?? null;
}

function clean(text: string | null): string | null {
  const shown = printable(text ?? '', 100);
  return shown === '' ? null : shown;
}
