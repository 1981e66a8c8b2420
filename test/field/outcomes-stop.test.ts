import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildImage } from '../../src/sim/index.ts';
import { listRuns } from '../../src/state/index.ts';
import { NMC2, openSite, runHere, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

/** Ctrl-C in the built program while it waits for a silent card, a silent server or its input. */

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));

let folder: string;
let site: Site | undefined;
let card: Socket;
let web: Server;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-stop-'));
  card = createSocket('udp4').bind(0, '127.0.0.1');
  await once(card, 'listening');
  // Takes connections and says nothing.
  web = createTcpServer(() => undefined).listen(0, '127.0.0.1');
  await once(web, 'listening');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  card.close();
  web.close();
  await site?.close();
  site = undefined;
  await rm(folder, { recursive: true, force: true });
});

interface Stopped {
  readonly exit: number | null;
  readonly out: string;
  readonly info: string;
}

/** Starts the program, waits for the moment, and sends the signals one after the other. */
async function stopAt(
  moment: (child: ChildProcess) => Promise<unknown>,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = { UPS_READ: 'public' },
): Promise<Stopped> {
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  let out = '';
  let info = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    info += chunk.toString();
  });
  const over = once(child, 'close');
  await moment(child);
  child.kill('SIGINT');
  await over;
  return { exit: child.exitCode, out, info };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

const asked = (): Promise<unknown> => once(card, 'message');
const connected = (): Promise<unknown> => once(web, 'connection');

/** The input was read as far as it goes: the pipe takes no more after this. */
const reading = (text: string) => async (child: ChildProcess) => {
  const { stdin } = child;
  if (stdin === null) throw new Error('no input');
  // More than a pipe holds, so it is written to its end only by a program that reads.
  const written = new Promise<void>((resolve) => {
    stdin.write(text.repeat(Math.ceil(300_000 / text.length)), () => resolve());
  });
  await written;
};

async function silentInventory(): Promise<string> {
  const file = join(folder, 'inventory.yaml');
  const { port } = card.address();
  await writeFile(
    file,
    `version: 1\nimages: ./images\ndefaults:\n  snmp: { version: 2c, community: env:UPS_READ }\nsites:\n  - name: x\n    units: [{ name: a, host: 127.0.0.1, ports: { snmp: ${port} } }]\n`,
    { mode: 0o600 },
  );
  return file;
}

async function expectOneDocument(ran: Stopped): Promise<void> {
  expect(ran.exit, ran.info).toBe(130);
  expect(JSON.parse(ran.out)).toMatchObject({ exitCode: 130, problem: { code: 'refused/interrupted' } });
  expect(ran.info).toContain('refused/interrupted');
}

