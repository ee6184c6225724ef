import { reasonOf } from "../errors.ts";
import { nodePorts } from "../node.ts";
import { type Ports, Runtime } from "../runtime.ts";
import { configure } from "./configure.ts";
import { exitCodes } from "./failure.ts";
import type { RunOptions } from "./groups/device.ts";
import { readLogLine } from "./lines.ts";
import { onStopSignal } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

/** `rustiq run`. Resolves to the exit code when the device has stopped. */
export async function run(options: RunOptions, terminal: Terminal): Promise<number> {
  let configuration = await configure(options, terminal);
  const show = options.example === true ? await import("./example.ts") : undefined;
  if (show !== undefined) configuration = show.addExampleApplications(configuration);
  const ports = nodePorts(configuration, (line) =>
    terminal.tell(terminal.isWatched ? readLogLine(line, terminal) : line.trimEnd()),
  );
  endWhenUnforeseen(ports);
  const isSent = await show?.sendExample(configuration, ports);
  const runtime = new Runtime(configuration, ports, []);
  if (show !== undefined || terminal.isRead) {
    const { followDevice } = await import("./follow.ts");
    followDevice(runtime.events, configuration, terminal);
  }
  if (options.once === true) return runOnce(runtime, ports, options.deliverWithin, terminal);
  runtime.events.prependListener("ready", ({ deviceId }) => terminal.print(`ready device=${deviceId}`));
  if (isSent !== undefined)
    show?.introduceExample(runtime.events, { configuration, isSent, file: options.config, terminal });
  return serve(runtime, ports, terminal);
}

/** Until a signal says otherwise. One that comes during the start waits for its end. */
async function serve(runtime: Runtime, ports: Ports, terminal: Terminal): Promise<number> {
  let forget = () => {};
  const asked = new Promise<void>((resolve) => {
    forget = onStopSignal(ports.clock, () => {
      if (terminal.isWatched) terminal.tell("stopping; a second signal ends at once");
      resolve();
    });
  });
  try {
    await runtime.start();
    await asked;
    await runtime.stop();
    return exitCodes.done;
  } finally {
    forget();
  }
}

async function runOnce(runtime: Runtime, ports: Ports, deliverSeconds: number, terminal: Terminal): Promise<number> {
  const reasons = new Map<string, string>();
  runtime.events.on("store", ({ store, reason }) => reasons.set(store, reason ?? ""));
  let isInterrupted = false;
  const forget = onStopSignal(ports.clock, () => {
    isInterrupted = true;
    void runtime.stop();
  });
  try {
    await runtime.prepare();
    const { unreachable, undelivered } = await runtime.runOnce(deliverSeconds * 1000);
    const left = [
      ...unreachable.map((service) => `not looked at: incoming/${service}/commands.json`),
      ...undelivered.map((place) => `not delivered within ${deliverSeconds} s: ${place}`),
      ...(isInterrupted ? ["interrupted: what was not begun is done at the next start"] : []),
    ];
    if (left.length === 0) return exitCodes.done;
    for (const line of left) terminal.tell(line);
    for (const [store, reason] of reasons) if (reason !== "") terminal.tell(`store ${store}: ${reason}`);
    terminal.tell("hint: nothing is lost; it goes on at the next start. `rustiq doctor` tries every store.");
    return exitCodes.failed;
  } finally {
    await runtime.stop();
    forget();
  }
}

/** What nobody caught leaves the device in an unknown state; the journal knows how to go on from it. */
function endWhenUnforeseen({ log }: Pick<Ports, "log">): void {
  process.prependOnceListener("uncaughtException", (thrown) => {
    log.error(`the device ends: ${reasonOf(thrown)}`, { error: thrown });
    process.exit(exitCodes.failed);
  });
}
