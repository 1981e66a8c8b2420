import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RecordedCommand, type Recording, Secret } from '../../src/core/index.ts';
import { createAnonymiser } from '../../src/recording/anonymise.ts';
import { renderRecord } from '../../src/recording/record.ts';
import { anyText } from '../support/values/text.ts';
import { unitAt } from '../support/values/units.ts';

function answered(command: string, ...lines: readonly string[]): RecordedCommand {
  return { command, folder: '/', live: false, code: 'E000', lines, milliseconds: 12, problem: null };
}

function recordingOf(commands: readonly RecordedCommand[], overrides: Partial<Recording> = {}): Recording {
  return {
    at: new Date('2026-12-01T12:00:00Z'),
    unit: unitAt('09.4', {
      site: 'zurich-north',
      name: 'rack-77',
      host: '10.44.55.66',
      serial: 'AS1532123456',
    }),
    services: {
      services: [{ service: 'ssh', on: true, detail: 'port 22 is open' }],
      at: new Date(0),
      ftpGreeting: null,
      ftpTls: null,
      httpRedirects: null,
      ssh: null,
      certificate: null,
    },
    objects: null,
    commands,
    missing: [],
    ...overrides,
  };
}

function filesOf(recording: Recording, secrets: readonly string[] = []): string {
  const { persona, report, slug } = renderRecord(
    recording,
    secrets.map((one) => new Secret(one)),
    [],
  );
  return `${slug}\n${persona}\n${report}`;
}

describe('an anonymiser', () => {
  it('keeps the form of an identifier, and always uses the same substitute', () => {
    const anonymiser = createAnonymiser();
    const once = anonymiser.text(
      'Serial AS1532123456 at 10.1.2.3, fe80::1:2%eth0, 00 C0 B7 99 43 CD, a.b@c.example',
    );
    expect(once).toMatch(/^Serial AS\d{10} at 192\.0\.2\.\d+, 2001:db8::\w+, [0-9 ]{17}, contact-\d$/);
    expect(anonymiser.text('AS1532123456 and 10.1.2.3')).toBe(
      `${/AS\d{10}/.exec(once)?.[0]} and ${/192\.0\.2\.\d+/.exec(once)?.[0]}`,
    );
    expect(anonymiser.text('AS1532123457')).not.toBe(anonymiser.text('AS1532123456'));
  });

  it('keeps versions, object identifiers, times, netmasks and factory values', () => {
    const text = [
      'AOS v1.4.2.1 su:v2.5.0.6 apc_hw21_aos_1.4.0.23.bin',
      '1.3.6.1.4.1.318.1.3.27 255.255.255.0',
      'Time : 23:03:49 DateTime: 08/24/2021:20:25:40',
      'UPS 09.4 (ID18) SMT1500RMI2U AP9631 E000: Success',
      '     3137536 Nov  5  2020  apc_hw05_aos_696.bin',
    ].join('\n');
    const anonymiser = createAnonymiser();
    for (const word of ['Unknown', 'sumx', 'Super User', 'apc', '', ' ']) anonymiser.register('name', word);
    expect(anonymiser.text(text)).toBe(text);
  });

  it('removes short names only as whole words', () => {
    const anonymiser = createAnonymiser();
    anonymiser.register('user', 'ups');
    expect(anonymiser.text('ups upsfw ups: (ups)')).toBe('user-1 upsfw user-1: (user-1)');
  });

  it('finds an identifier in any case and spacing', () => {
    const anonymiser = createAnonymiser();
    anonymiser.register('contact', 'Anna Example');
    expect(anonymiser.text('ANNA   example\tanna\texample')).toBe('contact-1\tcontact-1');
  });

  it('withholds a line whose substitutes form an identifier', () => {
    const anonymiser = createAnonymiser();
    anonymiser.register('name', 'server-room');
    expect(anonymiser.text('server-room')).toBe('name-1');
    anonymiser.register('user', 'name');
    expect(anonymiser.text('server-room')).toBe('(line withheld)');
  });

  it('removes an identifier with repeated spaces inside a word', () => {
    expect(createAnonymiser([new Secret('a  b')]).text('xa  b')).not.toContain('a  b');
  });

  it('reveals no registered identifier in any context', () => {
    const identifier = fc
      .string({ unit: 'grapheme-ascii', minLength: 4, maxLength: 20 })
      .filter((one) => one.trim().length >= 4 && !/^[0-]+$/.test(one.trim()));
    fc.assert(
      fc.property(
        fc.array(identifier, { minLength: 1, maxLength: 5 }),
        fc.array(fc.oneof(fc.nat({ max: 4 }), fc.string({ maxLength: 20 })), { maxLength: 12 }),
        (identifiers, parts) => {
          const anonymiser = createAnonymiser(identifiers.map((one) => new Secret(one)));
          const text = parts
            .map((part) => (typeof part === 'number' ? (identifiers[part % identifiers.length] ?? '') : part))
            .join('');
          const clean = anonymiser.text(text).replaceAll('(line withheld)', '').toLowerCase();
          for (const one of identifiers) expect(clean).not.toContain(one.trim().toLowerCase());
        },
      ),
    );
  });
});

