import type { Command } from './command.ts';

interface Listed {
  readonly usage: string;
  readonly describe: string;
  readonly load: () => Promise<Command>;
}

/**
 * All commands, in the order of the help text. Each is loaded on demand, because loading all of them takes
 * longer than most commands run. The help text needs only the two texts; a test compares them with the
 * commands.
 */
const LISTED: Readonly<Record<string, Listed>> = {
  discover: {
    usage: 'discover [range..]',
    describe: 'Find the units of a network over SNMP and list what else answers (only reads)',
    load: async () => (await import('./commands/discover.ts')).discoverCommand,
  },
  audit: {
    usage: 'audit',
    describe: 'Check every unit of the inventory and report by site (only reads)',
    load: async () => (await import('./commands/audit.ts')).auditCommand,
  },
  import: {
    usage: 'import <format> <source>',
    describe: 'Convert an existing device list into an inventory (touches no device)',
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
  plan: {
    usage: 'plan',
    describe: 'Show what would be sent to which unit, and what blocks it (only reads)',
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  upgrade: {
    usage: 'upgrade',
    describe: 'Execute a plan; without --apply only show it (writes)',
    load: async () => (await import('./commands/upgrade.ts')).upgradeCommand,
  },
  resume: {
    usage: 'resume [run]',
    describe: 'Resume an interrupted run from what the devices answer (writes)',
    load: async () => (await import('./commands/resume.ts')).resumeCommand,
  },
  status: {
    usage: 'status [run]',
    describe: 'Show the state of each unit of a run; --live also asks the devices (only reads)',
    load: async () => (await import('./commands/status.ts')).statusCommand,
  },
  runs: {
    usage: 'runs',
    describe: 'List the runs of the state folder, running ones first, then the newest (touches no device)',
    load: async () => (await import('./commands/runs.ts')).runsCommand,
  },
  report: {
    usage: 'report [run]',
    describe: 'Show a run or the last audit as text, JSON or Markdown (touches no device)',
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  record: {
    usage: 'record [host]',
    describe:
      'Record the answers of one card without identifying data, for the simulator and for a report (only reads)',
    load: async () => (await import('./commands/record.ts')).recordCommand,
  },
  images: {
    usage: 'images [paths..]',
    describe:
      'Read image files and folders; "images fetch URL --sha256 HASH" downloads an image (touches no device)',
    load: async () => (await import('./commands/images.ts')).imagesCommand,
  },
  rules: {
    usage: 'rules <verb> [names..]',
    describe:
      'decide: evaluate a described unit; explain [RULE..]: show rules with sources; check FILE..: check rule files (touches no device)',
    load: async () => (await import('./commands/rules.ts')).rulesCommand,
  },
  explain: {
    usage: 'explain <codes..>',
    describe: 'Explain a code of a problem, a reason, a card (E100), an event log (0x0178) or an advisory',
    load: async () => (await import('./commands/explain.ts')).explainCommand,
  },
  local: {
    usage: 'local <action> [values..]',
    describe:
      'Work with units at serial and USB ports: "local ports", "local inspect PORT", "local recover PORT IMAGE" (writes), "local usb-drive DIR IMAGE"',
    load: async () => (await import('./commands/local/local.ts')).localCommand,
  },
  simulate: {
    usage: 'simulate',
    describe: 'Start a simulated fleet on loopback and print its inventory; runs until stopped',
    load: async () => (await import('./commands/simulate.ts')).simulateCommand,
  },
  demo: {
    usage: 'demo',
    describe: 'Run all commands on a simulated fleet on loopback: discover, audit, plan, upgrade, report',
    load: async () => (await import('./commands/demo.ts')).demoCommand,
  },
};

/** The names of all commands. */
export const COMMANDS: readonly string[] = Object.keys(LISTED);

/** What the help text says of each command. */
export const COMMAND_TEXTS: readonly Pick<Command, 'usage' | 'describe'>[] = Object.values(LISTED);

/** Options that may come before the command. */
const SWITCHES: ReadonlySet<string> = new Set(['--json', '--quiet', '--no-color']);

/** What asks for a help text. */
export const HELP: ReadonlySet<string> = new Set(['--help', '-h', 'help']);

/** Whether a line asks for the list of commands and for nothing else. */
export function asksOnlyForHelp(words: readonly string[]): boolean {
  const others = words.filter((word) => !SWITCHES.has(word));
  return others.length === 1 && others.every((word) => HELP.has(word));
}

/** The command that a line names first, after switches of all commands; all commands where it names none. */
export async function loadCommands(words: readonly string[]): Promise<readonly Command[]> {
  const first = words.find((word) => !SWITCHES.has(word)) ?? '';
  const wanted = Object.hasOwn(LISTED, first) ? LISTED[first] : undefined;
  if (wanted !== undefined) return [await wanted.load()];
  return Promise.all(Object.values(LISTED).map(({ load }) => load()));
}
