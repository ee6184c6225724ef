#!/usr/bin/env node
import { tellFailure } from "./failure.ts";
import { runProgram } from "./program.ts";
import { Terminal } from "./terminal.ts";

const terminal = new Terminal(process.stdout, process.stderr);
process.on("uncaughtException", (thrown) => process.exit(tellFailure(thrown, terminal)));
const code = await runProgram(process.argv.slice(2), terminal);
await terminal.flush();
// Not left to the end of the event loop: a plugin's forgotten timer must not hold a finished command.
process.exit(code);
