import {
  asProblem,
  type Card,
  type DeviceKind,
  type Look,
  type LookContext,
  Problem,
  printable,
  readFirmware,
  SIMULATED_MARK,
  type SnmpAccess,
  type Unit,
  unseenUnit,
} from '../core/index.ts';
import { readCard } from './card.ts';
import { readCondition } from './condition.ts';
import type { SnmpHub } from './hub.ts';
import { kindOf } from './kind.ts';
import { CARD_OIDS, DETAIL_OIDS, IDENTITY_OIDS, MODULE_OIDS, OID } from './oids.ts';
import { numberOf, type SnmpAnswers, textOf } from './values.ts';

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
      const kind = kindOf(identity);
      if (kind === 'card') {
        const own = await session.get([...CARD_OIDS, ...MODULE_OIDS]);
        return notASmartUps(kind, new Map([...identity, ...own]), place);
      }
      if (kind !== 'smart-ups') return notASmartUps(kind, identity, place);
      const answers = new Map([...identity, ...(await session.get(DETAIL_OIDS))]);
      // The sysDescr of a card says all of this; its own table is asked only where it does not.
      const card = readCard(answers) ?? readCard(new Map([...answers, ...(await session.get(MODULE_OIDS))]));
      return smartUps(answers, card, place);
    } finally {
      session.close();
    }
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    return { unit: unseenUnit(place), kind: null, description: null, problem: asProblem(thrown) };
  }
}

type Place = Pick<Unit, 'site' | 'name' | 'host' | 'port'>;

function smartUps(answers: SnmpAnswers, card: Card | null, place: Place): Look {
  const unit: Unit = {
    ...identityOf(answers, place),
    // A program on a host is no card: nothing can be sent through it.
    card,
    condition: readCondition(answers),
  };
  return { unit, kind: 'smart-ups', description: described(answers), problem: null };
}

function identityOf(answers: SnmpAnswers, place: Place): Unit {
  const firmware = readFirmware(textOf(answers, OID.firmware));
  return {
    ...unseenUnit(place),
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

function notASmartUps(kind: DeviceKind, answers: SnmpAnswers, place: Place): Look {
  const description = described(answers);
  const unit: Unit = { ...identityOf(answers, place), card: readCard(answers) };
  const problem =
    kind === 'card'
      ? new Problem(
          'device/no-application',
          `${place.host} is an APC card without its application (${description}).`,
          {
            hint: 'A Smart-UPS may be behind it. Load the application of the card again, then look once more.',
          },
        )
      : new Problem(
          'device/not-smart-ups',
          `${place.host} is not a Smart-UPS but: ${kind} (${description}).`,
          {
            hint: 'Remove it from the inventory, or correct the address.',
          },
        );
  return { unit, kind, description, problem };
}

function described(answers: SnmpAnswers): string {
  return printable(textOf(answers, OID.sysDescr) ?? textOf(answers, OID.model) ?? 'no description', 120);
}

/** Blanks at the end of a firmware string are the unit's own and stay; control characters go. */
function printableRaw(raw: string): string {
  const clean = printable(raw, 100);
  return /^[ -~]*$/.test(raw) && raw.length <= 100 ? raw : clean;
}

function shown(text: string | null): string | null {
  const clean = printable(text ?? '', 100);
  return clean === '' ? null : clean;
}
