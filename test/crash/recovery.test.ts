import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { LOADER_IMAGE, type LocalSite, openLocalSite } from '../support/sites/local-site.ts';
import { runOf } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));

let site: LocalSite;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await site.close();
});

async function begin(): Promise<ChildProcess> {
  // After its sender vanished, a loader refuses the silence ten times before it asks again.
  site = await openLocalSite('smt1500-loader', [], { listen: 2.5, settle: 3600 });
  const image = await site.image('SMT17UPS_07-1.enc', LOADER_IMAGE);
  const args = ['local', 'recover', site.port, image, '--expect-id', '17', '--yes', '--state', site.state];
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...site.environment },
    stdio: 'ignore',
  });
  children.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Resolves when the device has reached a state. */
async function until(state: LocalSite['device']['state']): Promise<void> {
  while (site.device.state !== state) await once(site.device, 'change');
}

describe('killed during a recovery', { timeout: LONG }, () => {
  it('in the middle: resume finds the boot loader, reports it, and sends nothing', async () => {
    const child = await begin();
    await until('receiving');
    await kill(child);
    const ran = await site.run(['resume', '--yes', '--json']);
    expect(runOf(ran).units[0]).toMatchObject({
      outcome: 'failed',
      problem: { code: 'device/update-failed', hint: expect.stringContaining('local recover') },
    });
    expect(ran.exit).toBe(4);
    expect(site.device.attempts).toBe(1);
  });

  it('after the last block: resume watches the unit until it runs', async () => {
    const child = await begin();
    await until('programming');
    await kill(child);
    const ran = await site.run(['resume', '--yes', '--json']);
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded', after: { version: '07.1' } });
    expect(ran.exit).toBe(0);
    expect(site.device.attempts).toBe(1);
    const unit = await site.run(['report', '--json']);
    expect(runOf(unit)).toMatchObject({ state: 'done', exitCode: 0 });
  });

  it('is not a run over units of an inventory', async () => {
    const child = await begin();
    await until('programming');
    await kill(child);
    expect((await site.run(['resume', '--yes', '--retry', 'x', '--json'])).exit).toBe(2);
    expect((await site.run(['status', '--live', '--json'])).exit).toBe(2);
    const ran = await site.run(['status', '--json']);
    expect(runOf(ran)).toMatchObject({ exitCode: 5 });
    expect(ran.exit).toBe(5);
  });
});
