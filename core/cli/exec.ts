import { fault, RustiqError } from "../errors.ts";
import { didYouMean } from "../near.ts";
import { ownedPorts } from "../node.ts";
import type { Outcome } from "../plugin/surroundings.ts";
import { Runtime } from "../runtime.ts";
import { configure, quietLevel } from "./configure.ts";
import { showFault } from "./entries.ts";
import { exitCodes } from "./failure.ts";
import type { ExecOptions } from "./groups/device.ts";
import { readLogLine } from "./lines.ts";
import { onStopSignal } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

/** `rustiq exec`. Exit 1 when the result is an error. */
export async function exec(expression: string, options: ExecOptions, terminal: Terminal): Promise<number> {
  const configured = await configure(options, terminal);
  const configuration = { ...configured, log: { level: quietLevel(configured) } };
  const ports = ownedPorts(configuration, (line) => terminal.tell(readLogLine(line, terminal)));
  const runtime = new Runtime(configuration, ports, []);
  const forget = onStopSignal(ports.clock, () => void runtime.stop());
  const restart = new Promise<string>((resolve) => {
    runtime.events.on("restart", ({ service }) => resolve(service));
  });
  let outcome: Outcome | string;
  try {
    await runtime.prepare().catch((thrown: unknown) => {
      throw pointToSend(thrown);
    });
    outcome = await Promise.race([runtime.execute(expression, chooseService(runtime, options.service)), restart]);
  } finally {
    await runtime.stop();
    forget();
  }
  if (typeof outcome === "string") {
    terminal.tell(`${outcome} asks for a restart of the device: start it again`);
    return exitCodes.restart;
  }
  showOutcome(expression, outcome, options, terminal);
  return outcome.status === "ok" ? exitCodes.done : exitCodes.failed;
}

/** Where a device runs already, there is another way to it. */
function pointToSend(thrown: unknown): unknown {
  if (!(thrown instanceof RustiqError) || thrown.code !== "state-owned") return thrown;
  const hint = 'The device is running: send it the command with `rustiq send SERVICE "..." --wait`.';
  return new RustiqError(thrown.code, thrown.message, { hint });
}

/** The service that a bare name belongs to. Throws "service-unknown". */
function chooseService({ boot, configuration }: Runtime, asked: string | undefined): string {
  const names = [
    ...boot.services.map(({ name }) => name),
    ...configuration.applications.flatMap(({ serviceName }) => serviceName ?? []),
  ];
  if (asked === undefined) return names[0] ?? "device";
  if (names.includes(asked)) return asked;
  const hint = didYouMean(asked, names) ?? `Services: ${names.join(", ")}.`;
  throw fault("service-unknown", { service: asked }, { hint });
}

function showOutcome(expression: string, outcome: Outcome, options: ExecOptions, terminal: Terminal): void {
  const { status, result, error } = outcome;
  if (options.json === true) {
    terminal.printJson({ status, result, ...(error === undefined ? {} : { error }) });
  } else if (status === "ok") {
    terminal.printJson(result);
  } else {
    const head = terminal.paintMessage("red", `error[${error?.code ?? "command-failed"}]`);
    terminal.tell(`${head}: ${error === undefined ? String(result) : showFault(expression, error, terminal)}`);
  }
}
