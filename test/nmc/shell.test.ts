import type { ServerChannel } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import type { TranscriptEntry } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { parseLogScreen } from '../../src/nmc/look/event-log-source.ts';
import { type Shell, withShell } from '../../src/nmc/session/shell.ts';
import { openCard, PASSWORD, problemOf, type TestCard } from '../support/devices/ssh-card.ts';

let card: TestCard | undefined;
afterEach(async () => {
  await card?.close();
  card = undefined;
});

interface Typing {
  /** Every received byte, as text. */
  readonly typed: () => string;
}

/**
 * A command line with echo. `answer` returns the text after the echo, with the prompt; null sends nothing.
 */
function commandLine(
  prompt: string,
  answer: (command: string) => string | null,
): { shell: (channel: ServerChannel) => void } & Typing {
  let all = '';
  return {
    typed: () => all,
    shell: (channel) => {
      let line = '';
      channel.write(`\r\nCard of a test\r\n\r\n${prompt}`);
      channel.on('data', (chunk: Buffer) => {
        for (const character of chunk.toString('latin1')) {
          all += character;
          if (character !== '\r') {
            line += character;
            channel.write(character);
            continue;
          }
          const text = answer(line);
          line = '';
          if (text !== null) channel.write(`\r\n${text}`);
        }
      });
    },
  };
}

async function within<T>(
  shell: (channel: ServerChannel) => void,
  act: (shell: Shell) => Promise<T>,
  options: {
    quietSeconds?: number;
    mayHoldBack?: boolean;
    commandSeconds?: number;
    transcript?: (entry: TranscriptEntry) => void;
  } = {},
): Promise<unknown> {
  card = await openCard({ shell });
  return problemOf(
    withShell(
      {
        network: card.network,
        hostKeys: card.hostKeys,
        handshakeSeconds: 20,
        clock: systemClock,
        signal: new AbortController().signal,
        commandSeconds: 20,
        quietSeconds: 15,
        mayHoldBack: true,
        ...options,
      },
      act,
    ),
  );
}

