'use strict';
const { existsSync, statSync } = require('node:fs');
const { homedir } = require('node:os');
const { dirname, join } = require('node:path');

/** Folder of this user for what can be made again. */
function userCache() {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'upsfw');
  if (process.platform === 'win32')
    return join(LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'upsfw', 'Cache');
  return join(homedir(), process.platform === 'darwin' ? join('Library', 'Caches') : '.cache', 'upsfw');
}

/** Where Node.js keeps the compiled code of one build: apart from that of others, so that it goes away with the build. */
exports.cacheFolder = (build) => join(userCache(), 'compiled', build);

/** Whether nobody but this user can write there. Compiled code is run as it is found; Windows keeps the folder private itself. */
exports.isPrivate = (folder) => {
  if (process.platform === 'win32') return true;
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  const { uid, mode } = statSync(there);
  return uid === process.getuid() && (mode & 0o002) === 0;
};
