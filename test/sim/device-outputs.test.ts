import { afterEach, describe, expect, it } from 'vitest';
import { closeDevices, makeDevice } from '../support/devices/device.ts';

afterEach(closeDevices);

const LOGGED = /^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d (?:Device UPS:|System) .+ 0x[0-9A-F]{4}$/;

describe('ups -c', () => {
  it('switches the output off and on, and logs it', async () => {
    const { device, runCommand } = await makeDevice();
    expect(runCommand('ups ?').lines.join('\n')).toMatch(/-c\b.*-st\b/);
    expect(runCommand('UPS -c off').lines).toEqual(['E001: Successfully Issued']);
    expect(device.outputOn).toBe(false);
    expect(runCommand('ups -st').lines).toEqual(['E000: Success', 'State: Off, No Alarms Present']);
    expect(device.eventLog[0]).toContain('0x0114');
    runCommand('ups -c on');
    expect(device.outputOn).toBe(true);
    expect(device.counters.outputSwitches).toBe(2);
    for (const line of device.eventLog) expect(line).toMatch(LOGGED);
  });

  it('delays a graceful order', async () => {
    const { device, runCommand } = await makeDevice({ speed: 100 });
    runCommand('ups -c graceoff');
    expect(device.outputOn).toBe(true);
    await device.until(({ outputOn }) => !outputOn);
    expect(device.eventLog[1]).toContain('0x014F');
  });

  it('drops a graceful order when another one comes', async () => {
    const { device, runCommand } = await makeDevice({ speed: 100 });
    runCommand('ups -c graceoff');
    runCommand('ups -c on');
    await new Promise<void>((resolve) => device.after(25, resolve));
    expect(device.outputOn).toBe(true);
  });

  it('is refused while the card cannot reach its UPS', async () => {
    const { device, runCommand } = await makeDevice();
    device.phase = 'restarting';
    expect(runCommand('ups -c off').lines[0]).toMatch(/^E107/);
    expect(device.outputOn).toBe(true);
  });

  it.each([
    ['output-off-refused', 'E100: Command failed', true],
    ['output-off-lost', undefined, true],
    ['output-command-lost-answer', undefined, false],
  ] as const)('with %s answers %s and leaves the output %s', async (fault, answer, on) => {
    const { device, runCommand } = await makeDevice({ faults: [fault] });
    const result = runCommand('ups -c off');
    expect(result.lines[0]).toBe(answer);
    expect(result.next).toBe(answer === undefined ? 'hang-up' : undefined);
    expect(device.outputOn).toBe(on);
  });

  it('with output-stays-off accepts the order and does nothing', async () => {
    const { device, runCommand } = await makeDevice({ faults: ['output-stays-off'] });
    runCommand('ups -c off');
    expect(runCommand('ups -c on').lines).toEqual(['E001: Successfully Issued']);
    expect(device.outputOn).toBe(false);
  });
});

describe('the event log', () => {
  it('is never empty, and uses the clock of the card', async () => {
    const { device } = await makeDevice({ change: { clockOffsetSeconds: 400 * 86_400 } });
    expect(device.eventLog).toHaveLength(1);
    const [, year] = /^\d\d\/\d\d\/(\d{4}) /.exec(device.logText ?? '') ?? [];
    expect(Number(year)).toBeGreaterThan(new Date().getUTCFullYear());
  });

  it('has no text if it cannot be read', async () => {
    const { device } = await makeDevice({ faults: ['event-log-unreadable'] });
    expect(device.logText).toBeNull();
  });
});