describe('a command line', () => {
  it.each([
    'apc>',
    'Super.User@apc>',
    'an-own-prompt-of-forty-characters-000000>',
    'apc> ',
    'Administrator@apc>',
    'Super User@apc>',
    'jdoe@corp.example@apc>',
    'CORP\\jdoe@apc>',
    'ups team@apc>',
    'J\u00f6rg [ops] #2@apc>',
    'about@apc>',
    'rack>12@apc>',
    'token@apc>',
    'ups#',
  ])('with the prompt %j answers one command after the other', async (prompt) => {
    const line = commandLine(prompt, (command) => `E000: Success\r\nSaid: ${command}\r\n\r\n${prompt}`);
    const act = async (shell: Shell): Promise<unknown> => [await shell.run('about'), await shell.run('dir')];
    const both = await within(line.shell, act, { quietSeconds: 0.3 });
    expect(both).toEqual({
      ended: [
        { code: 'E000', lines: ['E000: Success', 'Said: about'] },
        { code: 'E000', lines: ['E000: Success', 'Said: dir'] },
      ],
    });
  });

  it('does not end at text that only looks like a prompt, in the first screen or in an answer', async () => {
    const shell = (channel: ServerChannel): void => {
      // Sends the rest of the first screen only after the client has seen what looks like its end.
      channel.write('\r\nContact:\r\nnobody>');
      channel.once('data', (first: Buffer) => {
        channel.write(`\r\nLocation: about\r\n\r\napc>${first.toString('latin1')}\nE000: Success\r\nother>`);
        setImmediate(() => channel.write('\r\nlast line\r\napc>'));
      });
    };
    const reply = await within(shell, (open) => open.run('about'));
    expect(reply).toEqual({ ended: { code: 'E000', lines: ['E000: Success', 'other>', 'last line'] } });
  });

  it('never shows its prompt by a command that may act', async () => {
    const line = commandLine('Super User@apc>', () => 'E000: Success\r\n\r\nSuper User@apc>');
    await within(line.shell, (shell) => shell.run('delete x', { flush: false }));
    expect(line.typed()).toMatch(/^about\rdelete x\r/);
  });

  it('whose prompt changes in between answers after one bare return', async () => {
    let name = 'old';
    const line = commandLine('old@apc>', (command) => {
      if (command === 'dir') name = 'a new name';
      return command === '' ? `${name}@apc>` : `E000: Success\r\n\r\n${name}@apc>`;
    });
    const act = async (shell: Shell): Promise<unknown> => [
      await shell.run('about'),
      await shell.run('dir'),
      await shell.run('system'),
    ];
    const all = await within(line.shell, act, { quietSeconds: 0.3, mayHoldBack: false });
    expect(all).toMatchObject({ ended: [{ code: 'E000' }, { code: 'E000' }, { code: 'E000' }] });
    expect(line.typed()).toMatch(/^about\rdir\r\rsystem\r/);
  });

  it('that holds the end of its output back gets one bare return, if that is allowed', async () => {
    let held = '';
    let returns = 0;
    const shell = (channel: ServerChannel): void => {
      channel.write('\r\nCard of a test\r\n');
      held = 'apc>';
      channel.on('data', (chunk: Buffer) => {
        channel.write(held);
        held = '';
        const text = chunk.toString('latin1');
        if (text === '\r') {
          returns += 1;
          held = '\r\napc>';
          return;
        }
        channel.write(`${text}\nE000: Succ`);
        held = 'ess\r\napc>';
      });
    };
    const options = { quietSeconds: 0.2 };
    const reply = await within(shell, (open) => open.run('about'), options);
    expect(reply).toEqual({ ended: { code: 'E000', lines: ['E000: Success'] } });
    expect(returns).toBe(2);
    await card?.close();
    returns = 0;
    const short = { quietSeconds: 0.2, commandSeconds: 1 };
    const never = await within(shell, (open) => open.run('delete x', { flush: false }), short);
    expect(never).toMatchObject({ code: 'link/timeout' });
    // One of the login, and one of the harmless command that comes before a command that may act.
    expect(returns).toBe(2);
  });

  it.each([
    ['\r\nUser Name : ', 'device/login'],
    ['\r\nMax logins exceeded.\r\n', 'device/login-limit'],
    ['\r\nA one-time code was sent to j***@example.com.\r\nVerification code: ', 'device/login-code'],
    ['\r\nEnter the token that was sent to you:\r\n', 'device/login-code'],
    ['\r\nEnter passcode> ', 'device/login-code'],
    ['\r\nThe current password policy requires you to change your password\r\n', 'device/password-change'],
  ])('that begins with %j is refused with its own code', async (screen, code) => {
    let typed = '';
    const shell = (channel: ServerChannel): void => {
      channel.write(screen);
      channel.on('data', (chunk: Buffer) => {
        typed += chunk.toString('latin1');
      });
    };
    const problem = await within(shell, (open) => open.run('about'), { quietSeconds: 0.2 });
    expect(problem).toMatchObject({ code });
    expect(typed).toBe('');
  });

  it('that sends a megabyte before a prompt, or as an answer, is garbage', async () => {
    const flood = 'x'.repeat(1024 * 1024);
    const before = await within(
      (channel) => channel.write(flood),
      (open) => open.run('about'),
    );
    expect(before).toMatchObject({ code: 'device/garbage' });
    await card?.close();
    const line = commandLine('apc>', () => flood);
    expect(await within(line.shell, (open) => open.run('about'))).toMatchObject({ code: 'device/garbage' });
  });

  it('is not used again after a problem', async () => {
    const line = commandLine('apc>', (command) => (command === 'about' ? null : 'E000: Success\r\napc>'));
    const short = { commandSeconds: 3, quietSeconds: 15 };
    const second = await within(
      line.shell,
      async (open) => {
        await problemOf(open.run('about', { flush: false }));
        return open.run('delete x');
      },
      short,
    );
    expect(second).toMatchObject({ code: 'link/timeout' });
    expect(line.typed()).toBe('about\r');
  });

  it('reports a connection that closes during a command', async () => {
    const shell = (channel: ServerChannel): void => {
      channel.write('\r\napc>');
      channel.once('data', () => channel.end());
    };
    expect(await within(shell, (open) => open.run('about'))).toMatchObject({ code: 'link/closed' });
  });

  it('records what was sent and received, and never the password', async () => {
    const entries: TranscriptEntry[] = [];
    const line = commandLine('apc>', (command) => `${command} ${PASSWORD}\r\n${'y'.repeat(70_000)}\r\napc>`);
    await within(line.shell, (open) => open.run('about'), { transcript: (one) => entries.push(one) });
    const kinds = entries
      .filter(({ kind }) => kind !== 'note')
      .map(({ kind, text }) => [kind, text.replace(/y{9,}[\s\S]*/, 'y ...')]);
    expect(kinds).toEqual([
      ['received', '\r\nCard of a test\r\n\r\napc>'],
      ['sent', 'about\r'],
      ['received', 'about\r\nabout [secret]\r\ny ...'],
      ['sent', 'exit\r'],
    ]);
    expect(JSON.stringify(entries)).not.toContain(PASSWORD);
    for (const { text, where } of entries) {
      expect(text.length).toBeLessThan(66_000);
      expect(where).toBe(`127.0.0.1:${card?.network.ports.ssh} ssh`);
    }
  });
});

