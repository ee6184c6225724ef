#!/usr/bin/env node
import { tellFailure } from "./failure.ts";
import { runProgram } from "./program.ts";
import { Terminal } from "./terminal.ts";

// As it was before plugins are kept from it: what ends here may have been thrown in one.
const exit = process.exit.bind(process);
const terminal = new Terminal(process.stdout, process.stderr);
process.on("uncaughtException", (thrown) => exit(tellFailure(thrown, terminal)));
const code = await runProgram(process.argv.slice(2), terminal);
await terminal.flush();
// Not left to the end of the event loop: a plugin's forgotten timer must not hold a finished command.
exit(code);
