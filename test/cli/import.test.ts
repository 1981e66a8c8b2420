import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readInventory } from '../../src/inventory/index.ts';
import { runHere } from '../support/sites/site.ts';

const Document = z.strictObject({
  schema: z.literal('upsfw/import@1'),
  generatedAt: z.iso.datetime(),
  units: z.array(
    z.looseObject({ name: z.string().nullable(), site: z.string().nullable(), host: z.string() }),
  ),
  changes: z.array(z.object({ kind: z.string(), site: z.string(), name: z.string(), message: z.string() })),
  notes: z.array(
    z.strictObject({
      kind: z.enum(['left-out', 'not-needed', 'remark']),
      place: z.string(),
      message: z.string(),
    }),
  ),
});

const CSV = 'name,host,site,owner\nups-a,10.0.0.1,Berlin,me\nups-b,10.0.0.2,,me\nups-c,,,me\n';

/** The units of an inventory text as `site/name host`. */
function inventoryOf(text: string): readonly string[] {
  return readInventory(text, '/x/inventory.yaml', 'inventory.yaml').units.map(
    ({ site, name, host }) => `${site}/${name} ${host}`,
  );
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-cli-import-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('import of a file', () => {
  it('prints a valid inventory, and lists omissions and assumptions on standard error', async () => {
    const file = join(folder, 'units.csv');
    await writeFile(file, CSV);
    const ran = await runHere(['import', 'csv', file, '--site', 'lab']);
    expect(ran.exit).toBe(3);
    expect(inventoryOf(ran.out)).toEqual(['Berlin/ups-a 10.0.0.1', 'lab/ups-b 10.0.0.2']);
    expect(ran.out).toMatch(/^# .*UPS_READ/);
    expect(ran.info).toContain('line 1: columns that are not imported: "owner"\n');
    expect(ran.info).toContain('line 4: left out: no address\n');
    expect(ran.info).toContain('2 units (1 of the list left out), 2 notes.\n');
    expect(ran.info).toContain('SNMPv2c with the community in UPS_READ');
  });

  it('creates an inventory file; with --json it prints one document', async () => {
    const file = join(folder, 'units.csv');
    const inventory = join(folder, 'inventory.yaml');
    await writeFile(file, CSV);
    const ran = await runHere(['import', 'csv', file, '--write', inventory, '--json']);
    expect(ran.exit).toBe(3);
    const { units, changes, notes } = Document.parse(JSON.parse(ran.out));
    expect(units.map(({ name }) => name)).toEqual(['ups-a', 'ups-b']);
    expect(changes.map(({ site, name }) => `${site}/${name}`)).toEqual(['Berlin/ups-a', 'imported/ups-b']);
    expect(notes.map(({ kind }) => kind)).toEqual(['remark', 'left-out']);
    expect(inventoryOf(await readFile(inventory, 'utf8'))).toEqual([
      'Berlin/ups-a 10.0.0.1',
      'imported/ups-b 10.0.0.2',
    ]);
  });

  it('reads standard input, in pieces that split a character', async () => {
    const bytes = Buffer.from('host,site\n10.0.0.1,Köln\n');
    const cut = bytes.indexOf(0xc3) + 1;
    const input = Readable.from([bytes.subarray(0, cut), bytes.subarray(cut)]);
    const ran = await runHere(['import', 'csv', '-', '--json'], { input });
    expect(ran.exit).toBe(0);
    expect(Document.parse(JSON.parse(ran.out)).units).toMatchObject([{ site: 'Koln', host: '10.0.0.1' }]);
  });

  it('reads UTF-16 text of a spreadsheet', async () => {
    const file = join(folder, 'units.txt');
    await writeFile(file, Buffer.from('\uFEFFhost\tsite\r\n10.0.0.1\tKöln\r\n', 'utf16le'));
    const ran = await runHere(['import', 'csv', file]);
    expect(ran.exit, ran.info).toBe(0);
    expect(inventoryOf(ran.out).join()).toMatch(/^Koln\/\S+ 10\.0\.0\.1$/);
  });

  it('imports only one group of an Ansible list', async () => {
    const list = JSON.stringify({ ups: { hosts: ['u1'] }, web: { hosts: ['w1'] } });
    const run = (group: string) =>
      runHere(['import', 'ansible', '-', '--group', group], { input: Readable.from([list]) });
    expect(inventoryOf((await run('ups')).out)).toEqual(['ups/u1 u1']);
    const lost = await run('ship');
    expect(lost.exit).toBe(2);
    expect(lost.info).toContain('(config/import)');
  });

  it.each([
    ['malformed JSON', 'netbox', '{"results": [}', 'line 1, column 14'],
    ['another shape', 'librenms', '{"devices": {}}', 'at devices: '],
    ['no header', 'csv', '10.0.0.1,a\n', 'line 1'],
    ['an odd setting', 'nut', '[a]\nport 7\n', 'line 2'],
    ['no unit', 'ansible', '{}', 'has no unit'],
    ['an old code page', 'csv', Buffer.from('host,site\n10.0.0.1,K\u00f6ln\n', 'latin1'), 'not UTF-8'],
  ])('ends with 2 for %s, and writes nothing', async (_what, format, given, message) => {
    const inventory = join(folder, 'inventory.yaml');
    const ran = await runHere(['import', format, '-', '--write', inventory, '--json'], {
      input: Readable.from([given]),
    });
    expect(ran.exit).toBe(2);
    expect(JSON.parse(ran.out)).toMatchObject({ problem: { code: 'config/import' }, exitCode: 2 });
    expect(ran.info).toContain(message);
    await expect(readFile(inventory)).rejects.toThrow('ENOENT');
  });

  it.each([
    [['import', 'xls', '-'], '"xls" is not one of netbox'],
    [['import', 'csv', '-', '--group', 'a'], '--group can be used only with ansible'],
    [['import', 'csv', 'https://netbox.example.org'], 'Only netbox can be read from a URL'],
    [['import', 'netbox', '-', '--token', 'env:T'], 'need a NetBox URL'],
    [
      ['import', 'netbox', 'https://netbox.example.org', '--token', '0123456789abcdef'],
      'never the token itself',
    ],
    [['import', 'csv', '-', '--site', 'two words'], '--site'],
    [['import', 'csv'], 'upsfw import: an argument is missing'],
  ])('refuses %j', async (words, message) => {
    const ran = await runHere(words);
    expect(ran.exit).toBe(2);
    expect(ran.info).toContain(message);
    expect(ran.info).toContain('(config/usage)');
  });

  it('reports a missing file', async () => {
    const ran = await runHere(['import', 'csv', join(folder, 'none.csv')]);
    expect(ran.exit).toBe(2);
    expect(ran.info).toMatch(/none\.csv cannot be read.*\n.*\n {2}\(config\/import\)/);
  });
});

describe('import over the NetBox API', () => {
  interface Netbox {
    readonly url: string;
    /** `METHOD path authorization` of every request. */
    readonly requests: string[];
    close(): Promise<void>;
  }

  async function serve(
    answer: (request: IncomingMessage, response: ServerResponse, base: string) => void,
  ): Promise<Netbox> {
    const requests: string[] = [];
    let base = '';
    const server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'none'}`);
      answer(request, response, base);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = z.object({ port: z.number() }).parse(server.address());
    base = `http://127.0.0.1:${address.port}`;
    return {
      url: base,
      requests,
      async close() {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      },
    };
  }

  const TOKEN = 'c0ffee00c0ffee00';
  const device = (name: string, host: string): object => ({
    name,
    primary_ip: { address: `${host}/24` },
    site: { slug: 'berlin' },
  });
  const page = (next: string | null, ...results: object[]): string =>
    JSON.stringify({ count: 2, next, previous: null, results });

  const open: Netbox[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  async function netbox(
    answer: (request: IncomingMessage, response: ServerResponse, base: string) => void,
  ): Promise<Netbox> {
    const one = await serve(answer);
    open.push(one);
    return one;
  }

  function ask(url: string, ...words: readonly string[]): ReturnType<typeof runHere> {
    return runHere(['import', 'netbox', url, '--token', 'env:NETBOX_TOKEN', '--plaintext', ...words], {
      environment: { NETBOX_TOKEN: TOKEN },
    });
  }

  it('requests page by page with the token, also below a path', async () => {
    const server = await netbox((request, response, base) => {
      const second = request.url?.includes('offset=1') === true;
      const next = `${base}/dcim/api/dcim/devices/?manufacturer=apc&limit=1&offset=1`;
      response.end(second ? page(null, device('b', '10.0.0.2')) : page(next, device('a', '10.0.0.1')));
    });
    const ran = await ask(`${server.url}/dcim/`);
    expect(ran.exit, ran.info).toBe(0);
    expect(inventoryOf(ran.out)).toEqual(['berlin/a 10.0.0.1', 'berlin/b 10.0.0.2']);
    expect(server.requests).toEqual([
      `GET /dcim/api/dcim/devices/?manufacturer=apc&limit=200 Token ${TOKEN}`,
      `GET /dcim/api/dcim/devices/?manufacturer=apc&limit=1&offset=1 Token ${TOKEN}`,
    ]);
    expect(ran.info + ran.out).not.toContain(TOKEN);
  });

  it('uses a URL below /api/ unchanged, and sends a version 2 token as such', async () => {
    const server = await netbox((_request, response) => response.end(page(null, device('a', '10.0.0.1'))));
    const url = `${server.url}/api/dcim/devices/?role=ups`;
    const ran = await runHere(['import', 'netbox', url, '--plaintext', '--token', 'env:T'], {
      environment: { T: 'Bearer nbt_abc.def' },
    });
    expect(ran.exit, ran.info).toBe(0);
    expect(server.requests).toEqual(['GET /api/dcim/devices/?role=ups Bearer nbt_abc.def']);
  });

  it.each([
    [401, '--token'],
    [403, '--token'],
    [400, 'manufacturer "apc"'],
    [404, 'address of NetBox itself'],
    [301, 'redirects to another address'],
  ])('gives a hint for the answer %d', async (status, hint) => {
    const other = await netbox((_request, response) => response.end(page(null)));
    const server = await netbox((_request, response) => {
      response.writeHead(status, { location: `${other.url}/` });
      response.end(`{"detail":"Invalid token ${TOKEN}"}`);
    });
    const ran = await ask(server.url);
    expect(ran.exit).toBe(2);
    expect(ran.info).toContain(`answered ${status}.`);
    expect(ran.info).toContain(hint);
    expect(ran.info).toContain('(config/import)');
    expect(ran.info).not.toContain(TOKEN);
    expect(server.requests).toHaveLength(1);
    expect(other.requests).toEqual([]);
  });

  it('sends the token to no other server', async () => {
    const other = await netbox((_request, response) => response.end(page(null)));
    const server = await netbox((_request, response) =>
      response.end(page(`${other.url}/api/dcim/devices/`, device('a', '10.0.0.1'))),
    );
    const ran = await ask(server.url);
    expect(ran.exit).toBe(2);
    expect(ran.out).toBe('');
    expect(ran.info).toContain(`is at ${other.url}, not at ${server.url}`);
    expect(other.requests).toEqual([]);
  });

  it('stops if the pages link in a loop', async () => {
    const server = await netbox((request, response, base) =>
      response.end(page(`${base}${request.url}`, device('a', '10.0.0.1'))),
    );
    const ran = await ask(server.url);
    expect(ran.exit).toBe(2);
    expect(ran.info).toContain('names itself as the next page');
    expect(server.requests).toHaveLength(1);
  });

  it('stops reading an endless answer', async () => {
    const server = await netbox((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20, ' ')));
      };
      response.on('drain', more);
      more();
    });
    const ran = await ask(server.url);
    expect(ran.exit).toBe(2);
    expect(ran.info).toContain('answered with more than');
  });

  it('refuses http:// without --plaintext, and a password in the address', async () => {
    const server = await netbox((_request, response) => response.end(page(null)));
    const bare = await runHere(['import', 'netbox', server.url]);
    expect(bare.exit).toBe(2);
    expect(bare.info).toContain('--plaintext');
    const named = await ask(server.url.replace('http://', 'http://me:hunter-two@'));
    expect(named.exit).toBe(2);
    expect(named.info).not.toContain('hunter-two');
    expect(server.requests).toEqual([]);
  });

  it('reports an unset token before any request', async () => {
    const server = await netbox((_request, response) => response.end(page(null)));
    const ran = await runHere(['import', 'netbox', server.url, '--plaintext', '--token', 'env:NONE']);
    expect(ran.exit).toBe(2);
    expect(ran.info).toContain('(config/secret)');
    expect(server.requests).toEqual([]);
  });
});
