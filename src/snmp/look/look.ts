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

/** Where and with what a unit is looked at over SNMP. */
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
        ? await restOfSmartUps(session, identity, place, context.signal)
        : await restOfOther(session, identity, place, context.signal);
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

async function restOfSmartUps(
  session: SnmpSession,
  identity: SnmpAnswers,
  place: Place,
  signal: AbortSignal,
): Promise<Look> {
  const known = {
    kind: 'smart-ups',
    description: described(identity),
    systemName: systemName(identity),
  } as const;
  try {
    const answers = together(identity, await session.get(DETAIL_OIDS));
    // The sysDescr of a card says all of this; its own table is asked only where it does not.
    const card = readCard(answers) ?? readCard(together(answers, await session.get(MODULE_OIDS)));
    // A program on a host is no card: nothing can be sent through it.
    const unit = { ...identityOf(answers, place), card, condition: readCondition(answers) };
    return { ...known, unit, problem: null };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    // Who it is stays known; how it stands does not.
    const unit = { ...identityOf(identity, place), card: readCard(identity) };
    return { ...known, unit, problem: asProblem(thrown) };
  }
}

async function restOfOther(
  session: SnmpSession,
  identity: SnmpAnswers,
  place: Place,
  signal: AbortSignal,
): Promise<Look> {
  let answers = identity;
  try {
    answers = together(identity, await session.get(NAMING_OIDS));
  } catch (thrown) {
    // Its name is a courtesy: what it is, it has said already.
    if (signal.aborted) throw thrown;
  }
  const card = readCard(answers);
  const product = productOf(answers, card);
  const description = describe(product, answers, card);
  const unit: Unit = { ...identityOf(answers, place), card };
  const problem =
    product.kind === 'card'
      ? new Problem('device/no-application', `${place.host} is an ${description}.`, {
          hint: 'A Smart-UPS may be behind it. Load the application of the card again, then look once more.',
        })
      : new Problem(
          'device/not-smart-ups',
          `${place.host} is not a Smart-UPS but: ${product.kind} (${description}).`,
          {
            hint: 'Remove it from the inventory, or correct the address.',
          },
        );
  return { unit, kind: product.kind, description, systemName: systemName(answers), problem };
}

function together(first: SnmpAnswers, second: SnmpAnswers): SnmpAnswers {
  const all = new Map(first);
  for (const [oid, value] of second) all.set(oid, value);
  return all;
}

function identityOf(answers: SnmpAnswers, place: Place): Unit {
  const firmware = readFirmware(textOf(answers, OID.firmware));
  return {
    ...unknownUnit(place),
    serial: shown(textOf(answers, OID.serial)),
    model: shown(textOf(answers, OID.model)),
    sku: shown(textOf(answers, OID.sku)),
    manufactured: shown(textOf(answers, OID.manufactured)),
    ratingVA: numberOf(answers, OID.ratingVA),
    firmware: { ...firmware, raw: firmware.raw === null ? null : printableRaw(firmware.raw) },
    reachable: true,
    seenBy: 'snmp',
    simulated: textOf(answers, OID.sysContact)?.trim() === SIMULATED_MARK,
  };
}

/** The name that somebody gave to the device; null where it has none. */
function systemName(answers: SnmpAnswers): string | null {
  return shown(textOf(answers, OID.sysName));
}

function described(answers: SnmpAnswers): string {
  return sanitize(textOf(answers, OID.sysDescr) ?? textOf(answers, OID.model) ?? 'no description', 120);
}

/** Blanks at the end of a firmware string are the unit's own and stay; control characters go. */
function printableRaw(raw: string): string {
  const clean = sanitize(raw, 100);
  return /^[ -~]*$/.test(raw) && raw.length <= 100 ? raw : clean;
}

function shown(text: string | null): string | null {
  const clean = sanitize(text ?? '', 100);
  return clean === '' ? null : clean;
}
