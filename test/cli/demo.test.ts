import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { NMC2, NMC3, openSite, runHere, runOf, type Site } from './harness.ts';

describe('the demonstration', () => {
  it('upgrades two units in two ways, shows the refused ones with reason and remedy, and says that nothing is real', async () => {
    const ran = await runHere(['demo']);
    expect(ran.exit).toBe(0);
    for (const part of [
      'sent by ftp, started by snmp, verify done',
      'sent by scp, started by cli, verify done',
      '5 units: 2 upgraded, 1 current, 2 refused (exit code 0)',
      '2 run new firmware, after 2 starts in all',
      'CARD_PATH',
      'OLDER_PROTOCOL',
      'remedy:',
      'REHEARSAL',
    ]) {
      expect(ran.out).toContain(part);
    }
  });
});

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Lines of the README's shell blocks that call the tool, in their order. */
function readmeCommands(): readonly string[] {
  const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap((block) => (block[1] ?? '').split('\n'))
    .filter((line) => line.startsWith('upsfw '));
}

/** What is added where the README counts on a person: an answer, and an end. */
const INSTEAD_OF_A_PERSON: Readonly<Record<string, string>> = {
  upgrade: '--yes',
  simulate: '--for 1s',
};
/** The audit finds the two outdated units. */
const EXITS: Readonly<Record<string, number>> = { audit: 3 };

describe('the commands of the README', () => {
  let site: Site | undefined;
  afterEach(() => site?.close());

  it('work one after the other, each in a process of its own', async () => {
    site = await openSite([NMC2, NMC3]);
    const { folder, environment, state } = site;
    const commands = readmeCommands();
    const nameOf = (line: string): string => line.split(/ +/)[1] ?? '';
    expect(commands.map(nameOf)).toEqual(
      expect.arrayContaining([
        'images',
        'audit',
        'plan',
        'upgrade',
        'status',
        'resume',
        'report',
        'simulate',
        'rules',
      ]),
    );
    await writeFile(join(folder, 'units.jsonl'), '{"model":"SMT1500","firmware":"UPS 09.3 / ID=18"}\n');
    for (const line of commands) {
      const name = nameOf(line);
      const script = `upsfw() { "$NODE" "$MAIN" "$@"; }; ${line} ${INSTEAD_OF_A_PERSON[name] ?? ''}`;
      const child = spawn('sh', ['-c', script], {
        cwd: folder,
        env: { ...process.env, ...environment, XDG_STATE_HOME: state, NODE: process.execPath, MAIN },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let talk = '';
      child.stderr.on('data', (chunk: Buffer) => {
        talk += chunk.toString();
      });
      const [exit] = await once(child, 'close');
      expect(exit, `${line}: ${talk}`).toBe(EXITS[name] ?? 0);
    }
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain('**upgraded**');
    expect(await readFile(join(folder, 'fleet', 'inventory.yaml'), 'utf8')).toContain('sites:');
    for (const { device } of site.fleet.units) {
      expect(device.version).toBe('15.0');
      expect(device.counters.starts).toBe(1);
    }
  });

  it('upgrade asks on a terminal, and takes yes for an answer', async () => {
    site = await openSite([NMC2]);
    const asked: string[] = [];
    const answering = (answer: string) => ({
      ask: async (question: string) => {
        asked.push(question);
        return answer;
      },
    });
    const words = ['upgrade', '-i', site.inventory, '--apply', '--json'];
    expect((await site.run(words, answering('no'))).exit).toBe(2);
    expect(site.fleet.device('a').counters).toMatchObject({ uploads: 0, starts: 0 });
    expect(runOf(await site.run(words, answering('yes'))).units[0]?.outcome).toBe('upgraded');
    expect(asked.at(-1)).toContain('Send and start this update?');
  });

  it('simulate says what to export, and writes images that can be read', async () => {
    site = await openSite([]);
    const file = join(site.folder, 'fleet', 'inventory.yaml');
    const ran = await site.run(['simulate', '--write', file, '--for', '1s', '--speed', '600']);
    expect(ran.exit).toBe(0);
    expect(ran.talk).toContain('export UPSFW_SIM_PASSWORD=');
    expect((await site.run(['images', join(site.folder, 'fleet', 'images')])).exit).toBe(0);
  });
});
