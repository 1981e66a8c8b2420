'use strict';
const { homedir } = require('node:os');
const { join } = require('node:path');

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
