import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { LOCAL_FAULTS } from '../../src/sim/local/faults.ts';
import { LOCAL_PERSONAS, LocalPersonaSchema, loadLocalPersona } from '../../src/sim/local/personas.ts';
import { openPty } from '../../src/sim/local/port/pty.ts';
import { receivedAt } from '../../src/sim/local/port/wire.ts';
import { closePorts, openPort, startPorts } from '../support/devices/local-ports.ts';
import { FD, FE, record, restart } from '../support/peers/raw-microlink.ts';
import { closeRaw, openRaw } from '../support/peers/raw-port.ts';

afterEach(closePorts);

/** Whether a process exists and has not ended. */
function runs(pid: number): boolean {
  return /^\d+ \(.*\) [^Z]/.test(statOf(pid));
}

/** The programs behind ports that this process has started and that have not ended. */
function ownScripts(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => runs(pid) && new RegExp(` \\(script\\) \\w ${process.pid} `).test(statOf(pid)));
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a line', () => {
  it('delivers the sent bytes if both sides have the same rate', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom(1200, 2400, 9600, 38_400), (bytes, rate) => {
        expect([...receivedAt(bytes, rate, rate)]).toEqual([...bytes]);
      }),
    );
  });

  it('delivers the sent bytes if the rates differ slightly, and never more than there was time for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(9500, 9700), (bytes, rate) => {
        expect([...receivedAt(bytes, 9600, rate)]).toEqual([...bytes]);
      }),
    );
    const rates = fc.constantFrom(1200, 2400, 4800, 9600, 19_200, 38_400, 115_200);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), rates, rates, (bytes, sent, received) => {
        const most = Math.ceil((bytes.length * received) / sent) + 1;
        expect(receivedAt(bytes, sent, received).length).toBeLessThanOrEqual(most);
      }),
    );
  });

  it.each([
    ['C at 9600 to 2400', '43', 9600, 2400, 'ff'],
    ['Y at 2400 to 9600', '59', 2400, 9600, '7878'],
  ])('delivers noise for %s', (_, sent, from, to, received) => {
    expect(receivedAt(Buffer.from(sent, 'hex'), from, to).toString('hex')).toBe(received);
  });

  it('of a unit is silent at another rate, and answers once the rate is set', async () => {
    const { raw, device } = await openPort('smc1000i-serial');
    for (const rate of [2400, 19_200, 38_400]) {
      await raw.setRate(rate);
      const before = device.bytesArrived;
      raw.write(FD);
      while (device.bytesArrived === before) await soon();
    }
    expect(raw.rest().length).toBe(0);
    await raw.setRate(9600);
    expect((await restart(raw, 16))[0]).toBe(0);
  });

  it('delivers the boot loader as noise at another rate', async () => {
    const { port } = await openPort('smt1500-loader');
    await closeRaw();
    const raw = await openRaw(port, 19_200);
    const noise = (await raw.take(200)).toString('latin1');
    expect(noise).not.toMatch(/Application|upsfw|CCC/);
    await raw.setRate(9600);
    expect(await raw.takeUntil('No Application in memory\r\nC')).toContain('C');
  });

  it('keeps no output of the boot loader for later readers', async () => {
    const units = await startPorts(['smt1500-loader'], { speed: 10_000 });
    const [unit] = units.units;
    // Time for several requests, which would be there now if they were kept.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const raw = await openRaw(unit?.port ?? '');
    const first = await raw.takeUntil('upsfw simulated unit\r\n No Application in memory\r\nC');
    expect(first.startsWith('\r\n\r\nAPC(R)2009 Download Manager\r\n')).toBe(true);
  });
});

