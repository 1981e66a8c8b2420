import { Problem, sanitize } from '../../core/index.ts';
import type { ByteLine, LineTime } from '../line/line.ts';
import { type ListenResult, listen } from '../loader/listen.ts';
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

/** What answers at a port. */
export type Protocol = 'boot-loader' | 'microlink' | 'modbus' | 'ups-link' | 'usb-strings';

/** The result of looking at a port. */
export interface PortSeen {
  readonly protocol: Protocol | null;
  readonly identity: Identity | null;
  /** Versions of other parts than the UPS firmware: `UBL 01.4`. */
  readonly parts: readonly string[];
  readonly loader: LoaderSeen | null;
  /** Result of the password exchange; null if it was not requested. */
  readonly exchange: Exchange | null;
  /** What answered, sanitized; null if nothing did. */
  readonly description: string | null;
  /** Notes for the operator about the look itself. */
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
  /** True: exchanges passwords over Microlink, which writes four bytes to the unit. */
  readonly authenticate?: boolean;
  /** True: uses Microlink only. */
  readonly passive?: boolean;
}

/**
 * Identifies what is connected to a serial port, in an order in which no request can do harm. Listens first,
 * because a boot loader sends unasked; then tries Microlink, Modbus and UPS-Link. The line is at 9600 baud,
 * and the caller closes it.
 * Source: docs/sources/local.md#order-of-probing
 */
export async function lookAtLine(line: ByteLine, options: SerialLookOptions): Promise<PortSeen> {
  const { time, timeouts } = options;
  const result = await listen(line, timeouts.listen * 1000, time);
  if (result.loader !== null) return waitingLoader(result.loader, line.name);
  if (result.bytes > 0) return unexpectedOutput(result, line.name);
  for (const ask of options.passive === true ? [askMicrolink] : PROTOCOLS) {
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
  if (pages === null) return link.echoes ? echo(line.name) : null;
  const fields = fieldsOf(pages);
  const exchange = authenticate === true ? await exchangePasswords(link, pages, fields) : null;
  return microlinkSeen(fields, pages.missing.length, exchange);
}

async function askModbus(line: ByteLine, { time, timeouts }: SerialLookOptions): Promise<PortSeen | null> {
  const registers = await readRegisters(serialModbus(line, time, timeouts));
  if (registers === null) return null;
  return {
    ...modbusSeen(registers),
    notes: [
      'The Micro-Link ID was not read: Modbus has no documented register for it. One SRT1000XLA was reported with its ID in register 512, which is not relied on. Read the ID at the panel of the unit, or over USB.',
    ],
  };
}

async function askUpsLinkUnit(line: ByteLine, { timeouts }: SerialLookOptions): Promise<PortSeen | null> {
  await line.setRate(2400);
  const unit = await askUpsLink(line, timeouts);
  if (unit === null) return null;
  return {
    ...NOTHING_SEEN,
    protocol: 'ups-link',
    identity: fromUpsLink(unit),
    description: 'a unit that speaks UPS-Link',
    notes: ['A first-generation card answers in the same way on its own port.'],
  };
}

/** In an order in which no request can do harm to a unit that speaks a later protocol. */
const PROTOCOLS: readonly Ask[] = [askMicrolink, askModbus, askUpsLinkUnit];

/** Result of Microlink over either transport. */
export function microlinkSeen(
  fields: ReturnType<typeof fieldsOf>,
  missing: number,
  exchange: Exchange | null,
): PortSeen {
  const notes: string[] = [];
  if (fields.places.size === 0)
    notes.push(
      'Only the Micro-Link ID could be read: the unit sent no descriptor of its data, or only part of it.',
    );
  else if (missing > 0) notes.push(`${missing} pages could not be read; the values in them are not known.`);
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

/** Result of Modbus over either transport. */
export function modbusSeen(registers: Registers): PortSeen {
  return {
    ...NOTHING_SEEN,
    protocol: 'modbus',
    identity: fromModbus(registers),
    description: 'a unit that speaks Modbus',
  };
}

function waitingLoader(loader: LoaderSeen, port: string): PortSeen {
  const banner = loader.lines.filter((line) => !line.includes('retry')).join('; ') || 'C';
  return {
    ...NOTHING_SEEN,
    protocol: 'boot-loader',
    loader,
    description: `a boot loader that waits for an image: ${sanitize(banner, 160)}`,
    problem: new Problem(
      'device/boot-loader',
      `The unit at ${sanitize(port)} runs no firmware: it waits in its boot loader for an image.`,
      {
        hint: `Keep it on mains. Find its Micro-Link ID (label or an earlier audit), then run: upsfw local recover ${sanitize(port)} IMAGE --expect-id ID`,
      },
    ),
  };
}

function unexpectedOutput({ bytes, events }: ListenResult, port: string): PortSeen {
  const text = events.find((event) => event.kind === 'text');
  const sample = text?.kind === 'text' ? `, among them "${sanitize(text.text, 60)}"` : '';
  return {
    ...NOTHING_SEEN,
    description: 'a device that sends unasked',
    problem: new Problem(
      'device/garbage',
      `${sanitize(port)} sent ${bytes} bytes unasked${sample}. A running unit sends nothing unasked, and this is not a boot loader.`,
      {
        hint: 'Nothing was sent to it. Check that this is the right port and the right cable: a modem, a console or another device may be connected.',
      },
    ),
  };
}

function echo(port: string): PortSeen {
  return {
    ...NOTHING_SEEN,
    description: 'a device that echoes',
    problem: new Problem('device/garbage', `${sanitize(port)} echoes what it receives: it is not a UPS.`, {
      hint: 'Modems and consoles echo. Name the port that the unit is connected to. List the ports with: upsfw local ports',
    }),
  };
}

function silent(port: string): Problem {
  return new Problem(
    'link/silent',
    `Nothing answers at ${sanitize(port)} by Microlink, Modbus or UPS-Link, and no boot loader asks for an image.`,
    {
      hint: 'Check that the unit is on, that the cable is the original one (940-0625A for an RJ50 port) and seated, and that this is the right port: upsfw local ports',
    },
  );
}
