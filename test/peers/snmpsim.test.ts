import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { Secret } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { createSnmpHub, lookBySnmp } from '../../src/snmp/index.ts';
import {
  type Daemon,
  findProgram,
  freeUdpPort,
  isRoot,
  openFolder,
  skipped,
  startDaemon,
} from '../support/peers/daemon.ts';
import { runHere } from '../support/sites/site.ts';
import { sweepOf } from '../support/sites/sweep-site.ts';
import { haveRecordings, listRecordings, RECORDINGS } from '../support/values/recordings.ts';

const PROGRAM = findProgram('snmpsim-command-responder', 'snmpsimd');
if (PROGRAM === null) skipped('recordings replayed by snmpsim', 'snmpsim is not installed');

const units = listRecordings().filter((recording) => recording.truth.isSmartUps);
const others = listRecordings().filter((recording) => !recording.truth.isSmartUps);

const AuditShape = z.looseObject({
  units: z.array(
    z.looseObject({
      name: z.string(),
      model: z.string().nullable(),
      serial: z.string().nullable(),
      manufactured: z.string().nullable(),
      firmware: z.looseObject({
        raw: z.string().nullable(),
        version: z.string().nullable(),
        microLinkId: z.number().nullable(),
      }),
      card: z
        .looseObject({
          model: z.string().nullable(),
          serial: z.string().nullable(),
          os: z.string().nullable(),
          app: z.looseObject({ name: z.string().nullable(), version: z.string().nullable() }).nullable(),
        })
        .nullable(),
      simulated: z.boolean(),
    }),
  ),
});

/** Prefix of the recordings of snmpsim's addresses; the number of the address follows. */
const UDP_ENDPOINT = '1.3.6.1.6.1.1';

/** Kind and description of the devices that are not a Smart-UPS. */
const KINDS: Readonly<Record<string, readonly [kind: string, description: RegExp]>> = {
  'apc-7902b.snmprec': ['pdu', /^APC rack PDU AP7902B, rpdu2g/],
  'apc-8932.snmprec': ['pdu', /^APC rack PDU AP8932, rpdu2g/],
  'apc-mgeups_galaxy7000.snmprec': ['ups', /MGE Galaxy 7000/],
  'apc_airfm.snmprec': ['cooling', /^APC cooling unit AP9617/],
  'apc_ap7998b.snmprec': ['card', /without its application/],
  'apc_apdu9959eu3.snmprec': ['pdu', /^APC rack PDU APDU9959EU3/],
  'apc_embedded-powernet.snmprec': ['card', /AP9605/],
  'apc_inrow-dx.snmprec': ['cooling', /^APC cooling unit 0N-9580AC/],
  'apc_masterswitch2.snmprec': ['pdu', /^APC MasterSwitch AP9606/],
  'apc_symmetralx.snmprec': ['ups', /^APC Symmetra LX 16000 RM/],
  'nut2237_ap9617-aos-only.snmprec': ['card', /without its application/],
  'qt_galaxy3500.snmprec': ['ups', /MGE Galaxy 3500/],
  'cyberpower_pdu81005.snmprec': ['pdu', /^CyberPower PDU/],
  'dell-ups_rack3750w.snmprec': ['ups', /^Dell UPS/],
  'eaton-mgeups_9px.snmprec': ['ups', /Eaton 9PX/],
  'generex-ups_cs141.snmprec': ['ups', /of another maker.*Cs141/],
  'linux_ups-apcups-v1.snmprec': ['agent', /^computer/],
  'netagent2.snmprec': ['ups', /NetAgent card/],
};

