#!/usr/bin/env node
// No cache of compiled code (node:module): its folder is where everybody may have put one before, and what is in it is run.
const { run } = require("../dist/command/main.cjs");

async function main() {
  process.exitCode = await run(process.argv.slice(2));
}
void main();
