import { Problem, sanitize } from '../../core/index.ts';
import type { ByteLine, LineTime } from '../line/line.ts';
import { type Heard, listen } from '../loader/listen.ts';
import type { LoaderSeen } from '../loader/output.ts';
import { readPages } from '../microlink/pages.ts';
import { type Exchange, exchangePasswords } from '../microlink/password.ts';
import { fieldsOf } from '../microlink/reading.ts';
import { serialLink } from '../microlink/serial-link.ts';
import { type Registers, readRegisters } from '../modbus/client.ts';
import { serialModbus } from '../modbus/link.ts';
import type { LocalTimeouts } from '../timeouts.ts';
import { fromMicrolink, fromModbus, fromUpsLink, type Identity, partVersions } from './identity.ts';
import { askUpsLink } from './ups-link.ts';

/** What a unit at a port speaks. */
export type Protocol = 'boot-loader' | 'microlink' | 'modbus' | 'ups-link' | 'usb-strings';

/** What was seen at a port. */
export interface PortSeen {
  readonly protocol: Protocol | null;
  readonly identity: Identity | null;
  /** Versions of parts beside the UPS firmware: `UBL 01.4`. */
  readonly parts: readonly string[];
  readonly loader: LoaderSeen | null;
  /** How the exchange of passwords ended; null where it was not asked for. */
  readonly exchange: Exchange | null;
  /** What answered, in words fit for printing; null where nothing did. */
  readonly description: string | null;
  /** What a person should know of the look itself. */
  readonly notes: readonly string[];
  readonly problem: Problem | null;
}

export const NOTHING_SEEN: PortSeen = {
  protocol: null,
  identity: null,
  parts: [],
  loader: null,
  exchange: null,
  description: null,
  notes: [],
  problem: null,
};

export interface SerialLookOptions {
  readonly time: LineTime;
  readonly timeouts: LocalTimeouts;
  /** True: exchanges passwords with a unit that speaks Microlink, which writes four bytes to it. */
  readonly authenticate?: boolean;
  /** True: asks by Microlink alone. */
  readonly gently?: boolean;
}

/**
 * Asks a serial port who is there, in an order in which no question can do harm: first only listening, because a boot loader speaks
 * by itself; then Microlink, Modbus, and the older protocol last. The line is at 9600 baud, and
 * is the caller's to close.
 * Source: docs/sources/local.md#order-of-probing
 */
export async function lookAtLine(line: ByteLine, options: SerialLookOptions): Promise<PortSeen> {
  const { time, timeouts } = options;
  const heard = await listen(line, timeouts.listen * 1000, time);
  if (heard.loader !== null) return waitingLoader(heard.loader, line.name);
  if (heard.bytes > 0) return talker(heard, line.name);
  for (const ask of options.gently === true ? [askMicrolink] : PROTOCOLS) {
    const seen = await ask(line, options);
    if (seen !== null) return seen;
  }
  return { ...NOTHING_SEEN, problem: silent(line.name) };
}

type Ask = (line: ByteLine, options: SerialLookOptions) => Promise<PortSeen | null>;

async function askMicrolink(line: ByteLine, options: SerialLookOptions): Promise<PortSeen | null> {
  const { time, timeouts, authenticate } = options;
  const link = serialLink(line, timeouts);
  const pages = await readPages(link, time, timeouts);
  if (pages === null) return link.echoes ? echoing(line.name) : null;
  const fields = fieldsOf(pages);
  const exchange = authenticate === true ? await exchangePasswords(link, pages, fields) : null;
  return microlinkSeen(fields, pages.missing.length, exchange);
}

async function askModbus(line: ByteLine, { time, timeouts }: SerialLookOptions): Promise<PortSeen | null> {
  const registers = await readRegisters(serialModbus(line, time, timeouts));
  if (registers === null) return null;
  return {
    ...modbusSeen(registers),
    notes: ['Modbus has no register for the Micro-Link id: read it at the panel of the unit, or over USB.'],
  };
}

