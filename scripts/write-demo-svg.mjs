// Writes docs/images/demo.svg, the terminal picture of the README, from a real run of the demo. Run: node scripts/write-demo-svg.mjs
// It needs Linux with `script` of util-linux, which gives the demo a terminal, and a build (npm run -s build).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';

const COLUMNS = 100;
const ROWS = 40;
/** The parts of the demo that the picture shows: the command in their heading, the first line, and how many lines. */
const PARTS = [
  ['upsfw audit', /^berlin/, 19],
  ['upsfw upgrade --apply --yes', /^\d+ units: \d+ upgraded/, 7],
];
const FONT = 13;
const LINE = 18;
const CELL = 7.83;
/** The sixteen colors of a terminal, readable on a dark ground. */
const COLORS = ['#6e7681', '#ff7b72', '#7ee787', '#e3b341', '#79c0ff', '#d2a8ff', '#76e3ea', '#e6edf3'];

const main = fileURLToPath(new URL('../bin/upsfw.cjs', import.meta.url));
const words = `stty cols ${COLUMNS} rows ${ROWS}; "${process.execPath}" "${main}" demo`;
const child = spawn('script', ['-qec', words, '/dev/null'], {
  env: { ...process.env, TERM: 'xterm-256color' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, scrollback: 5000, allowProposedApi: true });
const written = [];
child.stdout.on('data', (chunk) => written.push(new Promise((resolve) => terminal.write(chunk, resolve))));
const [code] = await once(child, 'close');
if (code !== 0) throw new Error(`the demo ended with ${code}`);
await Promise.all(written);

/** One line as runs of cells with one style. */
function runsOf(line) {
  const runs = [];
  for (let x = 0; x < COLUMNS; x += 1) {
    const cell = line.getCell(x);
    const text = cell?.getChars() || ' ';
    const color = cell?.isFgPalette() ? (COLORS[cell.getFgColor() % 8] ?? '') : '#c9d1d9';
    const style = `${color}${cell?.isBold() ? ' bold' : ''}${cell?.isDim() ? ' dim' : ''}`;
    const last = runs.at(-1);
    if (last?.style === style) last.text += text;
    else runs.push({ x, style, text });
  }
  return runs.filter(({ text }) => text.trim() !== '');
}

const buffer = terminal.buffer.active;
const lines = Array.from({ length: buffer.length }, (_, y) => buffer.getLine(y));
const textOf = (line) => line?.translateToString(true) ?? '';
const shown = PARTS.flatMap(([command, first, count]) => {
  const start = lines.findIndex((line) => textOf(line).includes(`(${command})`));
  if (start === -1) throw new Error(`the demo does not show ${command}`);
  const from = lines.findIndex((line, index) => index > start && first.test(textOf(line)));
  if (from === -1) throw new Error(`the demo shows no ${first} of ${command}`);
  const part = lines
    .slice(from)
    .filter((line, index, all) => textOf(line) !== '' || textOf(all[index - 1]) !== '');
  return [`$ ${command}`, ...part.slice(0, count), ''];
});

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const drawn = shown.map((line, index) => {
  const y = 24 + index * LINE;
  const runs = typeof line === 'string' ? [{ x: 0, style: '#ffffff bold', text: line }] : runsOf(line);
  const spans = runs.map(({ x, style, text }) => {
    const [color, ...more] = style.split(' ');
    const weight = more.includes('bold') ? ' font-weight="bold"' : '';
    const faint = more.includes('dim') ? ' opacity="0.7"' : '';
    const at = (12 + x * CELL).toFixed(1);
    return `<text x="${at}" y="${y}" fill="${color}"${weight}${faint} xml:space="preserve">${escapeXml(text.trimEnd())}</text>`;
  });
  return spans.join('');
});
const width = Math.ceil(24 + COLUMNS * CELL);
const height = 24 + shown.length * LINE;
writeFileSync(
  new URL('../docs/images/demo.svg', import.meta.url),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="upsfw audit and upgrade of a simulated fleet">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="${FONT}">
${drawn.join('\n')}
</g>
</svg>
`,
);
