import { RustiqError } from "../errors.ts";
import { ownedPorts } from "../node.ts";
import { type Ports, Runtime } from "../runtime.ts";
import { configure } from "./configure.ts";
import { exitCodes } from "./failure.ts";
import type { RunOptions } from "./groups/device.ts";
import { readLogLine } from "./lines.ts";
import { onStopSignal } from "./signals.ts";
import type { Terminal } from "./terminal.ts";
import { answerForUncaught } from "./uncaught.ts";

/** `rustiq run`. Resolves to the exit code when the device has stopped. */
export async function run(options: RunOptions, terminal: Terminal): Promise<number> {
  let configuration = await configure(options, terminal);
  const show = options.example === true ? await import("./example.ts") : undefined;
  if (show !== undefined) configuration = show.addExampleApplications(configuration);
  const ports = ownedPorts(configuration, (line) =>
    terminal.tell(terminal.isWatched ? readLogLine(line, terminal) : line.trimEnd()),
  );
  const runtime = new Runtime(configuration, ports, []);
  answerForUncaught(runtime, ports);
  const isSent = await show?.sendExample(configuration, ports);
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

/** Until a signal says otherwise, also during the start. */
async function serve(runtime: Runtime, ports: Ports, terminal: Terminal): Promise<number> {
  let forget = () => {};
  const wanted = followEnd(runtime, terminal);
  const stopped = new Promise<void>((resolve) => {
    forget = onStopSignal(ports.clock, () => {
      if (terminal.isWatched) terminal.tell("stopping; a second signal ends at once");
      resolve(runtime.stop());
    });
    wanted.onEnd(() => resolve(runtime.stop()));
  });
  try {
    await runtime.start();
    await stopped;
    return wanted.code ?? exitCodes.done;
  } catch (thrown) {
    if (isEnd(thrown)) return wanted.code ?? exitCodes.done;
    throw thrown;
  } finally {
    forget();
  }
}

/** What ends the device from within, and the exit code that tells a supervisor of it. */
function followEnd({ events }: Runtime, terminal: Terminal) {
  let code: number | undefined;
  let act = () => {};
  const end = (found: number, message: string) => {
    if (code !== undefined) return;
    code = found;
    terminal.tell(message);
    act();
  };
  events.on("restart", ({ service }) =>
    end(exitCodes.restart, `${service} asks for a restart: start the device again`),
  );
  events.on("fenced", ({ reason }) => end(exitCodes.owned, reason));
  return {
    get code() {
      return code;
    },
    onEnd: (then: () => void) => {
      act = then;
    },
  };
}

/** Whether a start was broken off by what has been told already: a signal, or an end from within. */
function isEnd(thrown: unknown): boolean {
  return thrown instanceof RustiqError && (thrown.code === "start-stopped" || thrown.code === "state-fenced");
}

async function runOnce(runtime: Runtime, ports: Ports, deliverSeconds: number, terminal: Terminal): Promise<number> {
  const reasons = new Map<string, string>();
  runtime.events.on("store", ({ store, reason }) => reasons.set(store, reason ?? ""));
  let isInterrupted = false;
  const wanted = followEnd(runtime, terminal);
  wanted.onEnd(() => void runtime.stop());
  const forget = onStopSignal(ports.clock, () => {
    isInterrupted = true;
    void runtime.stop();
  });
  const interruption = "interrupted: what was not begun is done at the next start";
  try {
    await runtime.prepare();
    const { unreachable, undelivered } = await runtime.runOnce(deliverSeconds * 1000);
    if (wanted.code !== undefined) return wanted.code;
    const left = [
      ...unreachable.map((service) => `not looked at: incoming/${service}/commands.json`),
      ...undelivered.map((place) => `not delivered within ${deliverSeconds} s: ${place}`),
      ...(isInterrupted ? [interruption] : []),
    ];
    if (left.length === 0) return exitCodes.done;
    for (const line of left) terminal.tell(line);
    for (const [store, reason] of reasons) if (reason !== "") terminal.tell(`store ${store}: ${reason}`);
    terminal.tell("hint: nothing is lost; it goes on at the next start. `rustiq doctor` tries every store.");
    return exitCodes.failed;
  } catch (thrown) {
    if (!isEnd(thrown)) throw thrown;
    if (wanted.code !== undefined) return wanted.code;
    terminal.tell(interruption);
    return exitCodes.failed;
  } finally {
    await runtime.stop();
    forget();
  }
}
