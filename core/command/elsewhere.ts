import type { Invocation } from "../../grammar/index.ts";
import type { Configuration } from "../config/configuration.ts";
import { callRemote, remoteToken } from "../host/remote.ts";
import type { Conceal } from "../plugin/bind.ts";
import type { Clock, Random } from "../plugin/surroundings.ts";
import type { Prepared } from "./prepared.ts";
import { readSendable } from "./sendable.ts";

/**
 * A command of a service in another process, ready to be sent. It counts as one that must not be repeated: nobody here knows what it
 * does. Throws the fault of an argument that JSON does not have.
 */
export function prepareElsewhere(
  target: {
    readonly service: { readonly name: string; readonly port: number };
    readonly command: string;
    readonly invocation: Invocation;
  },
  parts: {
    readonly configuration: Configuration;
    readonly clock: Clock;
    readonly random: Random;
    readonly conceal: Conceal;
  },
): Prepared {
  const { service, command, invocation } = target;
  const { configuration, clock, random, conceal } = parts;
  const args = invocation.args.map((literal) => readSendable(literal, [], conceal));
  const kwargs = Object.fromEntries(
    invocation.kwargs.map(({ name, value }) => [name.text, readSendable(value, [name.text], conceal)]),
  );
  const { commandMs, resultBytes } = configuration.limits;
  const token = remoteToken(configuration.applications, service);
  const call = { clock, random, service, token, command, args, kwargs, resultBytes, conceal };
  return {
    service: service.name,
    command,
    effect: "once",
    run: ({ signal, limitMs = commandMs }) =>
      callRemote({ ...call, id: random.hex(8), limitMs: Math.min(limitMs, commandMs), signal }),
  };
}
