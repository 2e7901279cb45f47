#!/usr/bin/env node
// No cache of compiled code (node:module): its folder is where everybody may have put one before, and this is run by root.
const { run } = require("../dist/command/main.cjs");

void (async () => {
  process.exitCode = await run(process.argv.slice(2));
})();
