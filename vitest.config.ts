import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

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

/** Tests that replace modules, or change a package for the whole process. */
const ALONE = ['test/crash/disk.test.ts', 'test/state/folder.test.ts', 'test/snmp/user-keys.test.ts'];

/** Tests of the build itself, for minutes of processor time. They run with UPSFW_TEST_FULL=1, as in `.ci/run`. */
const FULL_ONLY = process.env.UPSFW_TEST_FULL === '1' ? [] : ['test/cli/build.test.ts'];

/** The longest tests start first, so that none of them is the last to run. */
const LONGEST_FIRST = [
  'conformance',
  'crash',
  'cli/recover',
  'cli/faults',
  'cli/demo',
  'run',
  'local',
  'cli',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST_FIRST.findIndex((name) => moduleId.includes(`/test/${name}`));
      return found === -1 ? LONGEST_FIRST.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

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

const EXCLUDED = ['test/peers/**', 'node_modules/**', ...FULL_ONLY, ...(hasPorts ? [] : WITH_PORTS)];

export default defineConfig({
  test: {
    pool: 'forks',
    // Simulated devices make many short-lived buffers.
    execArgv: ['--max-semi-space-size=32'],
    // Most of them wait for simulated devices more than they compute.
    maxWorkers: 3 * availableParallelism(),
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'json'],
      // Percent, of the folders whose faults reach a unit. A change may raise them.
      thresholds: {
        'src/core/**': { statements: 97, branches: 91 },
        'src/rules/**': { statements: 98, branches: 91 },
        'src/run/**': { statements: 99, branches: 92 },
        'src/state/**': { statements: 98, branches: 95 },
        'src/images/**': { statements: 96, branches: 91 },
      },
    },
    projects: [
      {
        extends: true,
        // Loading the tool takes longer than most tests, so the files of one process share it.
        test: {
          name: 'shared',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [...EXCLUDED, ...ALONE],
        },
      },
      { extends: true, test: { name: 'alone', isolate: true, include: ALONE, exclude: EXCLUDED } },
    ],
  },
});