describe.runIf(PROGRAM !== null && haveRecordings)('recordings replayed by snmpsim', () => {
  let folder: Awaited<ReturnType<typeof openFolder>>;
  let daemon: Daemon;
  let port: number;
  const stem = (file: string): string => file.replace(/\.snmprec$/, '');
  const address = (index: number): string => `127.0.9.${index + 1}`;

  beforeAll(async () => {
    folder = await openFolder();
    const data = join(folder.path, 'data');
    const cache = join(folder.path, 'cache');
    await mkdir(data);
    await mkdir(cache);
    await chmod(cache, 0o777);
    for (const [index, { file }] of [...units, ...others].entries()) {
      await cp(fileURLToPath(new URL(file, RECORDINGS)), join(data, file));
      // The same with one community for all, selected by the address that is asked.
      const everywhere = join(data, 'everywhere');
      await mkdir(everywhere, { recursive: true });
      await cp(
        fileURLToPath(new URL(file, RECORDINGS)),
        join(everywhere, `${UDP_ENDPOINT}.${index}.snmprec`),
      );
    }
    port = await freeUdpPort();
    const endpoints = [...units, ...others].map(
      (_, index) => `--agent-udpv4-endpoint=${address(index)}:${port}`,
    );
    const asNobody = isRoot() ? ['--process-user=nobody', '--process-group=nogroup'] : [];
    // Only in this mode it uses the address if a community names no file.
    const args = ['--v2c-arch', `--data-dir=${data}`, `--cache-dir=${cache}`, ...endpoints, ...asNobody];
    daemon = startDaemon(PROGRAM ?? '', args, { TMPDIR: cache, HOME: cache });
    // It has started when the first recording answers.
    const hub = createSnmpHub({ clock: systemClock, timeoutMs: 500, retries: 0 });
    try {
      for (let tries = 0; tries < 100; tries += 1) {
        const seen = await lookBySnmp(
          hub,
          {
            site: 's',
            name: 'n',
            host: address(0),
            port,
            snmp: { version: '2c', community: new Secret(stem(units[0]?.file ?? '')) },
          },
          { clock: systemClock, signal: new AbortController().signal },
        );
        if (seen.problem === null) return;
        if (daemon.child.exitCode !== null) break;
      }
    } finally {
      await hub.close();
    }
    throw new Error(`snmpsim did not come up: ${daemon.output()}`);
  });
  afterAll(async () => {
    await daemon?.stop();
    await folder?.remove();
  });

  async function inventoryOf(recordings: typeof units, version: '1' | '2c', first: number): Promise<string> {
    const file = join(folder.path, `inventory-${version}-${first}.yaml`);
    const document = {
      version: 1,
      sites: [
        {
          name: 'recorded',
          ports: { snmp: port },
          units: recordings.map((recording, index) => ({
            name: stem(recording.file),
            host: address(first + index),
            snmp: { version, community: `env:C${first + index}` },
          })),
        },
      ],
    };
    await writeFile(file, stringify(document));
    return file;
  }

  const environmentOf = (recordings: typeof units, first: number): Record<string, string> =>
    Object.fromEntries(recordings.map((recording, index) => [`C${first + index}`, stem(recording.file)]));

  it.each(['1', '2c'] as const)(
    'audit over SNMP version %s reports the truth of every Smart-UPS',
    async (version) => {
      const inventory = await inventoryOf(units, version, 0);
      const environment = environmentOf(units, 0);
      const ran = await runHere(['audit', '--json', '-i', inventory, '--state', join(folder.path, 'state')], {
        environment,
      });
      expect(ran.exit).toBe(3);
      const audit = AuditShape.parse(JSON.parse(ran.out));
      expect(audit.units).toHaveLength(units.length);
      for (const { file, truth } of units) {
        const unit = audit.units.find((one) => one.name === stem(file));
        expect({
          file,
          model: unit?.model,
          // snmpsim itself removes spaces at the end of a line.
          raw: unit?.firmware.raw?.trimEnd(),
          version: unit?.firmware.version,
          microLinkId: unit?.firmware.microLinkId,
          serial: unit?.serial,
          manufactured: unit?.manufactured,
          nmcModel: unit?.card?.model ?? null,
          nmcSerial: unit?.card?.serial ?? null,
          os: unit?.card?.os ?? null,
          app: [unit?.card?.app?.name ?? null, unit?.card?.app?.version ?? null],
          simulated: unit?.simulated,
        }).toEqual({
          file,
          model: truth.model,
          raw: truth.firmwareRaw?.trimEnd(),
          version: truth.firmwareVersion,
          microLinkId: truth.microLinkId,
          serial: truth.serial,
          manufactured: truth.manufactureDate,
          nmcModel: truth.nmcModel,
          nmcSerial: truth.nmcSerial,
          os: truth.aosVersion,
          app: [truth.appName, truth.appVersion],
          simulated: false,
        });
      }
    },
  );

  it('discover identifies each of them', async () => {
    const everyone = [...units, ...others];
    const range = `${address(0)}-${everyone.length}`;
    const args = ['discover', range, '--port', String(port), '--community', 'env:EVERYWHERE', '--json'];
    const sweep = sweepOf(await runHere(args, { environment: { EVERYWHERE: 'everywhere' } }));
    expect(sweep).toMatchObject({ scanned: everyone.length, answered: everyone.length });
    const hostOf = (file: string): string => address(everyone.findIndex((one) => one.file === file));
    for (const { file, truth } of units) {
      const found = sweep.units.find(({ host }) => host === hostOf(file));
      expect([file, found?.model, found?.serial]).toEqual([file, truth.model, truth.serial]);
      expect(found?.firmware).toMatchObject({
        version: truth.firmwareVersion,
        microLinkId: truth.microLinkId,
      });
    }
    expect(sweep.units).toHaveLength(units.length);
    const named = sweep.others.map(({ host, kind, description }) => [host, kind, description]);
    expect(named.toSorted()).toEqual(
      others
        .map(({ file }) => [hostOf(file), KINDS[file]?.[0], expect.stringMatching(KINDS[file]?.[1] ?? /^$/)])
        .toSorted(),
    );
  });

  it('no other device is identified as a Smart-UPS', async () => {
    const inventory = await inventoryOf(others, '2c', units.length);
    const environment = environmentOf(others, units.length);
    const ran = await runHere(['audit', '--json', '-i', inventory, '--state', join(folder.path, 'state')], {
      environment,
    });
    const shape = z.looseObject({
      units: z.array(
        z.looseObject({ name: z.string(), problem: z.looseObject({ code: z.string() }).nullable() }),
      ),
    });
    for (const unit of shape.parse(JSON.parse(ran.out)).units) {
      expect([unit.name, unit.problem?.code]).toEqual([
        unit.name,
        expect.stringMatching(/^device\/(not-smart-ups|no-application)$/),
      ]);
    }
  });
});
