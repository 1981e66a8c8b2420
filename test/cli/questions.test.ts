import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Ask, confirm, typeKey } from '../../src/cli/ask.ts';
import { Problem } from '../../src/core/index.ts';
import { HAS_TERMINALS, lastRow, openScreen, type Screen } from '../support/machine/screen.ts';
import { LOADER_IMAGE, type LocalSite, openLocalSite } from '../support/sites/local-site.ts';
import { NMC2, openSite, type Site } from '../support/sites/site.ts';

if (!HAS_TERMINALS) process.stderr.write('skipped: questions at a terminal: they need Linux and script\n');

let site: Site | undefined;
let bench: LocalSite | undefined;
let screen: Screen | undefined;
afterEach(async () => {
  screen?.kill();
  screen = undefined;
  await site?.close();
  site = undefined;
  await bench?.close();
  bench = undefined;
});

const QUESTION = 'Send and start these 8 updates? [y/N]';
/** Enough units for a plan that is longer than the screen. */
const MANY = Array.from({ length: 8 }, (_, index) => ({ ...NMC2, name: `unit-${index + 1}` }));

function touched({ fleet }: Site): number {
  return fleet.units.reduce(
    (sum, { device: { counters } }) => sum + counters.snmpWrites + counters.uploads + counters.starts,
    0,
  );
}

const KINDS = ['xterm', 'dumb'] as const;

async function upgradeQuestion(term: (typeof KINDS)[number], units = MANY, more: readonly string[] = []) {
  site = await openSite(units);
  const words = ['upgrade', '-i', site.inventory, '--state', site.state, '--apply', ...more];
  screen = openScreen(words, { environment: site.environment, term });
  return { at: site, on: screen };
}

describe.skipIf(!HAS_TERMINALS)('the question of an upgrade', () => {
  it.each(KINDS)(
    'is the last line of a screen of 80x24 (%s), below a long plan, until it is answered',
    async (term) => {
      const { at, on } = await upgradeQuestion(term);
      const rows = await on.until((now) => lastRow(now).includes(QUESTION));
      expect(lastRow(rows)).toBe(QUESTION);
      on.type('n');
      const answered = await on.until((now) => now.some((row) => row.endsWith('[y/N] n')));
      expect(lastRow(answered)).toBe(`${QUESTION} n`);
      on.type('\r');
      expect(await on.ended()).toEqual({ exit: 2, echoes: true });
      expect(on.bytes()).toContain('Nothing was sent.');
      expect(touched(at)).toBe(0);
      // The plan above it scrolled, because it is longer than the screen.
      expect(on.bytes().split('\n').length).toBeGreaterThan(30);
      if (term === 'dumb') expect(on.bytes()).not.toContain('\u001b');
    },
  );

  it('is confirmed by y', async () => {
    const { at, on } = await upgradeQuestion('xterm', [NMC2]);
    await on.until((now) => lastRow(now).endsWith('Send and start this update? [y/N]'));
    on.type('y\r');
    expect(await on.ended()).toEqual({ exit: 0, echoes: true });
    expect(at.fleet.device('a').version).toBe('15.1');
  });

  it.each([
    ['Enter', '\r', 2],
    ['a deleted y', 'y\u007f\r', 2],
    ['the end of the input', '\u0004', 2],
    ['Ctrl-C after yes', 'yes\u0003', 130],
  ] as const)('is not confirmed by %s', async (_, keys, exit) => {
    const { at, on } = await upgradeQuestion('xterm', [NMC2]);
    await on.until((now) => lastRow(now).includes('[y/N]'));
    on.type(keys);
    expect(await on.ended()).toEqual({ exit, echoes: true });
    expect(on.bytes()).toContain('Nothing was sent.');
    expect(on.bytes()).not.toContain('defect in upsfw');
    expect(touched(at)).toBe(0);
  });

  it.each([
    ['\u0003', 130, 'refused/interrupted'],
    ['\u0004', 2, 'refused/confirmation'],
  ] as const)('leaves one JSON document after %j', async (keys, exit, code) => {
    site = await openSite([NMC2]);
    const file = join(site.folder, 'out.json');
    const words = ['upgrade', '-i', site.inventory, '--state', site.state, '--apply', '--json'];
    const on = openScreen(words, { environment: site.environment, redirect: `> ${file}` });
    screen = on;
    await on.until((now) => lastRow(now).includes('[y/N]'));
    on.type(keys);
    expect(await on.ended()).toEqual({ exit, echoes: true });
    const document: unknown = JSON.parse(await readFile(file, 'utf8'));
    expect(document).toMatchObject({ problem: { code }, exitCode: exit });
  });
});

