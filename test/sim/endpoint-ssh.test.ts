import { afterEach, describe, expect, it } from 'vitest';
import { ACCESS } from '../../src/sim/access.ts';
import type { Fault } from '../../src/sim/faults.ts';
import { closeDevices } from '../support/devices/device.ts';
import {
  closeSshDevices,
  gone,
  LEGACY,
  openExec,
  openShell,
  openSshDevice,
  rawSocket,
  rsaBits,
  type SshDevice,
} from '../support/devices/ssh-device.ts';

afterEach(async () => {
  await closeSshDevices();
  closeDevices();
});

async function session(bench: SshDevice) {
  const client = await bench.login();
  return { client, ...(await openShell(client)) };
}

describe('the login over SSH', () => {
  it.each(['old', 'old-rsa1024'] as const)('with the profile %s needs outdated algorithms', async (ssh) => {
    const bench = await openSshDevice({ change: { ssh } });
    await expect(bench.login()).rejects.toThrow(/handshake failed/i);
    let bits = 0;
    await bench.login({
      algorithms: LEGACY,
      hostVerifier: (key: Buffer) => {
        bits = rsaBits(key);
        return true;
      },
    });
    expect(bits).toBe(ssh === 'old' ? 2048 : 1024);
    expect(bench.device.counters.logins).toBe(1);
  });

  it('accepts the current password of the card', async () => {
    const bench = await openSshDevice();
    bench.device.card.password = 'another';
    await expect(bench.login()).rejects.toThrow(/authentication/i);
    await bench.login({ password: 'another' });
  });

  it('refuses idents that are too short', async () => {
    const { endpoint } = await openSshDevice();
    const short = await rawSocket(endpoint.port);
    short.socket.write('SSH-2.0-abc\r\n');
    await short.received.until(({ closed }) => closed);
  });

  it('allows one channel per connection', async () => {
    const { client } = await session(await openSshDevice());
    await expect(openShell(client)).rejects.toThrow(/channel open failure/i);
  });

  it('presents another host key from the second connection on', async () => {
    const bench = await openSshDevice({ faults: ['ssh-host-key-changes'] });
    const seen: string[] = [];
    const hostVerifier = (key: Buffer): boolean => seen.push(key.toString('hex')) > 0;
    for (let time = 0; time < 3; time += 1) await bench.login({ hostVerifier });
    expect(seen[1]).not.toBe(seen[0]);
    expect(seen[2]).toBe(seen[1]);
  });

  it('is refused at once', async () => {
    const { endpoint } = await openSshDevice({ faults: ['ssh-refused'] });
    const { received } = await rawSocket(endpoint.port);
    await received.until(({ closed }) => closed);
    expect(received.text).toBe('');
  });

  it('is slow, and succeeds', async () => {
    const bench = await openSshDevice({ faults: ['ssh-slow-handshake'], speed: 200 });
    const begun = bench.device.now().getTime();
    await bench.login();
    expect(bench.device.now().getTime() - begun).toBeGreaterThanOrEqual(19_000);
  });

  it('may send a malformed banner', async () => {
    const bench = await openSshDevice({ faults: ['ssh-banner-malformed'] });
    await expect(bench.login()).rejects.toThrow(/malformed USERAUTH_BANNER/i);
  });

  it('is refused while the card restarts, and open connections close', async () => {
    const bench = await openSshDevice({ speed: 200 });
    const { client, received } = await session(bench);
    const hungUp = gone(client);
    bench.device.card.restart(60);
    await hungUp;
    expect(received.closed).toBe(true);
    await expect(bench.login()).rejects.toThrow(/ECONNREFUSED/);
    await bench.device.until(({ cardUp }) => cardUp);
    await loginUntilIn(bench);
  });
});

describe('exec', () => {
  it.each([
    ['smx1500-current', 'v7.1.2'],
    ['smx1500-nmc3', 'v1.4.2.1'],
  ] as const)('runs only scp on %s with %s', async (persona, version) => {
    const bench = await openSshDevice({ persona });
    bench.device.card.appVersion = version;
    const client = await bench.login(persona === 'smx1500-nmc3' ? {} : { algorithms: LEGACY });
    await expect(openExec(client, 'about')).rejects.toThrow(/exec/);
    expect(bench.device.counters.commands).toBe(0);
  });

  it('runs any command on a third-generation card from 2.x', async () => {
    const bench = await openSshDevice();
    const { received } = await openExec(await bench.login(), 'about');
    expect(await received.until(({ closed }) => closed)).toMatch(/^E000: Success\r\nHardware Factory/);
    const log = await openExec(await bench.login(), 'eventlog');
    expect(await log.received.until(({ closed }) => closed)).toMatch(/ 0x0007\r\n$/);
  });
});

