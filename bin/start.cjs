'use strict';
// A file of its own, because a Node.js that is too old need not know what it calls.
const { readFileSync, writeSync } = require('node:fs');
const nodeModule = require('node:module');
const { join } = require('node:path');
const { cacheFolder, isPrivate } = require('./cache.cjs');

const CHECKOUT_HINT = 'In the checkout run: npm ci && npm run -s build';

/** Prints the version without loading anything; false where it cannot be written, which the tool itself reports. */
function printedVersion() {
  try {
    writeSync(1, `${require('../package.json').version}\n`);
    return true;
  } catch {
    return false;
  }
}

function compileCache(build) {
  try {
    // Node.js 22 and newer. Without it the start is slower, and nothing else changes: so no failure of it is reported.
    const folder = cacheFolder(build);
    if (nodeModule.enableCompileCache !== undefined && isPrivate(folder))
      nodeModule.enableCompileCache(folder);
  } catch {
    // No home folder, for example.
  }
}

function start(build, words) {
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-V') && printedVersion()) return;
  compileCache(build);
  try {
    require(join(__dirname, '..', 'dist', build, 'main.cjs'));
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    const [message] = error.message.split('\n');
    process.stderr.write(
      `upsfw cannot start, a part of it is missing: ${message}\nInstall it again. ${CHECKOUT_HINT}\n`,
    );
    process.exitCode = 2;
  }
}

// A build names itself last, when it is complete (scripts/build.mjs).
const { build } = JSON.parse(readFileSync(join(__dirname, '..', 'dist', 'current.json'), 'utf8'));
start(build, process.argv.slice(2));
