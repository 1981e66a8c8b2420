import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** The tests of `npm run check`: no processes, no simulated units, no network. */
const FAST = [
  'test/*.test.ts',
  'test/core/**/*.test.ts',
  'test/files/**/*.test.ts',
  'test/yaml/**/*.test.ts',
  'test/rules/**/*.test.ts',
  'test/images/**/*.test.ts',
  'test/recording/**/*.test.ts',
  'test/report/**/*.test.ts',
  'test/inventory/**/*.test.ts',
];

export default defineConfig({
  test: {
    include: FAST,
    pool: 'forks',
    // Loading the rules takes longer than most tests, so the files of one process share them.
    isolate: false,
    maxWorkers: availableParallelism(),
    testTimeout: 20_000,
    hookTimeout: 10_000,
  },
});