describe('the event log on the command line', () => {
  const KEYS = '<ESC>- Exit, <ENTER>- Refresh, <SPACE>- Next, <D>- Delete';
  const ROWS = [
    '02/09/2018  14:02:19  Device    UPS: Firmware transfer to UPS failed. 0x0178',
    '02/09/2018  13:58:21  Device    UPS: Transferring firmware to UPS. 0x0176',
  ];
  const HEAD = ['---- Event Log ----', 'Date: 02/09/2018   Time: 15:00:00', 'Date        Time      Event'];

  /** A card with a log screen, where every character is a key and `d` deletes. */
  const logCard = (options: { readonly holdsBack?: boolean; readonly between?: string } = {}) => {
    const keys: string[] = [];
    let inLog = false;
    let line = '';
    const shell = (channel: ServerChannel): void => {
      const join = options.between ?? '\r\n';
      channel.write('\r\nCard of a test\r\n\r\napc>');
      channel.on('data', (chunk: Buffer) => {
        for (const character of chunk.toString('latin1')) {
          if (inLog) {
            keys.push(character);
            if (options.holdsBack) channel.write(`${KEYS}${join}> `);
            if (character === '\u001b') {
              inLog = false;
              channel.write(`${join}\r\napc>`);
            }
          } else if (character !== '\r') {
            line += character;
            channel.write(character);
          } else {
            const command = line;
            line = '';
            if (command !== 'eventlog') {
              channel.write('\r\nE000: Success\r\napc>');
              continue;
            }
            inLog = true;
            const screen = [...HEAD, ...ROWS, '', ''].join(join);
            channel.write(`\r\n${screen}${options.holdsBack ? '' : `${KEYS}${join}> `}`);
          }
        }
      });
    };
    return { keys, shell };
  };

  it('is read from its first screen, which is left with one key', async () => {
    const log = logCard();
    const read = await within(log.shell, async (open) => [
      await parseLogScreen(open),
      (await open.run('dir')).code,
    ]);
    expect(read).toEqual({ ended: [ROWS, 'E000'] });
    expect(log.keys).toEqual(['\u001b']);
  });

  it('is read if the lines are positioned by cursor movements', async () => {
    const log = logCard({ between: '\u001b[K\u001b[7;1H' });
    expect(await within(log.shell, parseLogScreen)).toEqual({ ended: ROWS });
    expect(log.keys).toEqual(['\u001b']);
  });

  it('is read without any other key if the card holds the end of the screen back', async () => {
    const log = logCard({ holdsBack: true });
    expect(await within(log.shell, parseLogScreen, { quietSeconds: 0.3 })).toEqual({ ended: ROWS });
    expect(log.keys).toEqual(['\u001b']);
  });

  it('is missing if the card does not know the command', async () => {
    const line = commandLine('apc>', () => 'E101: Command Not Found\r\n\r\napc>');
    expect(await within(line.shell, parseLogScreen)).toMatchObject({
      code: 'device/no-backup',
      message: expect.stringContaining('E101'),
    });
    expect(line.typed()).toMatch(/^eventlog\r/);
  });

  it('that cannot be left gets no further key', async () => {
    const keys: string[] = [];
    const shell = (channel: ServerChannel): void => {
      channel.write('\r\napc>');
      channel.once('data', (chunk: Buffer) => {
        channel.write(`${chunk.toString('latin1')}\n${ROWS.join('\r\n')}\r\n${KEYS}\r\n> `);
        channel.on('data', (key: Buffer) => keys.push(key.toString('latin1')));
      });
    };
    const second = await within(
      shell,
      async (open) => {
        await problemOf(parseLogScreen(open));
        return open.run('dir');
      },
      { commandSeconds: 3, quietSeconds: 0.3 },
    );
    expect(second).toMatchObject({ code: 'link/timeout' });
    expect(keys).toEqual(['\u001b']);
  });
});
