import { afterEach, describe, expect, it } from 'vitest';
import {
  OLD_LOADER,
  OVER_09_6,
  openRouteSite,
  type RouteSite,
  startsOf,
} from '../support/sites/route-site.ts';
import { runOf } from '../support/sites/site.ts';

const RUN = 'route';
const [AT_09_3, AT_09_6] = ['UPS 09.3 (ID18)', 'UPS 09.6 (ID18)'];

let site: RouteSite;
afterEach(() => site.close());

describe('the operator on a route of two hops', () => {
  it('stops during the first hop: the second is not started, the report shows the firmware, and resume continues', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const starts = startsOf(device);
    const journal = await site.begin(RUN, await site.plan({ a: OVER_09_6 }));
    await journal.close();
    let handler: (kind: 'interrupt') => void = () => undefined;
    const running = site.run(['resume', RUN, '--yes', '--json'], {
      onInterrupt: (given) => {
        handler = given;
        return () => undefined;
      },
    });
    await device.until(({ phase }) => phase === 'transferring');
    handler('interrupt');
    const stopped = await running;
    expect(stopped.exit).toBe(130);
    expect(runOf(stopped)).toMatchObject({
      state: 'stopped',
      units: [
        {
          outcome: 'stopped',
          before: { version: '09.3' },
          after: { version: '09.6' },
          problem: {
            code: 'refused/stopped',
            message: expect.stringContaining('Hop 1 of 2 is done and was verified at UPS 09.6 (ID18).'),
          },
        },
      ],
    });
    expect(starts).toEqual([AT_09_3]);

    const resumed = await site.run(['resume', RUN, '--yes', '--json']);
    expect(resumed.exit).toBe(0);
    expect(runOf(resumed).units[0]).toMatchObject({
      outcome: 'upgraded',
      before: { version: '09.3' },
      after: { version: '15.1' },
      hops: [{ start: 'snmp' }, { start: 'snmp' }],
    });
    expect(starts).toEqual([AT_09_3, AT_09_6]);
    expect(device.counters.starts).toBe(2);
  });

  it('gets a message about a failed second hop, and allows a retry that does not repeat the first hop', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const starts = startsOf(device);
    const journal = await site.begin(RUN, await site.plan({ a: OVER_09_6 }));
    await journal.close();
    const running = site.run(['resume', RUN, '--yes', '--json']);
    await device.until(({ version }) => version === '09.6');
    device.inject('update-cancelled');
    const failed = await running;
    expect(failed.exit).toBe(4);
    expect(runOf(failed).units[0]).toMatchObject({ outcome: 'failed', after: { version: '09.6' } });
    device.clearFault('update-cancelled');
    const again = await site.run(['resume', RUN, '--yes', '--retry', 'a', '--json']);
    expect(runOf(again).units[0]).toMatchObject({ outcome: 'upgraded', after: { version: '15.1' } });
    expect(starts).toEqual([AT_09_3, AT_09_6, AT_09_6]);
  });
});
