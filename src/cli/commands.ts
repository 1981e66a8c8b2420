import type { Command } from './command.ts';

/**
 * Every command, in the order of the help text. Each is loaded only when it is used: loading all takes long.
 */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  discover: async () => (await import('./commands/discover.ts')).discoverCommand,
  audit: async () => (await import('./commands/audit.ts')).auditCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  upgrade: async () => (await import('./commands/upgrade.ts')).upgradeCommand,
  resume: async () => (await import('./commands/resume.ts')).resumeCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  runs: async () => (await import('./commands/runs.ts')).runsCommand,
  report: async () => (await import('./commands/report.ts')).reportCommand,
  record: async () => (await import('./commands/record.ts')).recordCommand,
  images: async () => (await import('./commands/images.ts')).imagesCommand,
  rules: async () => (await import('./commands/rules.ts')).rulesCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
  local: async () => (await import('./commands/local/local.ts')).localCommand,
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
};

/** The names of all commands. */
export const COMMANDS: readonly string[] = Object.keys(LOADERS);

/** Options that may come before the command. */
const SWITCHES: ReadonlySet<string> = new Set(['--json', '--quiet', '--no-color']);

/** The command at the start of the command line, after common switches; all commands where there is none. */
export async function loadCommands(words: readonly string[]): Promise<readonly Command[]> {
  const first = words.find((word) => !SWITCHES.has(word)) ?? '';
  const wanted = Object.hasOwn(LOADERS, first) ? LOADERS[first] : undefined;
  return wanted === undefined ? Promise.all(Object.values(LOADERS).map((load) => load())) : [await wanted()];
}
