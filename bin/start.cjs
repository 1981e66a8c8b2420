'use strict';
// A file of its own, because Node.js before 10 does not parse import().
module.exports = import('../dist/main.js');
