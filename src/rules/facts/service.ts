import type { ServiceFinding, ServiceLook, ServiceName } from '../../core/index.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { Fact } from '../engine/evaluate.ts';
import { evaluateStages } from '../engine/stages.ts';

/** The findings of the rules in the services of a card. Pure. */
export function serviceFindings(book: RuleBook, look: ServiceLook): readonly ServiceFinding[] {
  const { reasons } = evaluateStages(book, new Map(serviceFacts(look)), ['service']);
  return reasons
    .filter(({ outcome }) => outcome !== 'pass')
    .map(({ code, because, remedy, source }) => ({ code, because, remedy, source }));
}

function serviceFacts(look: ServiceLook): readonly (readonly [string, Fact])[] {
  const { at, ssh, certificate } = look;
  const of = (name: ServiceName) => look.services.find(({ service }) => service === name);
  const on = (name: ServiceName): Fact => of(name)?.on ?? null;
  const detail = (name: ServiceName): Fact => of(name)?.detail ?? null;
  const listed = (names: readonly string[] | null | undefined): Fact => names?.join(',') ?? null;
  return [
    ['service.telnet', on('telnet')],
    ['service.telnetDetail', detail('telnet')],
    ['service.ftp', on('ftp')],
    ['service.ftpDetail', detail('ftp')],
    ['service.ftpTls', look.ftpTls],
    ['service.http', on('http')],
    ['service.httpDetail', detail('http')],
    ['service.httpRedirects', look.httpRedirects],
    ['service.https', on('https')],
    ['service.ssh', on('ssh')],
    ['service.sshKex', listed(ssh?.kex)],
    ['service.sshCiphers', listed(ssh?.ciphers)],
    ['service.sshMacs', listed(ssh?.macs)],
    ['service.sshHostKeys', listed(ssh?.hostKeys)],
    ['service.sshKeyType', ssh?.hostKey?.type ?? null],
    ['service.sshKeyBits', ssh?.hostKey?.bits ?? null],
    ['service.snmpV1', on('snmp-v1')],
    ['service.snmpV3', on('snmp-v3')],
    ['service.certificateDetail', certificate === null ? null : detail('https')],
    ['service.certificateChanged', certificate === null ? null : !certificate.sameAsBefore],
    [
      'service.certificateValid',
      certificate === null ? null : certificate.validFrom <= at && at <= certificate.validTo,
    ],
    ['service.certificateKeyBits', certificate?.keyBits ?? null],
    ['service.certificateHash', certificate?.signatureHash ?? null],
  ];
}
