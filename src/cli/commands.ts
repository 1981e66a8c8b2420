import type { Command } from './command.ts';

/** Every command, in the order of the help text. Each is loaded when it is wanted: together they take longer than most of them run. */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  discover: async () => (await import('./discover.ts')).discoverCommand,
  audit: async () => (await import('./audit.ts')).auditCommand,
  import: async () => (await import('./import.ts')).importCommand,
  plan: async () => (await import('./plan.ts')).planCommand,
  upgrade: async () => (await import('./upgrade.ts')).upgradeCommand,
  resume: async () => (await import('./resume.ts')).resumeCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  runs: async () => (await import('./runs.ts')).runsCommand,
  report: async () => (await import('./report.ts')).reportCommand,
  record: async () => (await import('./record.ts')).recordCommand,
  images: async () => (await import('./images.ts')).imagesCommand,
  rules: async () => (await import('./rules.ts')).rulesCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
  local: async () => (await import('./local.ts')).localCommand,
  simulate: async () => (await import('./simulate.ts')).simulateCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
};

/** The names of all commands. */
export const COMMANDS: readonly string[] = Object.keys(LOADERS);

/** What may stand before a command without being in doubt. */
const SWITCHES: ReadonlySet<string> = new Set(['--json', '--quiet', '--no-color']);

/** The command that a line begins with, behind switches of all commands; or every command where it begins with something else. */
export async function loadCommands(words: readonly string[]): Promise<readonly Command[]> {
  const first = words.find((word) => !SWITCHES.has(word)) ?? '';
  const wanted = Object.hasOwn(LOADERS, first) ? LOADERS[first] : undefined;
  return wanted === undefined ? Promise.all(Object.values(LOADERS).map((load) => load())) : [await wanted()];
}
