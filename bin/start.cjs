'use strict';
// A file of its own, because Node.js before 10 does not parse import().
module.exports = import('../dist/main.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write(
    `upsfw cannot start, a part of it is missing: ${error.message}\nInstall it again. In the checkout run: npm ci && npm run -s build\n`,
  );
  process.exit(2);
});