describe('the files of a recording', () => {
  const COMMANDS = (id: Readonly<Record<string, string>>): readonly RecordedCommand[] => [
    answered(
      'about',
      'E000: Success',
      `Serial Number:          ${id.cardSerial}`,
      `MAC Address:            ${id.mac}`,
      'Name:           sumx',
    ),
    answered(
      'system',
      'E000: Success',
      `Name: ${id.name}`,
      `Contact: ${id.contact}`,
      `Location: ${id.location}`,
      `Message: ${id.message}`,
    ),
    answered('whoami', 'E000: Success', id.user ?? ''),
    answered(
      'user',
      'E000: Success',
      'Name             User Type       Status',
      '----',
      `${id.account}         Device          Enabled`,
    ),
    answered(
      'session',
      'E000: Success',
      'User         Interface    Address         Logged In Time',
      `${id.visitor}       Web     ${id.ip}      00:01:07`,
    ),
    answered(
      'ftp',
      'E000: Success',
      'Service: Disabled',
      'Ftp Port: 21',
      `also ${id.name} ${id.contact} at ${id.ip} ${id.ip6} ${id.email} ${id.secret} ${id.serial}`,
    ),
    answered('?', `Web user '${id.guest}' logged in from ${id.ip}.`, `engine ${id.engine}`),
  ];

  const word = fc.stringMatching(/^[b-df-hj-np-tv-z]{5,12}$/);
  const identifiers = fc
    .record({
      name: word,
      contact: fc.tuple(word, word).map((two) => two.join(' ')),
      location: fc.tuple(word, word).map((two) => two.join(', ')),
      message: word,
      user: word,
      account: word,
      visitor: word,
      guest: word,
      secret: word,
      cardSerial: fc.stringMatching(/^ZA[1-9]{10}$/),
      serial: fc.stringMatching(/^AS[1-9]{10}$/),
      mac: fc.stringMatching(/^[1-9A-F]{2}( [1-9A-F]{2}){5}$/),
      engine: fc.stringMatching(/^8000013e[1-9a-f]{12}$/),
      ip: fc.stringMatching(/^1[1-9]\.2[1-5]\.1[0-9]{2}\.1[0-9]{2}$/),
      ip6: fc.stringMatching(/^2a0[1-9]:[1-9]{4}::[1-9]{4}$/),
      email: fc.tuple(word, word).map(([a, b]) => `${a}@${b}.example`),
    })
    .filter((one) => new Set(Object.values(one)).size === Object.keys(one).length);

  it('contain none of the original identifiers, with any answers of the card', () => {
    fc.assert(
      fc.property(identifiers, anyText({ maxLength: 60 }), (id, noise) => {
        const noisy = answered(
          'lastrst',
          noise,
          `${noise}${id.secret}${noise}`,
          `${id.name}${noise}${id.ip}`,
        );
        const unit = unitAt('09.4', {
          site: 'zurich-north',
          name: 'rack-77',
          host: id.ip,
          serial: id.serial,
        });
        const missing = [
          {
            what: 'the command line',
            problem: {
              code: 'link/closed' as const,
              message: `${id.ip}:22 closed it, ${id.name}`,
              hint: 'again',
            },
          },
        ];
        const objects = [
          { name: 'sysName', oid: '1.3.6.1.2.1.1.5.0', value: id.name },
          { name: 'sysContact', oid: '1.3.6.1.2.1.1.4.0', value: `${id.contact}` },
          { name: 'serial', oid: '1.3.6.1.4.1.318.1.1.1.1.2.3.0', value: id.serial },
        ];
        const all = filesOf(recordingOf([...COMMANDS(id), noisy], { unit, missing, objects }), [
          id.secret,
        ]).toLowerCase();
        for (const [what, one] of Object.entries({ ...id, site: 'zurich-north', unitName: 'rack-77' })) {
          expect(all.includes(one.toLowerCase()), what).toBe(false);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keep verbatim what a simulator needs, and name what was not seen', () => {
    const about = answered(
      'about',
      'E000: Success',
      'Hardware Revision:      05',
      'Model Number: \t\tAP9640',
    );
    const live: RecordedCommand = {
      ...answered('upsabout', 'Firmware Revision: UPS 09.4 (ID18)'),
      live: true,
    };
    const { persona } = renderRecord(recordingOf([about, live]), [], []);
    expect(persona).toContain('Hardware Revision:      05');
    expect(persona).toContain('hardwareRevision: "05"');
    expect(persona).not.toContain('upsabout');
    expect(persona).toMatch(/^# Not seen, assumed: .*updateObject.*upsfwupdate/m);
  });

  it('make no persona without the generation of the card', () => {
    const { persona, report } = renderRecord(
      recordingOf([], { unit: unitAt('09.4', { card: null }) }),
      [],
      [],
    );
    expect(persona).toBeNull();
    expect(report).toContain('There is no persona');
  });

  it('let no fence of the device end the fence of a transcript', () => {
    const { report } = renderRecord(recordingOf([answered('?', '```', '# not a heading of ours')]), [], []);
    expect(report.match(/^```$/gm)).toHaveLength(1);
  });

  it('are made from anything a device sends', () => {
    const lines = [
      ' '.repeat(200_000),
      `${'a@'.repeat(50_000)}`,
      '1:'.repeat(50_000),
      `${'00 '.repeat(50_000)}`,
      'x'.repeat(200_000),
    ];
    // A pattern with catastrophic backtracking takes minutes; the test would time out.
    expect(filesOf(recordingOf([answered('user', ...lines), answered('session', ...lines)]))).toContain(
      '`session` in',
    );
  });
});
