import { Readable } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readFirmware, type UnitTarget } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { createNmcDriver } from '../../src/nmc/index.ts';
import { loadPersona } from '../../src/sim/index.ts';
import { createSnmpHub } from '../../src/snmp/index.ts';
import { openCard, type TestCard } from '../support/devices/ssh-card.ts';
import { NMC2, NMC3, openSite, runHere, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

let site: Site | undefined;
let card: TestCard | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
  await card?.close();
  card = undefined;
});

const Decision = z.looseObject({
  target: z.string().nullable(),
  line: z.looseObject({ microLinkId: z.number() }).nullable().optional(),
  reasons: z.array(z.looseObject({ code: z.string(), because: z.string(), remedy: z.string().nullable() })),
});

describe('firmware text of a PowerChute agent', () => {
  it.each([
    ['UPS 03.5 / COM 02.1', '03.5', null],
    ['COM 02.1 / UPS 03.5', '03.5', null],
    ['UPS 03.5 / COM 02.1 (1027 - 5027)', '03.5', 1027],
    ['UPS 08.3 / MCU 14.0 (18 - 10)', '08.3', 18],
    ['Smart-UPS 1500 FW:UPS 15.0 / ID=18', '15.0', 18],
  ])('%j has version %s and ID %s', (raw, version, microLinkId) => {
    expect(readFirmware(raw)).toMatchObject({ version, microLinkId });
  });
});

const TYPED = [
  'UPS 9.3 / ID=18',
  'UPS 09.3 ID18',
  'ups 09.3 (id 18)',
  '09.3 (ID18)',
  '9.3 ID 18',
  'v09.3 id=18',
  'ID18 UPS 9.3',
  'FW 09.3 ID 18.',
  'ups_9.3_id18',
  'Smart-UPS 1500 UPS 09.3 (ID18)',
  'SMT1500RMI2U: UPS 9.3 / ID=18',
  'UPS\u00a09.3\u00a0(ID18)',
];

describe('firmware text that a person types into rules decide', () => {
  it.each(TYPED)('%j is read like the form of the unit', async (typed) => {
    const decide = async (firmware: string): Promise<z.infer<typeof Decision>> => {
      const words = ['rules', 'decide', '--sku', 'SMT1500', '--firmware', firmware, '--json'];
      return Decision.parse(JSON.parse((await runHere(words)).out));
    };
    const [given, own] = [await decide(typed), await decide('UPS 09.3 (ID18)')];
    expect(given.line?.microLinkId).toBe(18);
    expect(given.target).toBe(own.target);
    expect(given.reasons.map(({ code }) => code)).toEqual(own.reasons.map(({ code }) => code));
  });

  it('is read in lines of JSON too', async () => {
    const lines = TYPED.map((firmware) => JSON.stringify({ model: 'SMT1500', firmware })).join('\n');
    const { exit, out } = await runHere(['rules', 'decide', '--jsonl'], { input: Readable.from([lines]) });
    expect(exit).toBe(0);
    const targets = out
      .trim()
      .split('\n')
      .map((line) => Decision.parse(JSON.parse(line)).target);
    expect(targets).toHaveLength(TYPED.length);
    expect(new Set(targets).size).toBe(1);
    expect(targets[0]).not.toBeNull();
  });

  it.each(['09.3/18', 'UPS 09,3 / ID=18', 'newest', 'UPS 09.3 ID18 or ID20'])(
    '%j is not readable, and the answer shows the accepted forms',
    async (typed) => {
      const { out } = await runHere(['rules', 'decide', '--firmware', typed]);
      expect(out.replace(/\s+/g, ' ')).toContain('"UPS 9.3 / ID=18"');
    },
  );

  it('stays strict where a device prints it', () => {
    const own = 'ups 09.3 (id 18)';
    for (const typed of TYPED.filter((one) => one !== own))
      expect(readFirmware(typed).microLinkId).toBeNull();
  });
});

describe('the prompt of a card', { timeout: LONG }, () => {
  it.each([
    'Administrator@apc>',
    'Super User@apc>',
    'jdoe@corp.example@apc>',
    'CORP\\jdoe@apc>',
    'ups team@apc>',
    'J\u00f6rg (ops) #7@apc>',
    'upsabout@apc>',
    'rack>12@apc>',
    'apc> ',
  ])('%j lets an upgrade through the command line succeed', async (prompt) => {
    const persona = { ...(await loadPersona(NMC3.persona)), prompt };
    site = await openSite([{ ...NMC3, persona }]);
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded', problem: null });
    expect(site.fleet.device('b').counters).toMatchObject({ starts: 1, uploads: 1 });
  });

  it('may be long on a card that holds its output back', async () => {
    const persona = await loadPersona('smt1500-ap9630-2012');
    const prompt = 'jdoe@corp.example@apc>';
    const unit = { ...NMC2, persona: { ...persona, prompt }, transfer: ['scp'], start: ['cli'] } as const;
    site = await openSite([unit]);
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(ran).units[0]?.problem?.code).not.toBe('link/timeout');
  });
});

describe('a firmware string of 10 kB', () => {
  const LONG_STRINGS = [
    `UPS 09.3 (ID18)${' '.repeat(10_000)}(ID20)`,
    '9'.repeat(10_000),
    'UPS '.repeat(2500),
    `UPS 09.3 / ${'ID='.repeat(3300)}18`,
  ];

  it.each(LONG_STRINGS.map((text, index) => [index, text] as const))(
    'is not readable over SNMP (%i)',
    async (_index, text) => {
      site = await openSite([NMC2]);
      site.fleet.device('a').version = text;
      const ran = await site.run(['audit', '-i', site.inventory, '--json']);
      const document = z
        .looseObject({
          units: z.array(
            z.looseObject({
              firmware: z.looseObject({ raw: z.string().nullable(), version: z.string().nullable() }),
            }),
          ),
        })
        .parse(JSON.parse(ran.out));
      expect(document.units[0]?.firmware.version).toBeNull();
      expect(document.units[0]?.firmware.raw?.length ?? 0).toBeLessThan(200);
    },
  );

  it.each(LONG_STRINGS.map((text, index) => [index, text] as const))(
    'is not readable on the command line (%i)',
    async (_index, text) => {
      const answers: Readonly<Record<string, string>> = {
        about: 'Model Number: AP9641',
        upsabout: `Model: Smart-UPS\r\nFirmware Revision: ${text}`,
      };
      card = await openCard({
        shell: (channel: ServerChannel) => {
          let line = '';
          channel.write('\r\napc>');
          channel.on('data', (chunk: Buffer) => {
            for (const character of chunk.toString('latin1')) {
              line += character;
              channel.write(character);
              if (character !== '\r') continue;
              channel.write(`\nE000: Success\r\n${answers[line.trim()] ?? ''}\r\napc>`);
              line = '';
            }
          });
        },
      });
      const { network, hostKeys } = card;
      const hub = createSnmpHub({ clock: systemClock });
      const driver = createNmcDriver({ hub, hostKeys, readBytes: () => Promise.reject(new Error('none')) });
      const target: UnitTarget = {
        site: 's',
        name: 'n',
        serial: null,
        network,
        local: null,
        window: null,
        switchOutput: null,
        feeds: [],
        redundantWith: [],
      };
      const { signal } = new AbortController();
      const look = await driver.look(target, { clock: systemClock, signal });
      await hub.close();
      expect(look.problem).toBeNull();
      expect(look.unit.firmware).toMatchObject({ version: null, microLinkId: null });
      expect(look.unit.firmware.raw?.length ?? 0).toBeLessThan(200);
    },
  );
});
