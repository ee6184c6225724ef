import { didYouMean } from "../../near.ts";
import type { Clock } from "../../plugin/surroundings.ts";
import { withinLimit } from "../../ports/clock.ts";
import { exchange } from "./exchange.ts";

/** Milliseconds that a process gets to say what it offers; it is only for a hint. */
const namesMs = 1000;
const largestDescription = 256 * 1024;
const mostShown = 20;

/**
 * What may have been meant by a command that the other process does not know, from its `GET /v1/commands`. Asked only then: neither
 * a call nor the check of a document needs it. Undefined when the process does not say; never throws.
 */
export async function findNearCommand(
  asked: {
    readonly service: { readonly name: string; readonly port: number };
    readonly token: string | undefined;
    readonly command: string;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
  limitMs: number,
): Promise<string | undefined> {
  const { service, token, command, clock } = asked;
  const request = {
    port: service.port,
    method: "GET",
    path: "/v1/commands",
    token,
    largest: largestDescription,
  } as const;
  try {
    const onLimit = () => new Error("it does not say what it offers");
    const { body } = await withinLimit(clock, Math.min(limitMs, namesMs), asked.signal, onLimit, (signal) =>
      exchange({ ...request, signal }),
    );
    const names = readNames(JSON.parse(body.toString("utf8")), service.name);
    if (names.length === 0) return undefined;
    const more = names.length > mostShown ? `, and ${names.length - mostShown} more` : "";
    return didYouMean(command, names) ?? `Its commands: ${names.slice(0, mostShown).join(", ")}${more}.`;
  } catch {
    return undefined;
  }
}

/** `{ services: [{ service, commands: [{ name }] }] }`, as the runtime itself answers. */
function readNames(answer: unknown, name: string): readonly string[] {
  const services = listIn(answer, "services");
  const own = services.find((one) => memberOf(one, "service") === name);
  return listIn(own, "commands")
    .map((command) => memberOf(command, "name"))
    .filter((text): text is string => typeof text === "string" && /^[\w.]{1,64}$/.test(text));
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = memberOf(value, name);
  return Array.isArray(list) ? list : [];
}
