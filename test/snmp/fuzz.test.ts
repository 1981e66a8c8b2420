import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const FUZZ = fileURLToPath(new URL('../../bench/fuzz/snmp.mjs', import.meta.url));

/** Runs the fuzzer as its own process, so that an escaped exception ends that process and not the test. */
async function fuzz(...args: readonly string[]): Promise<{ readonly exit: unknown; readonly out: string }> {
  const child = spawn(process.execPath, [FUZZ, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [out, [exit]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { exit, out };
}

function numberOf(out: string, pattern: RegExp): number {
  return Number(pattern.exec(out)?.[1] ?? Number.NaN);
}

describe('mutated SNMP datagrams', () => {
  it.each([
    ['given to the shared socket', []],
    ['over loopback, to sessions, a sweep and the check why an agent is silent', ['--udp']],
  ])('%s: no exception escapes, no write is sent twice, no wrong answer is accepted', async (_name, mode) => {
    const { exit, out } = await fuzz('4000', '--seed', '7', ...mode);
    expect(out).toMatch(/^violations 0$/m);
    expect(exit, out).toBe(0);
    expect(numberOf(out, /^packets (\d+)/m)).toBeGreaterThanOrEqual(4000);
    // A run in which nothing was read or written would prove nothing.
    expect(numberOf(out, /(\d+) read/)).toBeGreaterThan(20);
    expect(numberOf(out, /(\d+) writes accepted/)).toBeGreaterThan(10);
    for (const reason of ['malformed', 'version', 'level', 'digest', 'decryption', 'engine', 'user', 'id'])
      expect(numberOf(out, new RegExp(`\\b${reason} (\\d+)`)), reason).toBeGreaterThan(0);
  });
});
