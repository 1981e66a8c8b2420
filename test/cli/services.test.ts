import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { closedPort } from '../support/devices/services.ts';
import { NMC2, NMC3, openSite, type Site } from '../support/sites/site.ts';

const AuditShape = z.looseObject({
  units: z.array(
    z.looseObject({
      name: z.string(),
      services: z.array(z.looseObject({ service: z.string(), on: z.boolean().nullable() })).nullable(),
      findings: z.array(z.looseObject({ code: z.string() })).nullable(),
    }),
  ),
});

let site: Site;
afterEach(() => site.close());

/** Ports that no other program on this machine uses. */
async function withPorts(ports: Readonly<Record<string, number>> = {}): Promise<void> {
  const closed = await closedPort();
  const all = { telnet: closed, http: closed, https: closed, ...ports };
  const lines = Object.entries(all).map(([name, port]) => `$1  ${name}: ${port}`);
  const text = await readFile(site.inventory, 'utf8');
  await writeFile(site.inventory, text.replaceAll(/^( *)ports:$/gm, `$&\n${lines.join('\n')}`));
}

it('audit --services lists services and findings, and changes no device', async () => {
  site = await openSite([NMC2, NMC3]);
  await withPorts();
  const ran = await site.run(['audit', '--services', '--json', '-i', site.inventory]);
  expect(ran.exit).toBe(3);
  const { units } = AuditShape.parse(JSON.parse(ran.out));
  const on = Object.fromEntries((units[0]?.services ?? []).map((one) => [one.service, one.on]));
  expect(on).toMatchObject({ telnet: false, ftp: true, http: false, https: false, ssh: true });
  const codes = units.map((unit) => (unit.findings ?? []).map(({ code }) => code));
  expect(codes[0]).toEqual(expect.arrayContaining(['FTP_ON', 'LEGACY_SSH']));
  // A card of the third generation offers no old algorithms.
  expect(codes[1]).not.toContain('LEGACY_SSH');
  for (const { device } of site.fleet.units) {
    expect(device.counters).toMatchObject({ starts: 0, snmpWrites: 0, uploads: 0, logins: 0, commands: 0 });
  }
  for (const secret of Object.values(site.fleet.environment))
    expect(ran.out + ran.info).not.toContain(secret);

  const text = await site.run(['report', '--audit']);
  expect(text.out).toMatch(/services: ftp, ssh.* on; telnet, http, https off; snmp-v3 not known/);
  expect(text.out).toMatch(/finding: FTP is on: .*\[FTP_ON\]/);
  expect(text.out).toMatch(/remedy: Turn FTP off/);
  expect(text.out).toMatch(/^\d+ units? ha(?:s|ve) findings: .*1 FTP_ON/m);
  // The counts are units, not findings, so none is above the number of units.
  const summary = /^(\d+) units? ha(?:s|ve) findings: (.*)$/m.exec(text.out);
  const counts = [...(summary?.[2] ?? '').matchAll(/(\d+) [A-Z_]+/g)].map(([, count]) => Number(count));
  const having = units.filter((unit) => (unit.findings ?? []).length > 0).length;
  expect(Number(summary?.[1])).toBe(having);
  for (const count of counts) expect(count).toBeLessThanOrEqual(having);
});

it('an audit without --services has null, not an empty list', async () => {
  site = await openSite([NMC2]);
  const ran = await site.run(['audit', '--json', '-i', site.inventory]);
  const { units } = AuditShape.parse(JSON.parse(ran.out));
  expect(units[0]).toMatchObject({ services: null, findings: null });
});

it('findings alone make an audit end with 3', async () => {
  site = await openSite([{ name: 'c', site: 'porto', persona: 'smx1500-current' }]);
  await withPorts();
  const words = ['audit', '-i', site.inventory];
  expect((await site.run(words)).exit).toBe(0);
  const ran = await site.run([...words, '--services']);
  expect(ran.exit).toBe(3);
  expect(ran.out).toContain('[FTP_ON]');
});
