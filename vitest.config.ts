import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests with simulated units at ports: these are pseudo terminals, which `script` of util-linux makes on Linux. */
const WITH_PORTS = [
  'test/sim/local-*.test.ts',
  'test/local/look.test.ts',
  'test/local/usb.test.ts',
  'test/cli/local-inspect.test.ts',
  'test/cli/mixed.test.ts',
  'test/cli/recover.test.ts',
  'test/crash/recovery.test.ts',
];

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const hasPorts = process.platform === 'linux' && isInstalled('script');
if (!hasPorts) process.stderr.write('skipped: units at ports: they need Linux and the program script\n');

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/peers/**', 'node_modules/**', ...(hasPorts ? [] : WITH_PORTS)],
    pool: 'forks',
    // Most of them wait for simulated devices more than they compute.
    maxWorkers: Math.max(3, availableParallelism()),
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