describe.skipIf(!HAS_TERMINALS)('a secret', () => {
  /** Makes the tool request the password of the card before it sends anything. */
  async function passwordPrompt(term: (typeof KINDS)[number]) {
    site = await openSite([NMC2]);
    const text = await readFile(site.inventory, 'utf8');
    await writeFile(site.inventory, text.replace('env:UPSFW_SIM_PASSWORD', 'prompt:Card password'));
    const words = ['upgrade', '-i', site.inventory, '--state', site.state, '--apply'];
    const on = openScreen(words, { environment: site.environment, term });
    screen = on;
    await on.until((now) => lastRow(now) === 'Card password:');
    return { at: site, on };
  }

  it.each(KINDS)(
    'is not shown on a terminal of type %s, can be corrected, and its label stays',
    async (term) => {
      const { at, on } = await passwordPrompt(term);
      const secret = at.environment.UPSFW_SIM_PASSWORD ?? '';
      // A deleted word, then a corrected last character, then an arrow key.
      on.type(`wrong\u0015${secret}xy\u007f\u007f\u001b[D`);
      on.type('\r');
      const rows = await on.until((now) => lastRow(now).includes('[y/N]'));
      expect(on.rows().join('\n') + rows.join('\n')).not.toContain(secret);
      expect(on.bytes()).not.toContain(secret);
      expect(on.bytes()).not.toContain('wrong');
      expect(on.bytes()).toContain('Card password: \r\n');
      on.type('y\r');
      expect(await on.ended()).toEqual({ exit: 0, echoes: true });
      expect(at.fleet.device('a').version).toBe('15.1');
    },
  );

  it.each([
    ['Ctrl-C after some letters', 'abc\u0003', 130],
    ['the end of the input', '\u0004', 2],
  ] as const)('is not accepted after %s, and nothing is sent', async (_, keys, exit) => {
    const { at, on } = await passwordPrompt('xterm');
    on.type(keys);
    expect(await on.ended()).toEqual({ exit, echoes: true });
    expect(on.bytes()).toContain('Nothing was sent.');
    expect(on.bytes()).not.toContain('abc');
    expect(touched(at)).toBe(0);
  });

  it('of a command that only reads: Ctrl-C stops it', async () => {
    site = await openSite([NMC2]);
    const text = await readFile(site.inventory, 'utf8');
    await writeFile(site.inventory, text.replace('env:UPSFW_SIM_READ', 'prompt'));
    const on = openScreen(['audit', '-i', site.inventory, '--state', site.state], {
      environment: site.environment,
    });
    screen = on;
    await on.until((now) => lastRow(now).startsWith('SNMP community for berlin/a:'));
    on.type('\u0003');
    expect(await on.ended()).toEqual({ exit: 130, echoes: true });
    expect(on.bytes()).toContain('Stopped.');
  });

  it('restores the terminal when the process gets a signal to end', async () => {
    const { on } = await passwordPrompt('xterm');
    const shells = await children(on.pid);
    const [command] = (await Promise.all(shells.map(children))).flat();
    process.kill(command ?? 0, 'SIGTERM');
    expect(await on.ended()).toEqual({ exit: 130, echoes: true });
  });
});

async function children(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

describe.skipIf(!HAS_TERMINALS)('the question of a recovery', () => {
  it.each([
    ['Enter', '\r', 2],
    ['Ctrl-C', '\u0003', 130],
  ] as const)('is visible, and %s sends nothing', async (_, keys, exit) => {
    bench = await openLocalSite('smt1500-loader');
    const image = await bench.image('SMT17UPS_07-1.enc', LOADER_IMAGE);
    const words = ['local', 'recover', bench.port, image, '--expect-id', '17', '--state', bench.state];
    const on = openScreen(words, { environment: bench.environment });
    screen = on;
    await on.until((now) => lastRow(now) === 'Send this image? [y/N]');
    on.type(keys);
    expect(await on.ended()).toEqual({ exit, echoes: true });
    expect(on.bytes()).toContain('Nothing was sent.');
    expect(bench.device.received.length).toBe(0);
  });
});

describe('an answer', () => {
  it.each([
    ['y', true],
    ['Y', true],
    ['yes', true],
    [' YES ', true],
    ['', false],
    ['n', false],
    ['yess', false],
    ['ye', false],
    ['yes please', false],
    [null, false],
  ] as const)('%j confirms: %s', async (answer, isConfirmed) => {
    expect(await confirms(async () => answer)).toBe(isConfirmed);
  });

  it('is no without a terminal', async () => {
    expect(await confirms(null)).toBe(false);
  });
});

/** Whether a confirmation passes with this terminal. Any problem but refused/confirmation is thrown. */
async function confirms(ask: Ask | null): Promise<boolean> {
  try {
    const io = { ask, info: () => undefined };
    await confirm(io, false, { text: 'One update.\n', question: 'Continue?', declined: 'Not confirmed.' });
    return true;
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === 'refused/confirmation') return false;
    throw thrown;
  }
}

describe('hidden input', () => {
  const key = fc.oneof(
    fc.record({
      text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }),
      name: fc.constant(undefined),
    }),
    fc.record({ text: fc.constant(undefined), name: fc.constantFrom('left', 'up', 'f1') }),
    fc.record({ text: fc.constant('\u007f'), name: fc.constant('backspace') }),
  );

  it('keeps the typed text without deleted characters, and never a control character', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
        let typed = '';
        let wanted: readonly string[] = [];
        for (const { text, name } of keys) {
          const now = typeKey(typed, text, {
            ...(name === undefined ? {} : { name }),
            ctrl: false,
            meta: false,
          });
          typed = typeof now === 'string' ? now : 'ended';
          if (name === 'backspace') wanted = wanted.slice(0, -1);
          else if (text !== undefined && !/\p{Cc}/u.test(text)) wanted = [...wanted, ...text];
        }
        expect(typed).toBe(wanted.join(''));
        expect(typed).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  it('has a length limit', () => {
    const long = 'x'.repeat(4096);
    expect(typeKey(long, 'y', { ctrl: false, meta: false })).toBe(long);
  });
});
