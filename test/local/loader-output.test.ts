import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  detectLoader,
  type LoaderEvent,
  LoaderOutputParser,
  meaningOf,
} from '../../src/local/loader/output.ts';
import { blockFrame } from '../../src/local/loader/xmodem.ts';

function read(...parts: readonly string[]): readonly LoaderEvent[] {
  const reader = new LoaderOutputParser();
  return parts.flatMap((part) => [...reader.feed(Buffer.from(part, 'latin1')), ...reader.settle()]);
}

const kinds = (events: readonly LoaderEvent[]): readonly string[] =>
  events.map((event) => (event.kind === 'text' ? event.text : event.kind));

describe('the output of a boot loader', () => {
  it('is a request only if the letter is alone', () => {
    expect(
      kinds(
        read(
          '\r\nAPC(R)2009 Download Manager\r\nVersion 07.20\r\n\r\n No Application in memory\r\n',
          'C',
          'C',
        ),
      ),
    ).toEqual([
      'APC(R)2009 Download Manager',
      'Version 07.20',
      'No Application in memory',
      'request',
      'request',
    ]);
    expect(kinds(read('C', 'CC', '\r\n'))).toEqual(['request', 'request', 'request']);
  });

  it('is not a request if a text starts with the letter', () => {
    const reader = new LoaderOutputParser();
    expect(reader.feed(Buffer.from('CRC '))).toEqual([]);
    expect(kinds(reader.feed(Buffer.from('bad\r\n')))).toEqual(['CRC bad']);
  });

  it('is recognized among noise', () => {
    expect(kinds(read('\u0081x\u0006', '\u0015', '\u0018\u0018'))).toEqual(['x', 'ack', 'nak', 'can', 'can']);
  });

  it('is the same however it is split', () => {
    const line = fc.constantFrom(
      'C',
      'CC',
      '\r\n',
      'UPS Application\r\n',
      '\u0006',
      '\u0015',
      'Cold\n',
      ' No Application in memory\r\n',
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 20 }),
        fc.array(fc.nat(7), { maxLength: 40 }),
        (lines, cuts) => {
          const bytes = Buffer.from(`${lines.join('')}\r\n`, 'latin1');
          const whole = new LoaderOutputParser();
          const pieces = new LoaderOutputParser();
          const events: LoaderEvent[] = [];
          let at = 0;
          for (const cut of cuts) {
            events.push(...pieces.feed(bytes.subarray(at, at + cut)));
            at += cut;
          }
          events.push(...pieces.feed(bytes.subarray(at)));
          expect(events).toEqual(whole.feed(bytes));
        },
      ),
    );
  });

  it('never makes the parser throw, or produce unprintable text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const reader = new LoaderOutputParser();
        for (const event of [...reader.feed(bytes), ...reader.settle()]) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
          if (event.kind === 'text') expect(event.text).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
    );
  });
});

describe('a boot loader', () => {
  it('is detected by its name and a request, or by two requests', () => {
    expect(detectLoader(read('APC(R)2009 Download Manager\r\n'))).toBeNull();
    expect(detectLoader(read('APC(R)2009 Download Manager\r\n', 'C'))).toMatchObject({
      isNamed: true,
      withoutApplication: false,
    });
    expect(detectLoader(read('C'))).toBeNull();
    expect(detectLoader(read('C', 'C'))).toMatchObject({ isNamed: false, lines: [] });
    expect(detectLoader(read('login: \r\n', 'C'))).toBeNull();
    expect(detectLoader(read('\u0015', '\u0015'))).toMatchObject({ isNamed: false });
  });

  it.each([
    ['UPS Application', 'application'],
    [' No Application in memory', 'no-application'],
    ['Error XModem retry count exceeded', 'gave-up'],
    ['4.5G Smart-UPS Tower', 'other'],
  ])('prints "%s"', (text, meaning) => {
    expect(meaningOf(text)).toBe(meaning);
  });
});

describe('a block', () => {
  it('has its number, the complement, and the checksum of the protocol', () => {
    const frame = blockFrame(1, Buffer.from('123456789'));
    expect([...frame.subarray(0, 3)]).toEqual([1, 1, 254]);
    // The published check value of CRC-16/XMODEM for the nine digits.
    expect(frame.subarray(-2).toString('hex')).toBe('31c3');
    expect([...blockFrame(256, Buffer.alloc(128)).subarray(1, 3)]).toEqual([0, 255]);
    expect([...blockFrame(257, Buffer.alloc(128)).subarray(1, 3)]).toEqual([1, 254]);
  });
});
