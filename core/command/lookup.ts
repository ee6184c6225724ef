import type { Invocation, Name } from "../../grammar/index.ts";
import { rereadAsCommand } from "../../grammar/service.ts";
import { fault, type RustiqError } from "../errors.ts";
import { commandsOf, own, type Service, type ServiceSet } from "../host/services.ts";
import { didYouMean, nearest } from "../near.ts";
import { type Conceal, showName } from "../plugin/found.ts";

/** An invocation and who answers it. */
export interface Target {
  readonly service: Service;
  readonly command: string;
  readonly invocation: Invocation;
}

/**
 * What a name means (SPEC 3.3). `addressed` is the service of the document, or the owner of a stored expression; only in the latter
 * may `call_service('display_image', …)` name the owner's command instead of a service. `conceal` masks what a message repeats of
 * the expression.
 */
export function lookUp(
  services: ServiceSet,
  invocation: Invocation,
  addressed: string,
  isStored: boolean,
  conceal: Conceal = (text) => text,
): Target {
  const show = (name: string) => showName(conceal(name, []));
  const named = invocation.service;
  if (named !== null) {
    const service = services.find(named.text);
    if (service !== undefined) return targetIn(service, invocation, show);
    const owner = services.find(addressed);
    if (isStored && owner !== undefined && mayHave(owner, named.text)) {
      return targetIn(owner, rereadAsCommand(invocation), show);
    }
    throw unknownService({ services, named, owner, isStored, shown: show(named.text) });
  }
  const name = invocation.command.text;
  const home = services.find(addressed);
  if (home !== undefined && (home.status === "remote" || own(commandsOf(home), name) !== undefined)) {
    return targetIn(home, invocation, show);
  }
  const offering = services.offeringBare(name);
  if (offering.length === 1) return targetIn(offering[0] as Service, invocation, show);
  if (offering.length > 1) {
    const names = offering.map((service) => service.name).join(" and ");
    throw fault("command-ambiguous", { command: name, services: names }, { span: invocation.command.span });
  }
  if (home?.status === "failed" && home.plugin === undefined) return targetIn(home, invocation, show);
  const known = [
    ...(home === undefined ? [] : Object.keys(commandsOf(home))),
    ...services
      .all()
      .flatMap((service) => Object.entries(commandsOf(service)).flatMap(([bare, it]) => (it.bare ? [bare] : []))),
  ];
  const listed = known.length === 0 ? undefined : `Known here: ${[...new Set(known)].join(", ")}.`;
  const hint =
    tellOwner(services, name) ??
    tellService(services, name) ??
    didYouMean(name, known) ??
    tellNearElsewhere(services, name) ??
    listed;
  const asked = `service ${show(addressed)}`;
  const where = home === undefined ? `${asked}, which this device does not have,` : asked;
  throw fault("command-unknown", { where, command: show(name) }, { span: invocation.command.span, hint });
}

/** In a stored expression the name may have been meant as a command of the owner; in a document that has to be said. */
function unknownService({
  services,
  named,
  owner,
  isStored,
  shown,
}: {
  readonly services: ServiceSet;
  readonly named: Name;
  readonly owner: Service | undefined;
  readonly isStored: boolean;
  readonly shown: string;
}): RustiqError {
  const commands = owner === undefined ? [] : Object.keys(commandsOf(owner));
  const hint = isStored
    ? didYouMean(named.text, [...services.names(), ...commands])
    : (didYouMean(named.text, services.names()) ?? tellOwner(services, named.text));
  const unknown = hint ?? services.unknown(named.text).hint;
  return fault("service-unknown", { service: shown }, { span: named.span, hint: unknown });
}

function tellOwner(services: ServiceSet, command: string, what = "it"): string | undefined {
  const owner = services.all().find((service) => own(commandsOf(service), command) !== undefined);
  return owner && `Service ${owner.name} has ${what}: call_service('${owner.name}', '${command}', ...).`;
}

/**
 * `display.display_image(...)`, or a call_service that leaves out the command. Only a command that the service has is proposed:
 * following a hint must not end in the next refusal.
 */
function tellService(services: ServiceSet, name: string): string | undefined {
  const dot = name.lastIndexOf(".");
  const service = services.find(dot < 0 ? name : name.slice(0, dot));
  if (service === undefined) return undefined;
  const known = Object.keys(commandsOf(service));
  const asked = dot < 0 ? "" : name.slice(dot + 1);
  const command = known.includes(asked) ? asked : (nearest(asked, known) ?? "<command>");
  return `${service.name} is a service: call_service('${service.name}', '${command}', ...).`;
}

function tellNearElsewhere(services: ServiceSet, command: string): string | undefined {
  const near = nearest(
    command,
    services.all().flatMap((service) => Object.keys(commandsOf(service))),
  );
  return near === undefined ? undefined : tellOwner(services, near, near);
}

/** A service whose commands are not known may have any: another process decides itself, a failed one says why. */
function mayHave(service: Service, command: string): boolean {
  const isKnown = "plugin" in service && service.plugin !== undefined;
  return !isKnown || own(commandsOf(service), command) !== undefined;
}

function targetIn(service: Service, invocation: Invocation, show: (name: string) => string): Target {
  const command = invocation.command.text;
  if (!mayHave(service, command)) {
    const names = Object.keys(commandsOf(service));
    const hint = didYouMean(command, names) ?? `Its commands: ${names.join(", ")}.`;
    const where = `service ${service.name}`;
    throw fault("command-unknown", { where, command: show(command) }, { span: invocation.command.span, hint });
  }
  return { service, command, invocation };
}
