import { stringify } from 'yaml';
import { type RecordedCommand, type Recording, type Secret, sanitize } from '../core/index.ts';
import { type Anonymiser, createAnonymiser } from './anonymise.ts';
import { registerIdentifiers } from './identifiers.ts';
import { personaOf } from './persona.ts';
import { QUESTIONS } from './questions.ts';

/** The files of a recording, without anything that identifies the owner. */
export interface RecordFiles {
  /** Persona for the simulator as YAML; null if too little was seen. */
  readonly persona: string | null;
  /** Markdown for a bug report. */
  readonly report: string;
  /** Model of the unit as a part of a file name. */
  readonly slug: string;
}

/**
 * Renders the files of a recording. Everything from the device or the inventory passes the anonymiser first,
 * which also removes `secrets` and `users`.
 */
export function renderRecord(
  recording: Recording,
  secrets: readonly Secret[],
  users: readonly string[],
): RecordFiles {
  const anonymiser = createAnonymiser(secrets);
  for (const user of users) anonymiser.register('user', user);
  registerIdentifiers(anonymiser, recording);
  // Identifiers found by their form are registered on the way, so the texts are processed twice.
  anonymous(recording, anonymiser);
  const clean = anonymous(recording, anonymiser);
  const made = personaOf(clean);
  const slug = sanitize(clean.unit.sku ?? clean.unit.model ?? 'card', 40).replace(/[^A-Za-z0-9]+/g, '-');
  return {
    persona: made === null ? null : personaText(made, clean),
    report: reportText(clean, made?.guessed ?? null),
    slug: slug.replace(/^-|-$/g, '') || 'card',
  };
}

/** The recording with all its texts anonymised. */
function anonymous(recording: Recording, anonymiser: Anonymiser): Recording {
  const clean = (text: string): string => anonymiser.text(text);
  const cleanLine = <T extends string | null>(text: T): T | string =>
    text === null ? text : sanitize(clean(text), 500);
  const { unit, services, objects, commands, missing } = recording;
  return {
    at: recording.at,
    unit: {
      ...unit,
      site: null,
      name: null,
      host: null,
      port: null,
      serial: cleanLine(unit.serial),
      model: cleanLine(unit.model),
      sku: cleanLine(unit.sku),
      manufactured: cleanLine(unit.manufactured),
      firmware: {
        ...unit.firmware,
        raw: cleanLine(unit.firmware.raw),
        version: cleanLine(unit.firmware.version),
      },
      card:
        unit.card === null
          ? null
          : {
              ...unit.card,
              model: cleanLine(unit.card.model),
              serial: cleanLine(unit.card.serial),
              boot: cleanLine(unit.card.boot),
              os: cleanLine(unit.card.os),
              app:
                unit.card.app === null
                  ? null
                  : { name: cleanLine(unit.card.app.name), version: cleanLine(unit.card.app.version) },
            },
    },
    services: {
      ...services,
      ftpGreeting: cleanLine(services.ftpGreeting),
      services: services.services.map((one) => ({ ...one, detail: cleanLine(one.detail) })),
      ssh:
        services.ssh === null
          ? null
          : {
              ...services.ssh,
              kex: services.ssh.kex?.map(cleanLine) ?? null,
              hostKeys: services.ssh.hostKeys?.map(cleanLine) ?? null,
              ciphers: services.ssh.ciphers?.map(cleanLine) ?? null,
              macs: services.ssh.macs?.map(cleanLine) ?? null,
            },
      // Its fingerprint identifies the card.
      certificate: null,
    },
    objects:
      objects?.map((one) => ({
        ...one,
        value: typeof one.value === 'string' ? cleanLine(one.value) : one.value,
      })) ?? null,
    commands: commands.map((one) => ({
      ...one,
      lines: one.lines?.map((line) => clean(line).slice(0, 300)) ?? null,
      problem: one.problem === null ? null : { ...one.problem, message: cleanLine(one.problem.message) },
    })),
    missing: missing.map(({ what, problem }) => ({
      what,
      problem: { ...problem, message: cleanLine(problem.message) },
    })),
  };
}

function personaText(made: NonNullable<ReturnType<typeof personaOf>>, { at, unit }: Recording): string {
  const head = [
    `# ${unit.simulated ? 'Recorded from a simulated unit' : 'Recorded from a real card'} on ${at.toISOString().slice(0, 10)} by upsfw record, anonymised.`,
    ...(made.guessed.length === 0 ? [] : [`# Not seen, assumed: ${made.guessed.join(', ')}.`]),
  ];
  return `${head.join('\n')}\n${stringify(made.persona, { lineWidth: 120 })}`;
}

