import {
  asProblem,
  type Look,
  type LookContext,
  Problem,
  readFirmware,
  SIMULATED_MARK,
  type SnmpAccess,
  sanitize,
  type Unit,
  unknownUnit,
} from '../../core/index.ts';
import type { SnmpHub } from '../client/hub.ts';
import { DETAIL_OIDS, IDENTITY_OIDS, MODULE_OIDS, OID } from '../client/oids.ts';
import type { SnmpSession } from '../client/session.ts';
import { numberOf, type SnmpAnswers, textOf } from '../client/values.ts';
import { readCard } from './card.ts';
import { readCondition } from './condition.ts';
import { describe, NAMING_OIDS, productOf } from './identify.ts';

/** The address and credential for a look over SNMP. */
export interface SnmpTarget {
  readonly site: string | null;
  readonly name: string | null;
  readonly host: string;
  readonly port: number;
  readonly snmp: SnmpAccess;
}

/** Looks at one address over SNMP. Only reads. Never throws for what the device does. */
export async function lookBySnmp(hub: SnmpHub, target: SnmpTarget, context: LookContext): Promise<Look> {
  const place = { site: target.site, name: target.name, host: target.host, port: target.port };
  try {
    context.signal.throwIfAborted();
    const session = await hub.open(target.snmp, target);
    try {
      const identity = await session.get(IDENTITY_OIDS);
      await context.awaitTurn?.();
      const { kind } = productOf(identity, readCard(identity));
      return kind === 'smart-ups'
        ? await readSmartUps(session, identity, place, context.signal)
        : await readOther(session, identity, place, context.signal);
    } finally {
      session.close();
    }
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    return {
      unit: unknownUnit(place),
      kind: null,
      description: null,
      systemName: null,
      problem: asProblem(thrown),
    };
  }
}

type Place = Pick<Unit, 'site' | 'name' | 'host' | 'port'>;

async function readSmartUps(
  session: SnmpSession,
  identity: SnmpAnswers,
  place: Place,
  signal: AbortSignal,
): Promise<Look> {
  const known = {
    kind: 'smart-ups',
    description: describeAnswers(identity),
    systemName: systemName(identity),
  } as const;
  try {
    const answers = mergeAnswers(identity, await session.get(DETAIL_OIDS));
    // Most cards report all of this in their sysDescr; the module table is read only if they do not.
    const card = readCard(answers) ?? readCard(mergeAnswers(answers, await session.get(MODULE_OIDS)));
    // Software on a host is not a card: nothing can be sent through it.
    const unit = { ...identityOf(answers, place), card, condition: readCondition(answers) };
    return { ...known, unit, problem: null };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    // The identity is known; the condition is not.
    const unit = { ...identityOf(identity, place), card: readCard(identity) };
    return { ...known, unit, problem: asProblem(thrown) };
  }
}

async function readOther(
  session: SnmpSession,
  identity: SnmpAnswers,
  place: Place,
  signal: AbortSignal,
): Promise<Look> {
  let answers = identity;
  try {
    answers = mergeAnswers(identity, await session.get(NAMING_OIDS));
  } catch (thrown) {
    // The name is optional: the kind of device is known already.
    if (signal.aborted) throw thrown;
  }
  const card = readCard(answers);
  const product = productOf(answers, card);
  const description = describe(product, answers, card);
  const unit: Unit = { ...identityOf(answers, place), card };
  const problem =
    product.kind === 'card'
      ? new Problem('device/no-application', `${place.host} is an ${description}.`, {
          hint: 'A Smart-UPS may be behind it. Reload the application of the card, then look again.',
        })
      : new Problem(
          'device/not-smart-ups',
          `${place.host} is not a Smart-UPS: ${product.kind} (${description}).`,
          {
            hint: 'Remove it from the inventory, or correct the address.',
          },
        );
  return { unit, kind: product.kind, description, systemName: systemName(answers), problem };
}

function mergeAnswers(first: SnmpAnswers, second: SnmpAnswers): SnmpAnswers {
  const all = new Map(first);
  for (const [oid, value] of second) all.set(oid, value);
  return all;
}

function identityOf(answers: SnmpAnswers, place: Place): Unit {
  const firmware = readFirmware(textOf(answers, OID.firmware));
  return {
    ...unknownUnit(place),
    serial: printableOrNull(textOf(answers, OID.serial)),
    model: printableOrNull(textOf(answers, OID.model)),
    sku: printableOrNull(textOf(answers, OID.sku)),
    manufactured: printableOrNull(textOf(answers, OID.manufactured)),
    ratingVA: numberOf(answers, OID.ratingVA),
    firmware: { ...firmware, raw: firmware.raw === null ? null : printableRaw(firmware.raw) },
    reachable: true,
    seenBy: 'snmp',
    simulated: textOf(answers, OID.sysContact)?.trim() === SIMULATED_MARK,
  };
}

/** The configured name of the device; null if it has none. */
function systemName(answers: SnmpAnswers): string | null {
  return printableOrNull(textOf(answers, OID.sysName));
}

function describeAnswers(answers: SnmpAnswers): string {
  return sanitize(textOf(answers, OID.sysDescr) ?? textOf(answers, OID.model) ?? 'no description', 120);
}

/** Spaces at the end of a firmware string belong to it and stay; control characters are removed. */
function printableRaw(raw: string): string {
  const clean = sanitize(raw, 100);
  return /^[ -~]*$/.test(raw) && raw.length <= 100 ? raw : clean;
}

function printableOrNull(text: string | null): string | null {
  const clean = sanitize(text ?? '', 100);
  return clean === '' ? null : clean;
}