// Windows has no signals: a kill ends the process at once.
describe.skipIf(process.platform === 'win32')(
  'Ctrl-C ends with 130 and one document',
  { timeout: LONG },
  () => {
    it.each([
      ['audit', ['audit', '--json']],
      ['audit --services', ['audit', '--services', '--json']],
      ['plan', ['plan', '--json', '--out', 'plan.json', '--images', '.']],
      ['upgrade without --apply', ['upgrade', '--json', '--images', '.']],
      ['upgrade before its first unit', ['upgrade', '--apply', '--yes', '--json', '--images', '.']],
    ])('in %s, and nothing is written', async (_, words) => {
      await writeFile(join(folder, 'SMT18UPS_15-1.enc'), buildImage({ microLinkId: 18, version: '15.0' }));
      const inventory = await silentInventory();
      const state = join(folder, 'state');
      await expectOneDocument(await stopAt(asked, [...words, '-i', inventory, '--state', state]));
      expect(await readdir(folder)).not.toContain('plan.json');
      expect(await listRuns(state)).toEqual([]);
      expect(await readdir(join(state, 'audits')).catch(() => [])).toEqual([]);
    });

    it('in discover, with what was found so far', async () => {
      const { port } = card.address();
      const words = ['127.0.0.1', '--port', String(port), '--community', 'env:UPS_READ', '--timeout', '60'];
      const ran = await stopAt(asked, ['discover', ...words, '--json']);
      expect(ran.exit).toBe(130);
      expect(JSON.parse(ran.out)).toMatchObject({ schema: 'upsfw/discover@1', stopped: true });
    });

    it('in import from a server that does not answer', async () => {
      const port = portOf(web);
      const source = `http://127.0.0.1:${port}/`;
      await expectOneDocument(await stopAt(connected, ['import', 'netbox', source, '--plaintext', '--json']));
    });

    it('in images fetch, and the part that arrived is removed', async () => {
      const server = createServer((_request, response) => {
        response.writeHead(200, { 'content-length': '100000' });
        response.write(Buffer.alloc(500));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        const port = portOf(server);
        const words = ['images', 'fetch', `http://127.0.0.1:${port}/a.enc`, '--sha256', 'a'.repeat(64)];
        const begun = async (child: ChildProcess): Promise<void> => {
          if (child.stderr !== null) await once(child.stderr, 'data');
        };
        await expectOneDocument(await stopAt(begun, [...words, '--to', folder, '--json']));
        expect(await readdir(folder)).toEqual([]);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });

    it.each([
      ['import', ['import', 'csv', '-', '--json'], 'name,host\n'],
      ['discover', ['discover', '-', '--community', 'env:UPS_READ', '--json'], '127.0.0.1\n'],
    ])('in %s while it reads its input', async (_, words, text) => {
      await expectOneDocument(await stopAt(reading(text), words));
    });

    it('in rules decide --jsonl, whose lines so far stay whole', async () => {
      const line = '{"model":"Smart-UPS 1500","firmware":"UPS 09.4 (ID18)"}\n';
      const ran = await stopAt(reading(line), ['rules', 'decide', '--jsonl']);
      expect(ran.exit).toBe(130);
      for (const one of ran.out.split('\n').filter((text) => text !== '')) JSON.parse(one);
    });

    it('at once where it comes a second time', async () => {
      const inventory = await silentInventory();
      const twice = async (child: ChildProcess): Promise<void> => {
        await asked();
        child.kill('SIGINT');
      };
      const ran = await stopAt(twice, ['audit', '-i', inventory, '--state', join(folder, 'state'), '--json']);
      expect(ran.exit).toBe(130);
      expect(JSON.parse(ran.out)).toMatchObject({ exitCode: 130 });
    });
  },
);

describe.skipIf(process.platform === 'win32')('a run that was stopped', { timeout: LONG }, () => {
  const words = (at: Site): readonly string[] => [
    ...['upgrade', '-i', at.inventory, '--state', at.state, '--apply', '--yes'],
  ];

  it('by one Ctrl-C has the exit code of its process in status and report', async () => {
    // The second unit is refused by the plan, so nothing is left to start.
    site = await openSite([NMC2, { name: 'shut', site: 'porto', persona: 'smt1500c-closed' }]);
    const device = site.fleet.device('a');
    const at = site;
    const ran = await stopAt(
      () => device.until(({ phase }) => phase === 'transferring'),
      words(at),
      at.environment,
    );
    for (const command of ['status', 'report']) {
      const shown = JSON.parse((await at.run([command, '--json'])).out);
      expect(shown, command).toMatchObject({ exitCode: ran.exit, ended: { exitCode: ran.exit } });
      expect((await at.run([command])).out).toContain(`with exit code ${ran.exit}.`);
    }
    expect((await at.run(['status'])).exit).toBe(ran.exit);
    expect(JSON.parse((await at.run(['runs', '--json'])).out)).toMatchObject({
      runs: [{ exitCode: ran.exit }],
    });
    expect(ran.exit).toBe(130);
  });

  it('by a kill has no record, and by the third Ctrl-C it has one', async () => {
    site = await openSite([NMC2], 60);
    const device = site.fleet.device('a');
    const at = site;
    const killed = async (child: ChildProcess): Promise<void> => {
      await device.until(({ phase }) => phase === 'transferring');
      child.kill('SIGKILL');
    };
    await stopAt(killed, words(at), at.environment);
    expect(JSON.parse((await at.run(['status', '--json'])).out)).toMatchObject({
      ended: { how: 'no-record' },
      exitCode: 5,
    });
    const [run = ''] = await listRuns(at.state);
    const thrice = async (child: ChildProcess): Promise<void> => {
      const { stderr } = child;
      if (stderr === null) throw new Error('no messages');
      let said = '';
      stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      const text = async (part: string): Promise<void> => {
        while (!said.includes(part)) await once(stderr, 'data');
      };
      await text('asking for the result');
      child.kill('SIGINT');
      await text('Ctrl-C again aborts');
      child.kill('SIGINT');
      await text('Ctrl-C again exits');
    };
    const ran = await stopAt(thrice, ['resume', run, '--state', at.state, '--yes'], at.environment);
    expect(ran.exit).toBe(5);
    const status = await at.run(['status', '--json']);
    expect(JSON.parse(status.out)).toMatchObject({ ended: { how: 'recorded', exitCode: 5 }, exitCode: 5 });
    expect(runOf(status).run).toBe(run);
  });
});

describe('images FILE --sha256', () => {
  const image = buildImage({ microLinkId: 18, version: '15.0' });
  const hash = createHash('sha256').update(image).digest('hex');
  const other = hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
  const compare = async (text: string, path = 'SMT18UPS_15-1.enc') => {
    await writeFile(join(folder, 'SMT18UPS_15-1.enc'), image);
    return runHere(['images', join(folder, path), '--sha256', text]);
  };

  it.each([
    hash,
    hash.toUpperCase(),
    `sha256:${hash}`,
    `SHA-256: ${hash}`,
    `${hash}  SMT18UPS_15-1.enc`,
    `${hash} *images/SMT18UPS_15-1.enc\n`,
    `\\${hash}  a\\\\b.enc`,
    `SHA256 (SMT18UPS_15-1.enc) = ${hash}`,
  ])('takes %j', async (text) => {
    const ran = await compare(text);
    expect(ran).toMatchObject({ exit: 0, out: expect.stringContaining(`expected one: ${hash}`) });
  });

  it('shows both hashes where they differ, also of a card file and in JSON', async () => {
    const ran = await compare(other);
    expect(ran.exit).toBe(2);
    expect(ran.out).toMatch(new RegExp(`expected: ${other}\\n +found: +${hash}\\n`));
    const file = join(folder, 'apc_hw05_sumx_722.bin');
    await writeFile(file, 'x');
    const card = await runHere(['images', file, '--sha256', hash, '--json']);
    expect(card.exit).toBe(2);
    expect(JSON.parse(card.out)).toMatchObject({ expected: { sha256: hash, matches: false } });
    const same = createHash('sha256').update('x').digest('hex');
    expect(
      JSON.parse((await runHere(['images', file, '--sha256', same, '--json'])).out).expected,
    ).toMatchObject({ found: same, matches: true });
  });

  it.each(['apc_hw05_aos722_sumx722_bootmon109.exe', 'apc_hw21_su_2-5-5-1.zip'])(
    'reads the bytes of %s, which is a package',
    async (name) => {
      const file = join(folder, name);
      await writeFile(file, 'PK\x03\x04 a package');
      const own = createHash('sha256').update('PK\x03\x04 a package').digest('hex');
      const right = await runHere(['images', file, '--sha256', own]);
      expect(right).toMatchObject({ exit: 0, out: expect.stringContaining(`expected one: ${own}`) });
      const wrong = await runHere(['images', file, '--sha256', hash, '--json']);
      expect(wrong.exit).toBe(2);
      expect(JSON.parse(wrong.out).expected).toEqual({ sha256: hash, found: own, matches: false });
    },
  );

  it('says of a pipe that nothing was compared', async () => {
    const file = join(folder, 'a.enc');
    execFileSync('mkfifo', [file]);
    const ran = await runHere(['images', file, '--sha256', hash]);
    expect(ran.exit).toBe(2);
    expect(ran.out).toContain('was not compared');
    expect(ran.out).not.toContain('differs');
  });

  it.each(['', 'abc', `${hash}0`, hash.slice(1), `x${hash}`, `md5:${hash}`, `${hash}\n${other}`])(
    'refuses %j, which is no hash of one file',
    async (text) => {
      const ran = await compare(text);
      expect([ran.exit, ran.out]).toEqual([2, '']);
      expect(ran.info).toContain('config/usage');
    },
  );

  it('refuses a folder with several files', async () => {
    await writeFile(join(folder, 'b.enc'), buildImage({ microLinkId: 18, version: '14.0' }));
    const ran = await compare(hash, '.');
    expect(ran.exit).toBe(2);
    expect(ran.info).toContain('2 files were read');
    expect(await readFile(join(folder, 'b.enc'))).not.toEqual(image);
  });
});