async function askOlder(line: ByteLine, { timeouts }: SerialLookOptions): Promise<PortSeen | null> {
  await line.setRate(2400);
  const older = await askUpsLink(line, timeouts);
  if (older === null) return null;
  return {
    ...NOTHING_SEEN,
    protocol: 'ups-link',
    identity: fromUpsLink(older),
    description: 'a unit of the older UPS-Link protocol',
    notes: ['A card of the first generation answers in the same way on its own port.'],
  };
}

/** In the order in which no question can do harm to whoever speaks a later one. */
const PROTOCOLS: readonly Ask[] = [askMicrolink, askModbus, askOlder];

/** What Microlink told, over whichever way. */
export function microlinkSeen(
  fields: ReturnType<typeof fieldsOf>,
  missing: number,
  exchange: Exchange | null,
): PortSeen {
  const notes: string[] = [];
  if (fields.places.size === 0)
    notes.push(
      'Only the Micro-Link id could be read: the unit gave no descriptor of its data, or not all of it.',
    );
  else if (missing > 0)
    notes.push(`${missing} pages were lost on the way; what stands in them is not known.`);
  return {
    ...NOTHING_SEEN,
    protocol: 'microlink',
    identity: fromMicrolink(fields),
    parts: partVersions(fields),
    exchange,
    description: 'a unit that speaks Microlink',
    notes,
  };
}

/** What Modbus told, over whichever way. */
export function modbusSeen(registers: Registers): PortSeen {
  return {
    ...NOTHING_SEEN,
    protocol: 'modbus',
    identity: fromModbus(registers),
    description: 'a unit that speaks Modbus',
  };
}

function waitingLoader(loader: LoaderSeen, port: string): PortSeen {
  const says = loader.lines.filter((line) => !line.includes('retry')).join('; ') || 'C';
  return {
    ...NOTHING_SEEN,
    protocol: 'boot-loader',
    loader,
    description: `a boot loader that waits for an image: ${sanitize(says, 160)}`,
    problem: new Problem(
      'device/boot-loader',
      `The unit at ${sanitize(port)} runs no firmware: it waits in its boot loader for an image.`,
      {
        hint: `Keep it on mains. Find its Micro-Link id (label, an earlier audit), then: upsfw local recover ${sanitize(port)} IMAGE --expect-id ID`,
      },
    ),
  };
}

function talker({ bytes, signs }: Heard, port: string): PortSeen {
  const text = signs.find((sign) => sign.kind === 'text');
  const sample = text?.kind === 'text' ? `, among them "${sanitize(text.text, 60)}"` : '';
  return {
    ...NOTHING_SEEN,
    description: 'something that talks unasked',
    problem: new Problem(
      'device/garbage',
      `${bytes} bytes came from ${sanitize(port)} unasked${sample}; a unit that runs says nothing unasked, and a boot loader speaks otherwise.`,
      {
        hint: 'Nothing was sent to it. Is it the right port? A modem, a console or another device is behind it, or the cable is not the one of the unit.',
      },
    ),
  };
}

function echoing(port: string): PortSeen {
  return {
    ...NOTHING_SEEN,
    description: 'something that sends back what it gets',
    problem: new Problem('device/garbage', `${sanitize(port)} sends back what it gets: that is no UPS.`, {
      hint: 'A modem or a console does so. Name the port that the unit is connected to; upsfw local ports lists them.',
    }),
  };
}

function silent(port: string): Problem {
  return new Problem(
    'link/silent',
    `Nothing answers at ${sanitize(port)}: not by Microlink, Modbus or UPS-Link, and no boot loader asks for an image.`,
    {
      hint: 'Check that the unit is on, that the cable is the one that came with it (940-0625A for an RJ50 port) and is firmly in, and that the port is the right one: upsfw local ports.',
    },
  );
}
