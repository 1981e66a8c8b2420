// Writes the tables of exit codes and of reason codes in docs/codes.md from the source. Run after a build: node scripts/write-codes.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { COMMAND_EXITS, EXIT_CODES } from '../dist/cli/exit-codes.js';
import { allRules, BUILT_IN_CODES } from '../dist/rules/index.js';

const file = new URL('../docs/codes.md', import.meta.url);
const before = readFileSync(file, 'utf8');
const text = `${before.slice(0, before.indexOf('## Exit codes'))}${exitCodes()}${before.slice(before.indexOf('## Problem codes'))}`;

function table(head, rows) {
  return [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...rows].join('\n');
}

function exitCodes() {
  const all = EXIT_CODES.map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  const commands = Object.entries(COMMAND_EXITS).flatMap(([command, exits]) =>
    Object.entries(exits).map(([code, meaning]) => `| upsfw ${command} | ${code} | ${meaning} |`),
  );
  return `## Exit codes

Written by \`node scripts/write-codes.mjs\` from \`src/cli/exit-codes.ts\`.
A command exits with 0 only if everything requested is done or was not needed.
A refusal right before a start counts like a refusal in the plan.

${table(['code', 'meaning'], all)}

The worst wins: 5 over 4 over 130 over 3.
Further meanings by command:

${table(['command', 'code', 'meaning'], commands)}

`;
}

const codes = new Map();
for (const { file: from, rule } of await allRules()) {
  if (rule.code === undefined) continue;
  const entry = codes.get(rule.code) ?? { statement: rule.statement, rules: [], files: new Set() };
  entry.rules.push(rule.id);
  entry.files.add(from);
  codes.set(rule.code, entry);
}
const rules = [...codes].map(
  ([code, { statement, rules: ids, files }]) =>
    `| \`${code}\` | ${statement} | ${ids.join(', ')} | ${[...files].join(', ')} |`,
);
const builtIn = Object.entries(BUILT_IN_CODES)
  .filter(([code]) => !codes.has(code))
  .map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);

const begin = text.indexOf('## Reason codes of rules');
const end = text.indexOf('## Built-in reason codes');
const after = text.indexOf('\n## ', end + 1);
writeFileSync(
  file,
  `${text.slice(0, begin)}## Reason codes of rules

Written by \`node scripts/write-codes.mjs\` from the rule files.
If several rules share a code, the table has the statement of the first one.
\`upsfw rules explain CODE\` shows every rule with its conditions and source.

${table(['code', 'statement', 'rules', 'file'], rules)}

## Built-in reason codes

${table(['code', 'meaning'], builtIn)}
${after === -1 ? '' : text.slice(after)}`,
);