describe('a port', () => {
  it('carries every byte unchanged in both directions', async () => {
    let received = Buffer.alloc(0);
    const pty = await openPty((bytes) => {
      received = Buffer.concat([received, bytes]);
    });
    try {
      const raw = await openRaw(pty.path, 4800);
      const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
      pty.write(all);
      expect(await raw.take(256)).toEqual(all);
      raw.write(all);
      while (received.length < 256) await soon();
      expect(received).toEqual(all);
      expect(await pty.rate()).toBe(4800);
      expect(pty.isOpen()).toBe(true);
      await raw.close();
      expect(pty.isOpen()).toBe(false);
    } finally {
      await pty.close();
    }
    expect(await pty.rate()).toBeNull();
    pty.write(Buffer.from([1]));
  });

  it('leaves neither process nor device behind, however often it is closed', async () => {
    const units = await startPorts(['smc1000i-serial', 'srt5000-modbus', 'smx1500-usb', 'smt1500-loader'], {
      faults: ['port-babbles'],
    });
    const pids = units.units.flatMap((unit) => unit.pids);
    expect(pids.length).toBe(8);
    expect(pids.every(runs)).toBe(true);
    expect(ownScripts().length).toBe(4);
    const [first] = units.units;
    // Nobody reads the random bytes here.
    execFileSync('sh', ['-c', `exec 3<>${first?.port}; sleep 0.3`]);
    await units.close();
    await units.close();
    expect(pids.filter(runs)).toEqual([]);
    expect(units.units.slice(0, 2).map(({ port }) => existsSync(port))).toEqual([false, false]);
  });

  it('reports what to install if the program is missing', async () => {
    const { PATH } = process.env;
    process.env.PATH = '/nowhere';
    try {
      await expect(startPorts(['smc1000i-serial'])).rejects.toMatchObject({
        code: 'config/usage',
        message: 'The program "script", which creates the ports, is not installed.',
        hint: expect.stringContaining('util-linux'),
      });
    } finally {
      process.env.PATH = PATH;
    }
  });

  it('port-echoes: echoes what it receives, and nothing else', async () => {
    const { raw, device } = await openPort('smt1500c-serial', { faults: ['port-echoes'] });
    raw.write(Buffer.from([0xf7, 0xfd]));
    raw.write('AT\r');
    expect((await raw.take(5)).toString('latin1')).toBe('\u00f7\u00fdAT\r');
    expect(raw.rest().length).toBe(0);
    device.clearFault('port-echoes');
    raw.write(FD);
    expect((await record(raw, 32))[0]).toBe(0);
  });

  it('port-babbles: sends bytes without end, and answers nothing', async () => {
    const { raw, device } = await openPort('smc1000i-serial', { faults: ['port-babbles'] });
    const first = await raw.take(1000);
    expect(new Set(first).size).toBeGreaterThan(100);
    raw.write(FD);
    await raw.take(1000);
    device.clearFault('port-babbles');
    while (device.bytesArrived < 1) await soon();
    expect(device.bytesArrived).toBe(1);
  });

  it('cable-pulled: disappears in the middle of a look', async () => {
    const { raw, port, pids } = await openPort('smc1000i-serial', { faults: ['cable-pulled'] });
    raw.write(FD);
    for (let page = 0; page < 20; page += 1) {
      expect((await record(raw, 16))[0]).toBe(page);
      raw.write(FE);
    }
    // The package does not report every port that disappears.
    while (existsSync(port) || pids.some(runs)) await soon();
    // A retry does not find another unit there.
    const others = await startPorts(['smc1000i-serial', 'smt1500c-serial']);
    expect(others.units.map((unit) => unit.port)).not.toContain(port);
  });
});

describe('units at ports', () => {
  it('are found by their names', async () => {
    const units = await startPorts(['sua1500-upslink', 'srt5000-modbus']);
    expect(units.device('unit-2').persona.protocol).toBe('modbus');
    expect(() => units.device('unit-3')).toThrow(RangeError);
  });

  it('leave nothing behind if one of them does not start', async () => {
    const persona = await loadLocalPersona('smx1500-usb');
    const { microlink } = persona;
    if (microlink === null) throw new Error('no pages');
    const broken = { ...persona, microlink: { ...microlink, pageCount: 90 } };
    await expect(startPorts(['smc1000i-serial', broken])).rejects.toThrow(RangeError);
    expect(ownScripts()).toEqual([]);
  });

  it.each(LOCAL_PERSONAS)('%s is a complete persona', async (name) => {
    const persona = await loadLocalPersona(name);
    expect(LocalPersonaSchema.safeParse(persona).success).toBe(true);
    const { protocol } = persona;
    const needed = protocol === 'ups-link' ? 'upsLink' : protocol;
    expect(LocalPersonaSchema.safeParse({ ...persona, [needed]: null }).success).toBe(false);
    expect(LocalPersonaSchema.safeParse({ ...persona, startsIn: 'loader', loader: null }).success).toBe(
      false,
    );
    expect(LocalPersonaSchema.safeParse({ ...persona, port: 'usb', usb: null }).success).toBe(false);
  });

  it('are described in docs/simulator.md, personas and faults', () => {
    const text = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
    const [section = ''] = (text.split('\n## Units at ports\n')[1] ?? '').split('\n## ');
    const rows = [...section.matchAll(/^\| `([a-z0-9-]+)` \| (.+) \|$/gm)].map(([, name, description]) => [
      name,
      description,
    ]);
    expect(rows.slice(0, LOCAL_PERSONAS.length).map(([name]) => name)).toEqual([...LOCAL_PERSONAS]);
    expect(rows.slice(LOCAL_PERSONAS.length)).toEqual(Object.entries(LOCAL_FAULTS));
  });

  it('have no fault without a test', () => {
    const folder = new URL('.', import.meta.url);
    const tests = readdirSync(folder)
      .filter((file) => /^local-.*\.test\.ts$/.test(file))
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .join('\n');
    const untested = Object.keys(LOCAL_FAULTS).filter((fault) => !tests.includes(`it('${fault}: `));
    expect(untested).toEqual([]);
  });
});
