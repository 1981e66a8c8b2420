import type { Recording } from '../core/index.ts';

/** A persona for the simulator, made from a recording. `guessed` lists the fields that were not seen. */
export interface MadePersona {
  readonly persona: Readonly<Record<string, unknown>>;
  readonly guessed: readonly string[];
}

/** Key exchanges that a current client accepts by default; a server with none of them is an old one. */
const NEWER_KEX = /^(?:ecdh|curve25519|sntrup|mlkem|diffie-hellman-group(?:1[4-8])-sha(?:256|512))/;
const NOT_FOUND = 'E101';

/**
 * The persona of a recording, in the simulator's format. Null if the generation of the card or the firmware
 * of the unit was not seen. The recording must be anonymous already.
 */
export function personaOf(recording: Recording): MadePersona | null {
  const { unit, services, objects, commands } = recording;
  const generation = unit.card?.generation ?? null;
  const version = unit.firmware.microLinkId === null ? unit.firmware.raw : unit.firmware.version;
  if (generation === null || version === null) return null;
  const guessed: string[] = [];
  const seen = <T>(field: string, value: T | null | undefined, otherwise: T): T => {
    if (value !== null && value !== undefined) return value;
    guessed.push(field);
    return otherwise;
  };
  const on = (name: string): boolean | null =>
    services.services.find((one) => one.service === name)?.on ?? null;
  const objectOf = (name: string): string | number | null =>
    objects?.find((one) => one.name === name)?.value ?? null;
  const ssh = sshOf(recording);
  const ftp = seen('ftp', on('ftp'), false);
  const updateObject = seen(
    'updateObject',
    objects === null ? null : objectOf('firmwareUpdate') !== null,
    false,
  );
  const usage = commands.find(({ command }) => command === 'upsfwupdate ?');
  const upsfwupdate = seen('upsfwupdate', usage?.lines == null ? null : usage.code !== NOT_FOUND, false);
  // From the second generation on, one setting enables both v1 and v2c.
  const communityVersion = generation === 'nmc1' ? 'v1' : 'v2c';
  const persona = {
    generation,
    card: {
      model: seen('card.model', unit.card?.model, 'unknown'),
      platform: seen('card.platform', unit.card?.platform, generation === 'nmc3' ? 'hw21' : 'hw05'),
      osVersion: seen('card.osVersion', unit.card?.os, 'unknown'),
      appName: seen('card.appName', unit.card?.app?.name, 'unknown'),
      appVersion: seen('card.appVersion', unit.card?.app?.version, 'unknown'),
      boot: seen('card.boot', unit.card?.boot, 'unknown'),
      hardwareRevision: seen('card.hardwareRevision', hardwareRevision(recording), 'unknown'),
    },
    ups: {
      model: seen('ups.model', unit.model, 'unknown'),
      sku: unit.sku,
      version,
      microLinkId: unit.firmware.microLinkId,
      ratingVA: unit.ratingVA === null ? null : Math.round(unit.ratingVA),
      manufactured: seen('ups.manufactured', unit.manufactured, 'unknown'),
    },
    sysObjectId: seen('sysObjectId', textOf(objectOf('sysObjectId')), '1.3.6.1.4.1.318.1.3.27'),
    snmp: seen(
      'snmp',
      on('snmp-v3') === true ? 'v3' : on('snmp-v1') === true ? communityVersion : null,
      'v2c',
    ),
    ssh: seen('ssh', ssh, 'none'),
    ftp,
    updateObject,
    upsfwupdate,
    inventory: {
      transfer: [...(ssh === 'none' || ssh === null ? [] : ['scp']), ...(ftp ? ['ftp'] : [])],
      start: [...(updateObject ? ['snmp'] : []), ...(upsfwupdate ? ['cli'] : [])],
      plaintext: ftp,
      legacySsh: ssh === 'old',
    },
    answers: verbatimAnswers(recording),
  };
  return { persona, guessed };
}

function textOf(value: string | number | null): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, 100) : null;
}

function sshOf({ services }: Recording): 'none' | 'old' | 'modern' | null {
  const state = services.services.find(({ service }) => service === 'ssh')?.on ?? null;
  if (state === false) return 'none';
  const kex = services.ssh?.kex ?? null;
  if (kex === null) return null;
  return kex.some((name) => NEWER_KEX.test(name)) ? 'modern' : 'old';
}

function hardwareRevision({ commands, objects }: Recording): string | null {
  const about = commands.find(({ command }) => command === 'about')?.lines ?? [];
  const line = about.find((one) => /^Hardware Revision:/i.test(one));
  const fromAbout = line?.replace(/^[^:]*:/, '').trim() ?? '';
  const described = objects?.find(({ name }) => name === 'sysDescr')?.value;
  const fromDescr = typeof described === 'string' ? (/\bHR:\s*(\S{1,20})/.exec(described)?.[1] ?? '') : '';
  return fromAbout.slice(0, 100) || fromDescr || null;
}

/** Verbatim answers of the card. The simulator generates those that describe the current moment. */
function verbatimAnswers({ commands }: Recording): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    commands.flatMap(({ command, live, lines }) => (live || lines === null ? [] : [[command, [...lines]]])),
  );
}
