import type { Invocation } from "../../grammar/index.ts";
import { rereadAsCommand } from "../../grammar/index.ts";
import { fault } from "../errors.ts";
import { commandsOf, own, type Service, type ServiceSet } from "../host/services.ts";
import { didYouMean } from "../near.ts";

/** An invocation and who answers it. */
export interface Target {
  readonly service: Service;
  readonly command: string;
  readonly invocation: Invocation;
}

/**
 * What a name means (SPEC 3.3). `addressed` is the service of the document, or the owner of a stored expression; only in the latter
 * may `call_service('display_image', …)` name the owner's command instead of a service.
 */
export function lookUp(services: ServiceSet, invocation: Invocation, addressed: string, isStored: boolean): Target {
  const named = invocation.service;
  if (named !== null) {
    const service = services.find(named.text);
    if (service !== undefined) return targetIn(service, invocation);
    const owner = services.find(addressed);
    if (isStored && owner !== undefined && own(commandsOf(owner), named.text) !== undefined) {
      return targetIn(owner, rereadAsCommand(invocation));
    }
    const unknown = services.unknown(named.text);
    throw fault("service-unknown", { service: named.text }, { span: named.span, hint: unknown.hint });
  }
  const name = invocation.command.text;
  const home = services.find(addressed);
  if (home !== undefined && (home.status === "remote" || own(commandsOf(home), name) !== undefined)) {
    return targetIn(home, invocation);
  }
  const offering = services.offeringBare(name);
  if (offering.length === 1) return targetIn(offering[0] as Service, invocation);
  if (offering.length > 1) {
    const names = offering.map((service) => service.name).join(" and ");
    throw fault("command-ambiguous", { command: name, services: names }, { span: invocation.command.span });
  }
  if (home?.status === "failed" && home.plugin === undefined) return targetIn(home, invocation);
  const known = [
    ...(home === undefined ? [] : Object.keys(commandsOf(home))),
    ...services
      .all()
      .flatMap((service) => Object.entries(commandsOf(service)).flatMap(([bare, it]) => (it.bare ? [bare] : []))),
  ];
  const elsewhere = services.all().find((service) => own(commandsOf(service), name) !== undefined);
  const hint =
    elsewhere === undefined
      ? (didYouMean(name, known) ?? `Known here: ${[...new Set(known)].join(", ")}.`)
      : `Service ${elsewhere.name} has it: call_service('${elsewhere.name}', '${name}', ...).`;
  throw fault(
    "command-unknown",
    { where: `service ${addressed}`, command: name },
    { span: invocation.command.span, hint },
  );
}

function targetIn(service: Service, invocation: Invocation): Target {
  const command = invocation.command.text;
  const commands = commandsOf(service);
  const isKnown = "plugin" in service && service.plugin !== undefined;
  if (isKnown && own(commands, command) === undefined) {
    const names = Object.keys(commands);
    const hint = didYouMean(command, names) ?? `Its commands: ${names.join(", ")}.`;
    const where = `service ${service.name}`;
    throw fault("command-unknown", { where, command }, { span: invocation.command.span, hint });
  }
  return { service, command, invocation };
}
