// What a program that depends on the published package writes; compiled and run against the packed tarball.
import { createRuntime, loadConfiguration, type Report } from "rustiq";
import { parse, render } from "rustiq/grammar";
import { defineService, z } from "rustiq/plugin";
import { startService } from "rustiq/testkit";

const echo = defineService({
  api: 1,
  service: "echo",
  about: "Says it again.",
  commands: {
    say: { about: "Says it again.", args: { text: z.string() }, result: z.string(), effect: "read" },
  },
  start: () => ({ say: ({ text }) => text }),
});

const invocation = parse("say('hello')");
if (invocation.command.text !== "say") throw new Error("the grammar does not parse");
if (!render("say(", { message: "open", span: { start: 3, end: 4 } }).includes("^")) throw new Error("no caret");

const tested = await startService(echo);
const said: string = await tested.call("say", { text: "hello" });
await tested.stop();

const configuration = await loadConfiguration({ environment: {}, hostname: "consumer" });
const runtime = await createRuntime({ ...configuration, plugins: [] }, { plugins: [echo] });
runtime.events.on("report", ({ report }: { report: Report }) => report.general_status);
await runtime.prepare();
const { status, result } = await runtime.execute("say('hello')", "echo");
await runtime.stop();
process.stdout.write(`${said} ${status} ${JSON.stringify(result)}\n`);
