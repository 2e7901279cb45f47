#!/usr/bin/env node
import module from "node:module";

// Since Node 22: what was compiled once is not compiled again.
module.enableCompileCache?.();
const { run } = await import("../dist/command/main.js");
process.exitCode = await run(process.argv.slice(2));
