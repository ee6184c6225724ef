import { formatLiteral, fromValue } from "../../grammar/index.ts";
import { loadPlugins } from "../host/load.ts";
import { describeApi } from "../http/openapi.ts";
import {
  type CommandDescription,
  describeCommands,
  type ParameterDescription,
  spellCommand,
} from "../plugin/describe.ts";
import { nodeClock } from "../ports/clock.ts";
import { nodeGuests } from "../ports/guests.ts";
import { nodeModules } from "../ports/modules.ts";
import { nodeRandom } from "../ports/random.ts";
import { configure, quietLog } from "./configure.ts";
import { exitCodes } from "./failure.ts";
import type { ServicesOptions } from "./groups/inspection.ts";
import type { Terminal } from "./terminal.ts";

interface ListedService {
  readonly service: string;
  readonly about: string;
  readonly commands: readonly CommandDescription[];
}

/** `rustiq services`: what the configured definitions say; nothing is started. */
export async function services(options: ServicesOptions, terminal: Terminal): Promise<number> {
  const configuration = await configure(options, terminal);
  const modules = nodeModules();
  const ports = { modules, clock: nodeClock(), random: nodeRandom(), guests: nodeGuests() };
  const loading = await loadPlugins(configuration, [], { ...ports, log: quietLog(configuration, terminal) });
  const listed: ListedService[] = loading.loaded.flatMap(({ plugin }) =>
    plugin.kind === "service"
      ? [{ service: plugin.service, about: plugin.about, commands: describeCommands(plugin) }]
      : [],
  );
  const remote = configuration.applications.flatMap(({ serviceName: service, servicePort: port, applicationId }) => {
    const isOwned = listed.some((own) => own.service === service);
    return service === undefined || port === undefined || isOwned
      ? []
      : [{ service, port, application: applicationId }];
  });
  if (options.openapi === true) {
    const { deviceId, http, limits } = configuration;
    const of = { deviceId, version: modules.version(), port: http?.port, commandMs: limits.commandMs };
    const known = loading.loaded.flatMap(({ plugin }) =>
      plugin.kind === "service" ? [{ name: plugin.service, plugin }] : [],
    );
    terminal.printJson(describeApi(of, [...known, ...remote.map(({ service }) => ({ name: service }))]));
    return exitCodes.done;
  }
  const failed = loading.failed.map(({ name, use, faults }) => ({
    name,
    use,
    faults: faults.map(({ code, message, hint }) => ({ code, message, hint })),
  }));
  if (options.json === true) {
    const spelled = listed.map((one) => ({ ...one, commands: one.commands.map(spellCommand) }));
    terminal.printJson({ services: spelled, remote, failed });
    return exitCodes.done;
  }
  terminal.print(
    [
      ...listed.map((service) => showService(service, terminal)),
      ...remote.map(({ service, port, application }) => {
        const head = terminal.paint("bold", service);
        return `${head}  answered by application ${application} on port ${port}; it knows its own commands`;
      }),
      ...failed.map(({ name, faults }) => {
        const told = faults.map(({ message, hint }) => (hint === undefined ? message : `${message}\n  hint: ${hint}`));
        return `${terminal.paint("bold", name)}  ${terminal.paint("red", "cannot be loaded")}: ${told.join("\n  ")}`;
      }),
    ].join("\n\n"),
  );
  return exitCodes.done;
}

function showService({ service, about, commands }: ListedService, terminal: Terminal): string {
  const lines = commands.map((command) => {
    const traits = [command.effect, ...(command.bare ? ["bare"] : [])].join(", ");
    return `  ${signature(command)}  ${terminal.paint("dim", `[${traits}]`)}\n      ${command.about}`;
  });
  return [`${terminal.paint("bold", service)}  ${about}`, ...lines].join("\n");
}

/** As Python would write it: `delete_job(service, job)`, `run(cron='', enabled=True)`; `[x]` may be left out. */
function signature({ name, parameters }: CommandDescription): string {
  return `${name}(${parameters.map(showParameter).join(", ")})`;
}

function showParameter({ name, required, schema }: ParameterDescription): string {
  if (required) return name;
  const isObject = typeof schema === "object" && schema !== null && !Array.isArray(schema);
  if (!isObject || !("default" in schema)) return `[${name}]`;
  return `${name}=${formatLiteral(fromValue(schema["default"]))}`;
}
