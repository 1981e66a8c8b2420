#!/usr/bin/env node
'use strict';
// The first file that runs. Any Node.js parses it, so that an old one is told what it lacks: no syntax newer than ES2015 here.
// As a preloaded module (node -r) it only checks.
const wanted = /\d+\.\d+/.exec(require('../package.json').engines.node)[0];

function isOlder(found, least) {
  const a = found.split('.').map(Number);
  const b = least.split('.').map(Number);
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

function isThere(path) {
  return require('node:fs').existsSync(require('node:path').join(__dirname, '..', path));
}

if (isOlder(process.versions.node, wanted)) {
  process.stderr.write(`upsfw needs Node.js ${wanted} or newer; this is ${process.versions.node}.\n`);
  process.exit(2);
} else if (require.main === module) {
  if (isThere('dist/current.json')) require('./start.cjs');
  else {
    const first = isThere('node_modules') ? '' : 'npm ci && ';
    process.stderr.write(`upsfw is not built yet. In the checkout run: ${first}npm run -s build\n`);
    process.exit(2);
  }
}