describe('the command line', () => {
  it('shows the first screen, echoes, answers, and says goodbye', async () => {
    const bench = await openSshDevice();
    const { channel, received } = await session(bench);
    const screen = await received.until(({ text }) => text.endsWith('apc>'));
    expect(screen).toMatch(/Network Management Card AOS +v2\.5\.0\.8\r\n/);
    expect(screen).toMatch(/Smart-UPS APP +v2\.5\.0\.6\r\n/);
    expect(screen).toMatch(/Stat : P\+ N4\+ N6\+ A\+\r\n/);
    expect(screen).toMatch(/\r\nFTP +: Disabled +Telnet +: Disabled\r\n/);
    channel.write('whoami\r');
    const output = await received.until(({ text }) => text.length > screen.length && text.endsWith('apc>'));
    expect(output.slice(screen.length)).toBe('whoami\r\nE000: Success\r\napc\r\n\r\napc>');
    channel.write('exit\r');
    expect(await received.until(({ closed }) => closed)).toMatch(/Connection Closed - Bye\r\n$/);
    expect(bench.device.writes).toBe(0);
  });

  it('has the prompt of its persona', async () => {
    const { received } = await session(await openSshDevice({ change: { prompt: 'Super User@apc>' } }));
    await received.until(({ text }) => text.endsWith('\r\nSuper User@apc>'));
  });

  it('lists no services before AOS 6', async () => {
    const { received } = await session(await openSshDevice({ change: { listing: '5' } }));
    expect(await received.until(({ text }) => text.endsWith('apc>'))).not.toContain('SSH/SCP');
  });

  it('holds back its tail until the next byte of input', async () => {
    const { channel, received } = await session(await openSshDevice({ change: { echo: 'stalling' } }));
    await received.until(({ text }) => text.includes('gatewa'));
    expect(received.text).not.toContain('apc>');
    channel.write('\r');
    await received.until(({ text }) => text.includes('\r\napc>'));
  });

  it('asks before it reboots, and does what is answered', async () => {
    const bench = await openSshDevice();
    const { channel, received } = await session(bench);
    channel.write('reboot\r');
    await received.until(({ text }) => text.endsWith("Enter 'YES' to continue or <ENTER> to cancel : "));
    channel.write('YES\r');
    await received.until(({ text }) => text.includes(': YES\r\nRebooting...\r\n'));
    expect(bench.device.counters.answers).toBe(1);
    expect(bench.device.counters.cardReboots).toBe(1);
  });

  it('prints a reminder before each prompt while a setting needs a reboot', async () => {
    const bench = await openSshDevice({ speed: 200 });
    const { channel, received } = await session(bench);
    channel.write('ftp -S enable\r');
    await received.until(({ text }) =>
      text.endsWith(
        'E002: Success\r\nReboot required for change to take effect.\r\n\r\n* Reboot required for change to take effect.\r\napc>',
      ),
    );
    expect(bench.device.writes).toBe(1);
    bench.device.card.restart(60);
    await bench.device.until(({ cardUp }) => cardUp);
    expect(bench.runCommand('ftp').lines).toContain('Service: Enabled');
    expect(bench.device.card.rebootPending).toBe(false);
  });

  it('shows the event log on a full screen, where D counts as a write', async () => {
    const bench = await openSshDevice();
    const { device } = bench;
    for (let line = 0; line < 25; line += 1)
      device.log({ who: 'System', text: `Line ${line}.`, code: '0x0007' });
    const { channel, received } = await session(bench);
    const press = async (keys: string, end: RegExp): Promise<string> => {
      const before = received.text.length;
      channel.write(keys);
      const text = await received.until((one) => end.test(one.text.slice(before)));
      return text.slice(before);
    };
    await received.until(({ text }) => text.endsWith('apc>'));
    const screen = /<D>- Delete\r\n> $/;
    const first = await press('eventlog\r', screen);
    expect(first).toContain('Line 24.');
    expect(first).not.toContain('Line 4.');
    expect(await press(' ', screen)).toContain('Line 4.');
    device.log({ who: 'System', text: 'Line of the second page.', code: '0x0007' });
    expect(await press('\r', screen)).toContain('Line 5.');
    expect(device.writes).toBe(0);
    await press('D\u001b', /apc>$/);
    expect(device.writes).toBe(1);
    device.inject('event-log-unreadable');
    expect(await press('eventlog\r', /apc>$/)).toContain('E100');
  });
});

