#!/usr/bin/env node
// Since Node 22: what was compiled once is not compiled again.
require("node:module").enableCompileCache?.();
const { run } = require("../dist/command/main.cjs");

async function main() {
  process.exitCode = await run(process.argv.slice(2));
}
void main();
