import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/files/index.ts';
import { listByFtp } from '../../src/nmc/files/ftp.ts';
import { parseFtpListing } from '../../src/nmc/files/ftp-listing.ts';
import { type RawFtp, type Reaction, startRawFtp } from '../support/devices/ftp-server.ts';
import { anyText } from '../support/values/text.ts';

let server: RawFtp | undefined;
afterEach(() => server?.close());

/** A server with the machine format of listings, which sends these lines. */
function sending(lines: readonly string[]): Reaction {
  return ({ verb, control, server: raw }) => {
    if (verb === 'FEAT') {
      control.write('211-Features:\r\n MLST type*;size*;modify*;\r\n211 End\r\n');
      return true;
    }
    if (verb !== 'MLSD' && verb !== 'LIST') return false;
    control.write('150 Here it comes.\r\n');
    void raw.data().then((data) => {
      data.end(lines.map((line) => `${line}\r\n`).join(''));
      data.once('close', () => control.write('226 Done.\r\n'));
    });
    return true;
  };
}

async function listed(lines: readonly string[]) {
  server = await startRawFtp({ react: sending(lines) });
  const options = {
    network: server.network,
    signal: new AbortController().signal,
    silenceSeconds: 20,
    clock: systemClock,
  };
  return listByFtp(options, '/upsfw/');
}

describe('a listing over FTP', () => {
  it.each([
    ['a size that is a control character', 'type=file;size=\u0001;modify=20240101000000; a.enc'],
    ['a time that is none', 'type=file;size=;modify=garbage; a.enc'],
    ['a time without end', `type=file;modify=${'9'.repeat(300)};size=0x10; a.enc`],
    ['a size beyond exact numbers', `type=file;size=${'9'.repeat(40)}; a.enc`],
    ['a negative size', 'type=file;size=-1; a.enc'],
    ['a size with an exponent', 'type=file;size=1e3;unix.mode=\u0001; a.enc'],
    ['two sizes', 'type=file;size=7;size=8; a.enc'],
  ])('with %s lists the file without a size', async (_what, line) => {
    expect(await listed([line])).toEqual([{ name: 'a.enc', bytes: null }]);
  });

  it('keeps its good lines beside bad ones', async () => {
    const lines = [
      'type=cdir;modify=x; .',
      'type=pdir;; ..',
      'type=dir;modify=20240101000000; folder',
      'no form at all',
      'Type=File;Size=700001;Modify=20240101000000;UNIX.mode=0644; a b.enc',
      'size=3;; odd.enc',
      `${'type=file;'.repeat(200)} much.enc`,
    ];
    expect(await listed(lines)).toEqual([{ name: 'a b.enc', bytes: 700_001 }]);
  });

  it('gives integers or no size for any text', () => {
    const fact = fc.oneof(
      fc.constantFrom('type=file', 'type=dir', 'size=12', 'size=\u0001', 'modify=x', 'size=NaN', '=', 'size'),
      anyText({ maxLength: 12 }),
    );
    const machine = fc
      .tuple(fc.array(fact, { maxLength: 6 }), fc.string({ maxLength: 8 }))
      .map(([facts, name]) => `${facts.map((one) => `${one};`).join('')} ${name}`);
    const unix = fc
      .tuple(anyText({ maxLength: 10 }), fc.string({ maxLength: 8 }))
      .map(([size, name]) => `-rw-r--r-- 1 apc apc ${size} Jan 01 2024 ${name}`);
    fc.assert(
      fc.property(fc.array(fc.oneof(machine, unix, anyText()), { maxLength: 12 }), (lines) => {
        for (const { name, bytes } of parseFtpListing(lines.join('\r\n'))) {
          expect(name).not.toBe('');
          if (bytes !== null) expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
        }
      }),
    );
  });

  it('is read in bounded time for any length of a line', () => {
    const lines = [
      '='.repeat(500_000),
      `${'a=;'.repeat(300_000)} x`,
      ' '.repeat(500_000),
      'type=file;size=1; a',
    ];
    expect(parseFtpListing(lines.join('\n'))).toEqual([{ name: 'a', bytes: 1 }]);
  });
});
