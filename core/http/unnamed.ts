import { fault, RustiqError } from "../errors.ts";
import { commandsOf, own, type ServiceSet } from "../host/services.ts";
import { nearest } from "../near.ts";
import { showName } from "../plugin/found.ts";

function sayIt(service: string, command: string): string {
  return `Send { "service": ${JSON.stringify(service)}, "command": ${JSON.stringify(command)} } with its arguments.`;
}

/** Why a call that names no service cannot be understood, in the terms of the API; undefined where its command alone says enough. */
export function refuseUnnamed(services: ServiceSet, command: string): RustiqError | undefined {
  const bare = services.offeringBare(command);
  if (bare.length === 1) return undefined;
  const owners = bare.length > 1 ? bare : services.all().filter((one) => own(commandsOf(one), command) !== undefined);
  const names = owners.map(({ name }) => name);
  const shown = showName(command);
  const [first] = names;
  if (first !== undefined) {
    const more = names.length === 1 ? "" : ` Or another of these services: ${names.slice(1).join(", ")}.`;
    const hint = `${sayIt(first, command)}${more}`;
    if (bare.length > 1) return fault("command-ambiguous", { command: shown, services: names.join(" and ") }, { hint });
    const has = names.length === 1 ? "has" : "have";
    return new RustiqError(
      "command-unknown",
      `no service was named; ${names.join(" and ")} ${has} the command ${shown}`,
      { hint },
    );
  }
  const hint = tellNear(services, command) ?? "GET /v1/commands lists every service with its commands.";
  return new RustiqError("command-unknown", `no service was named, and none has the command ${shown}`, { hint });
}

/** `lamp.set_level`, or a name that is nearly right. */
function tellNear(services: ServiceSet, command: string): string | undefined {
  const dot = command.lastIndexOf(".");
  const [prefix, rest] = [command.slice(0, Math.max(0, dot)), command.slice(dot + 1)];
  const asked = services.find(prefix);
  if (asked !== undefined && own(commandsOf(asked), rest) !== undefined) return sayIt(prefix, rest);
  const all = services
    .all()
    .flatMap((one) => Object.keys(commandsOf(one)).map((name) => ({ service: one.name, name })));
  const near = nearest(
    command,
    all.map(({ name }) => name),
  );
  const owner = all.find(({ name }) => name === near);
  return owner && `did you mean '${owner.name}'? ${sayIt(owner.service, owner.name)}`;
}
