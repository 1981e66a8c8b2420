import { auditCommand } from './audit.ts';
import type { Command } from './command.ts';
import { demoCommand } from './demo.ts';
import { imagesCommand } from './images.ts';
import { importCommand } from './import.ts';
import { planCommand } from './plan.ts';
import { recordCommand } from './record.ts';
import { reportCommand } from './report.ts';
import { resumeCommand } from './resume.ts';
import { rulesCommand } from './rules.ts';
import { simulateCommand } from './simulate.ts';
import { statusCommand } from './status.ts';
import { upgradeCommand } from './upgrade.ts';

/** Every command, in the order of the help text. */
export const COMMANDS: readonly Command[] = [
  auditCommand,
  importCommand,
  planCommand,
  upgradeCommand,
  resumeCommand,
  statusCommand,
  reportCommand,
  recordCommand,
  imagesCommand,
  rulesCommand,
  simulateCommand,
  demoCommand,
];
