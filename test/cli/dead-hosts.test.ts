import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createCounter } from '../../src/cli/counter.ts';
import { runHere } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

let folder: string | undefined;
let socket: dgram.Socket | undefined;
afterEach(async () => {
  socket?.close();
  socket = undefined;
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

const UNITS = 150;

// Only some systems have many addresses on loopback.
describe.skipIf(process.platform !== 'linux')(
  'an audit of units that never answer',
  { timeout: LONG },
  () => {
    it('sends one request to each unit of a site before any retry, and shows progress', async () => {
      folder = await mkdtemp(join(tmpdir(), 'upsfw-dead-'));
      socket = dgram.createSocket('udp4');
      const packets: string[] = [];
      socket.on('message', (bytes) => packets.push(bytes.toString('hex')));
      socket.bind(0);
      await once(socket, 'listening');
      const units = Array.from(
        { length: UNITS },
        (_, index) => `{ name: u${index}, host: 127.77.0.${index + 1} }`,
      );
      const inventory = join(folder, 'inventory.yaml');
      await writeFile(
        inventory,
        `version: 1\ndefaults:\n  snmp: { version: "2c", community: env:UPS_READ }\n` +
          `  ports: { snmp: ${socket.address().port} }\nsites:\n  - name: dark\n    units: [${units.join(', ')}]\n`,
      );
      const ran = await runHere(['audit', '-i', inventory, '--state', join(folder, 'state'), '--summary'], {
        environment: { UPS_READ: 'public' },
        progress: 'live',
        snmpTimeouts: { timeoutMs: 1500 },
      });
      expect(ran.exit).toBe(3);
      // A retry is the same request to the byte, including its number.
      expect(new Set(packets.slice(0, UNITS)).size).toBe(UNITS);
      expect(packets.length).toBe(UNITS * 3);
      expect(ran.info).toContain(`0 of ${UNITS} units checked, 0 unreachable, ${UNITS} silent so far`);
      // The progress line is cleared at the end.
      expect(ran.info).toMatch(/\r +\r$/);
    });
  },
);

describe('the progress counter', { timeout: LONG }, () => {
  it('shows nothing with progress off, or for a short operation', () => {
    for (const progress of ['none', 'live', 'lines'] as const) {
      let info = '';
      const counter = createCounter({ progress, terminal: null, info: (text) => (info += text) });
      counter.show('1 of 2');
      counter.end();
      expect(info).toBe('');
    }
  });

  it.each(['--json', '--quiet'])('shows nothing with %s', async (option) => {
    folder = await mkdtemp(join(tmpdir(), 'upsfw-dead-'));
    const words = ['discover', '127.0.0.1', '--port', '9', '--timeout', '0.3', '--retries', '0', option];
    const ran = await runHere([...words, '--community', 'env:UPS_READ'], {
      environment: { UPS_READ: 'public' },
      progress: 'live',
    });
    expect(ran).toMatchObject({ exit: 0, info: '' });
  });
});
