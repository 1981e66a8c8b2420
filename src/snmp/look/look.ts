import {
  asProblem,
  hasAnswered,
  type Look,
  type LookContext,
  type Problem,
  readFirmware,
  SIMULATED_MARK,
  type SnmpAccess,
  sanitize,
  UNKNOWN_CONDITION,
  type Unit,
  unknownUnit,
  usableSerial,
} from '../../core/index.ts';
import type { SnmpHub } from '../client/hub.ts';
import { DETAIL_OIDS, IDENTITY_OIDS, MODULE_OIDS, OID } from '../client/oids.ts';
import type { SnmpSession } from '../client/session.ts';
import { numberOf, oidOf, type SnmpAnswers, textOf } from '../client/values.ts';
import { readCard } from './card.ts';
import { readCondition } from './condition.ts';
import { describe, NAMING_OIDS } from './describe.ts';
import { applicationIn, describeContradiction, type Identification, identify } from './identify.ts';
import { nameIn } from './names.ts';
import { lostUps, noApplication, notSmartUps } from './problems.ts';

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
      const { answers, problem } = await readMore(session, identity, context.signal);
      return lookOf(answers, problem === null ? null : { identity, problem }, place);
    } finally {
      session.close();
    }
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    const problem = asProblem(thrown);
    return {
      // Datagrams that cannot be used may come from any host.
      unit: {
        ...unknownUnit(place),
        reachable: hasAnswered(problem) && problem.code !== 'device/garbage',
      },
      kind: null,
      description: null,
      systemName: null,
      problem,
    };
  }
}

type Place = Pick<Unit, 'site' | 'name' | 'host' | 'port'>;

/**
 * Reads what the identity calls for: the details of a Smart-UPS, or the names of anything else. `problem`:
 * why the last of it was not read.
 */
async function readMore(
  session: SnmpSession,
  identity: SnmpAnswers,
  signal: AbortSignal,
): Promise<{ readonly answers: SnmpAnswers; readonly problem: Problem | null }> {
  let answers = identity;
  const isSmartUps = (): boolean => identifyAnswers(answers).product.kind === 'smart-ups';
  const read = async (oids: readonly string[]): Promise<void> => {
    answers = mergeAnswers(answers, await session.get(oids));
  };
  try {
    if (!isSmartUps()) await read(NAMING_OIDS);
    if (isSmartUps()) await read(DETAIL_OIDS);
    // Most cards report all of this in their sysDescr; the module table is read only if they do not.
    if (isSmartUps() && readCard(answers)?.app == null) await read(MODULE_OIDS);
    return { answers, problem: null };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return { answers, problem: asProblem(thrown) };
  }
}

function identifyAnswers(answers: SnmpAnswers): Identification {
  const card = readCard(answers);
  return identify({
    objectId: oidOf(answers, OID.sysObjectId),
    application: applicationIn(card),
    platform: card?.platform ?? null,
    cardModel: card?.model ?? null,
    model: textOf(answers, OID.model),
    sku: textOf(answers, OID.sku),
    firmware: readFirmware(textOf(answers, OID.firmware)),
  });
}

/** `failed`: the first answers, and why the others are not complete. */
function lookOf(
  answers: SnmpAnswers,
  failed: { readonly identity: SnmpAnswers; readonly problem: Problem } | null,
  place: Place,
): Look {
  const found = identifyAnswers(answers);
  const card = readCard(answers);
  const { product } = found;
  const known = {
    systemName: printableOrNull(textOf(answers, OID.sysName)),
    doubt: describeContradiction(found),
  };
  if (product.kind !== 'smart-ups') {
    const description = describe(product, answers, card);
    const unit: Unit = { ...identityOf(answers, place), card };
    // The names are optional: the kind of device is known already.
    const problem =
      product.kind === 'card'
        ? noApplication(place.host ?? '', description)
        : notSmartUps(place.host ?? '', found, description);
    return { ...known, unit, kind: product.kind, description, problem };
  }
  // Software on a host is not a card: nothing can be sent through it.
  const smart = { ...known, kind: 'smart-ups', description: describeAnswers(answers) } as const;
  // The identity is known; the condition is not.
  if (failed !== null)
    return { ...smart, unit: { ...identityOf(failed.identity, place), card }, problem: failed.problem };
  const condition = readCondition(answers);
  const evidence = lossOf(answers, condition.linkUp);
  if (evidence === null)
    return { ...smart, unit: { ...identityOf(answers, place), card, condition }, problem: null };
  const { reachable, seenBy, simulated } = identityOf(answers, place);
  const unit = {
    ...unknownUnit(place),
    card,
    condition: { ...UNKNOWN_CONDITION, linkUp: condition.linkUp },
    reachable,
    seenBy,
    simulated,
  };
  return { ...smart, unit, problem: lostUps(place.host ?? '', card, evidence) };
}

/**
 * What shows that a card has lost its UPS; null if it has not. A card that only reports the loss may still
 * have the values of before.
 * Source: docs/sources/snmp.md#link-to-the-ups
 */
function lossOf(answers: SnmpAnswers, linkUp: boolean | null): string | null {
  const hasModel = nameIn(textOf(answers, OID.model)) !== null;
  const hasSerial = usableSerial(nameIn(textOf(answers, OID.serial))) !== null;
  if (linkUp === false) {
    const missing = [...(hasModel ? [] : ['model']), ...(hasSerial ? [] : ['serial number'])];
    return missing.length === 0
      ? null
      : `upsCommStatus reports no communication, and there is no ${missing.join(' and no ')}`;
  }
  const hasFirmware = readFirmware(textOf(answers, OID.firmware)).version !== null;
  return hasModel || hasSerial || hasFirmware
    ? null
    : 'it reports neither model, serial number nor firmware of a UPS';
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