describe('a command line that misbehaves', () => {
  const open = async (fault: Fault) => session(await openSshDevice({ faults: [fault] }));

  it('sends each byte in its own packet', async () => {
    const { received } = await open('shell-splits');
    await received.until(({ text }) => text.endsWith('apc>'));
    expect(Math.max(...received.pieces.map(({ length }) => length))).toBe(1);
  });

  it('ends its lines in a carriage return', async () => {
    const { received } = await open('shell-cr-only');
    const text = await received.until((one) => one.text.endsWith('\rapc>'));
    expect(text).not.toContain('\n');
  });

  it('prints a megabyte before the prompt', async () => {
    const { received } = await open('shell-floods');
    const text = await received.until((one) => one.text.endsWith('apc>'));
    expect(text.length).toBeGreaterThan(1_048_576);
  });

  it('asks for name and password inside SSH, and closes after three failures', async () => {
    const bench = await openSshDevice({ faults: ['shell-login-again'] });
    const { channel, received } = await session(bench);
    await received.until(({ text }) => text.endsWith('User Name : '));
    channel.write(`${ACCESS.user}\r${ACCESS.password}\r`);
    const text = await received.until((one) => one.text.endsWith('apc>'));
    expect(text).toContain('\r\nPassword  : *');
    expect(text).not.toContain(ACCESS.password);
    const wrong = await session(bench);
    wrong.channel.write('apc\rno\r'.repeat(3));
    await wrong.received.until(({ closed }) => closed);
    expect(wrong.received.text).not.toContain('apc>');
  });

  it('closes after the first command', async () => {
    const { channel, received } = await open('shell-idle-logout');
    channel.write('whoami\r');
    const text = await received.until(({ closed }) => closed);
    expect(text).toMatch(/E000: Success\r\napc\r\n\r\nConnection Closed - Bye\r\n$/);
  });

  it('reports too many logins', async () => {
    const bench = await openSshDevice({ faults: ['ssh-session-limit'] });
    const { received } = await session(bench);
    expect(await received.until(({ closed }) => closed)).toBe('Max logins exceeded.\r\n');
    const scp = await openExec(await bench.login(), 'scp -t /upsfw/');
    expect(await scp.received.until(({ closed }) => closed)).toBe('Max logins exceeded.\r\n');
  });

  it('requires a new password first, and accepts no files until it has one', async () => {
    const bench = await openSshDevice({ faults: ['password-change'] });
    await expect(openExec(await bench.login(), 'scp -t /upsfw/')).rejects.toThrow(/exec/);
    const { channel, received } = await session(bench);
    await received.until(({ text }) => text.endsWith('Enter current password: '));
    expect(received.text).toContain('requires you to change your password');
    channel.write('wrong\r');
    await received.until(({ text }) =>
      text.endsWith(
        '*****\r\n\r\nThe current password policy requires you to change your password...\r\n\r\nEnter current password: ',
      ),
    );
    channel.write(`${ACCESS.password}\rnew secret\rnew secret\r`);
    const text = await received.until((one) => one.text.endsWith('apc>'));
    expect(text).toMatch(/\r\nEnter new password: \*{10}\r\nConfirm new password: \*{10}\r\n/);
    expect(bench.device.writes).toBeGreaterThan(0);
    await expect(bench.login()).rejects.toThrow(/authentication/i);
    const client = await bench.login({ password: 'new secret' });
    const scp = await openExec(client, 'scp -t /upsfw/');
    await scp.received.until((one) => one.text === '\0');
  });
});

/** The card is up; its port opens a moment later. */
async function loginUntilIn(bench: SshDevice): Promise<void> {
  for (;;) {
    try {
      await bench.login();
      return;
    } catch (thrown) {
      if (!String(thrown).includes('ECONNREFUSED')) throw thrown;
    }
  }
}
