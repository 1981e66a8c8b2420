import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type NetworkAccess, type Recording, Secret, type UnitTarget } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { READ_COMMANDS, recordCard, TIMEOUTS } from '../../src/nmc/index.ts';
import { createSnmpHub, type SnmpHub } from '../../src/snmp/index.ts';
import { closedPort, type Peer, shellPeer } from '../support/devices/services.ts';

const ALLOWED = READ_COMMANDS.flat().map(({ command }) => command);
/** Commands of a look over the command line, which come in addition. */
const LOOK_COMMANDS = ['about', 'upsabout', 'detstatus -ss', 'exit'];
const OK = { lines: ['E000: Success'], prompt: true };

let hub: SnmpHub;
let peer: Peer | null;
beforeEach(() => {
  hub = createSnmpHub({ clock: systemClock });
  peer = null;
});
afterEach(async () => {
  await peer?.close();
  await hub.close();
});

async function record(ssh: number, network: Partial<NetworkAccess> = {}): Promise<Recording> {
  const closed = await closedPort();
  const target: UnitTarget = {
    site: 'berlin',
    name: 'a',
    serial: null,
    network: {
      host: '127.0.0.1',
      ports: { snmp: closed, ssh, ftp: closed, telnet: closed, http: closed, https: closed },
      snmp: null,
      write: null,
      login: { user: 'apc', password: new Secret('very-secret') },
      transfer: ['scp'],
      start: ['cli'],
      plaintext: false,
      legacySsh: false,
      ...network,
    },
    local: null,
    window: null,
    switchOutput: null,
    feeds: [],
    redundantWith: [],
  };
  const hostKeys = { get: () => Promise.resolve(null), add: () => Promise.resolve() };
  const tools = {
    hub,
    hostKeys,
    readBytes: () => Promise.reject(new Error('a recording reads no image')),
    timeouts: { ...TIMEOUTS, command: 1, flush: 0.3, handshake: 10 },
  };
  return recordCard(tools, target, { clock: systemClock, signal: new AbortController().signal });
}

describe('a recording', () => {
  it('sends only commands of its list, each once, and ends with exit', async () => {
    const card = await shellPeer(() => OK);
    peer = card;
    const { commands, missing } = await record(card.port);
    expect(commands.map(({ command }) => command)).toEqual(ALLOWED);
    for (const line of card.typed) expect([...ALLOWED, ...LOOK_COMMANDS]).toContain(line);
    await card.exits(2);
    expect(card.typed.at(-1)).toBe('exit');
    // Two sessions: one of the look, one of the recording.
    expect(card.sessions()).toBe(2);
    expect(missing).toEqual([]);
    expect(commands.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
  });

  it('has no command that changes something', () => {
    for (const command of ALLOWED) {
      expect(command).not.toMatch(/-(?:install|c|o\d?|b|S|s|p|y|Y|n|d|m)\b/);
      expect(command).not.toMatch(
        /^(?:reboot|resetToDef|format|delete|eventlog|bye|exit|quit|prompt|portspeed)\b/i,
      );
    }
  });

  it('types nothing more into a session after the card asked a question', async () => {
    const card = await shellPeer((line) =>
      line === 'upsfwupdate -lastresult' ? { lines: ['Type YES to go on:'], prompt: false } : OK,
    );
    peer = card;
    const { commands, missing } = await record(card.port);
    const question = card.typed.indexOf('upsfwupdate -lastresult');
    // The next command is in another session: neither a bare return nor exit reached the question.
    expect(card.typed[question + 1]).toBe('xferStatus');
    expect(card.typed).not.toContain('');
    expect(card.sessions()).toBe(3);
    expect(commands.find(({ command }) => command === 'upsfwupdate -lastresult')).toMatchObject({
      lines: null,
      problem: { code: 'link/timeout' },
    });
    expect(commands.map(({ command }) => command)).toEqual(ALLOWED);
    expect(missing).toMatchObject([{ what: 'the command line', problem: { code: 'link/timeout' } }]);
  });

  it('sends no command for a folder that does not exist', async () => {
    const card = await shellPeer((line) =>
      line.startsWith('cd ') ? { lines: ['E100: Command failed'], prompt: true } : OK,
    );
    peer = card;
    const { commands } = await record(card.port);
    expect(commands.at(-1)).toMatchObject({ command: 'cd upsfw', code: 'E100', folder: '/' });
  });

  it('gives up on a card that breaks every session, and returns what it has', async () => {
    const silent = ['system', 'detstatus -all', 'ups -st', ''];
    const card = await shellPeer((line) => (silent.includes(line) ? { lines: [], prompt: false } : OK));
    peer = card;
    const { commands, missing } = await record(card.port);
    expect(missing).toHaveLength(3);
    expect(commands.at(-1)).toMatchObject({ command: 'ups -st', lines: null });
    expect(commands.length).toBeLessThan(ALLOWED.length);
  });

  it('of a dead card contains only the reason', async () => {
    const { unit, commands, missing } = await record(await closedPort());
    expect(unit.reachable).toBe(false);
    expect(commands).toEqual([]);
    expect(missing.map(({ problem }) => problem.code)).toEqual(['link/refused', 'link/refused']);
  });

  it('without a login sends no command', async () => {
    const card = await shellPeer(() => OK);
    peer = card;
    const { commands } = await record(card.port, { login: null });
    expect(commands).toEqual([]);
    expect(card.typed).toEqual([]);
  });
});