function reportText(recording: Recording, guessed: readonly string[] | null): string {
  const { unit, services, objects, commands, missing } = recording;
  const { card, firmware } = unit;
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const app = card?.app == null ? 'not known' : `${card.app.name ?? '?'} ${card.app.version ?? '?'}`;
  const lines = [
    '# Recording of a card',
    '',
    'Made by `upsfw record`, which only reads. Serial numbers, addresses, names, accounts and secrets were replaced.',
    'Read it before you send it: free text of a card may still identify its owner.',
    '',
    ...(unit.simulated ? ['**This is a simulated unit. It proves nothing about real ones.**', ''] : []),
    '| property | value |',
    '| --- | --- |',
    ...[
      ['day', recording.at.toISOString().slice(0, 10)],
      ['UPS', `${unit.model ?? 'not known'}, SKU ${unit.sku ?? 'not known'}`],
      ['firmware', firmware.raw ?? firmware.version ?? 'not known'],
      ['card', `${card?.model ?? 'not known'}, generation ${card?.generation ?? 'not known'}`],
      ['application', app],
      ['operating system', card?.os ?? 'not known'],
      ['boot monitor', card?.boot ?? 'not known'],
    ].map(([what = '', seen = '']) => `| ${what} | ${cell(seen)} |`),
    '',
    '## Services',
    '',
    '| service | on | seen |',
    '| --- | --- | --- |',
    ...services.services.map(
      ({ service, on, detail }) =>
        `| ${service} | ${on === null ? 'not known' : on ? 'yes' : 'no'} | ${cell(service === 'https' ? 'not shown' : detail)} |`,
    ),
    '',
    ...sshLines(recording),
    '## Open questions about real cards',
    '',
    '| question | answer |',
    '| --- | --- |',
    ...QUESTIONS.map(
      ({ text: asks, seen }) =>
        `| ${asks} | ${cell(seen(recording) ?? 'not recorded: this needs an update or the panel')} |`,
    ),
    '',
    ...missingLines(missing),
    ...(guessed === null
      ? [
          'There is no persona, because the generation of the card or the firmware of the UPS was not seen.',
          '',
        ]
      : []),
    '## SNMP objects',
    '',
    ...(objects === null
      ? ['Not read.', '']
      : [
          '```text',
          ...objects.map(({ name, oid, value }) => `${name} (${oid}) = ${value ?? 'not there'}`),
          '```',
          '',
        ]),
    '## Commands',
    '',
    ...(commands.length === 0 ? ['None.', ''] : commands.flatMap(transcript)),
    'Not recorded: `eventlog` (a full screen on which one key deletes the log), commands that change anything, and files.',
  ];
  return `${lines.join('\n')}\n`;
}

function sshLines({ services: { ssh } }: Recording): readonly string[] {
  if (ssh?.kex == null) return [];
  const row = (what: string, names: readonly string[] | null): string =>
    `- ${what}: ${names?.join(', ') || 'not seen'}`;
  const key =
    ssh.hostKey === null ? 'not seen' : `${ssh.hostKey.type}, ${ssh.hostKey.bits ?? 'unknown'} bits`;
  return [
    '## SSH',
    '',
    row('key exchanges', ssh.kex),
    row('host keys', ssh.hostKeys),
    row('ciphers', ssh.ciphers),
    row('checksums', ssh.macs),
    `- host key shown: ${key}`,
    `- key exchange: ${ssh.milliseconds === null ? 'did not end' : `${ssh.milliseconds} ms`}`,
    '',
  ];
}

function missingLines(missing: Recording['missing']): readonly string[] {
  if (missing.length === 0) return [];
  return [
    '## Not read',
    '',
    ...missing.map(({ what, problem }) => `- ${what}: ${problem.message} (\`${problem.code}\`)`),
    '',
  ];
}

function transcript({ command, folder, lines, milliseconds, problem }: RecordedCommand): readonly string[] {
  const transcribed = lines === null ? [`(no answer: ${problem?.message ?? 'unknown'})`] : lines;
  return [
    `\`${command}\` in \`${folder}\`, ${milliseconds} ms`,
    '',
    '```text',
    // A fence in the device's text must not end this one.
    ...transcribed.map((line) => line.replaceAll('```', "'''")),
    '```',
    '',
  ];
}
