import type { IncomingMessage, ServerResponse } from "node:http";
import type { Invoker } from "../command/invoke.ts";
import { fault } from "../errors.ts";
import type { ServiceSet } from "../host/services.ts";
import { describeCommands, spellCommand } from "../plugin/describe.ts";
import { answer, type Refusal } from "./answer.ts";
import { refuseBody } from "./body.ts";
import { serveCall } from "./call.ts";
import { type ApiOf, describeApi } from "./openapi.ts";

export interface Route {
  readonly method: "GET" | "POST";
  /** What the headers already tell against a request. */
  refuse?(request: IncomingMessage): Refusal | undefined;
  /** Answers, or says why it does not. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<Refusal | undefined>;
}

export type Routes = Readonly<Record<string, Route>>;

/** What the local API serves (SPEC 6). */
export function createRoutes(parts: {
  readonly services: ServiceSet;
  readonly invoker: Invoker;
  readonly signal: AbortSignal;
  readonly of: ApiOf;
}): Routes {
  const { services } = parts;
  const get = (describe: () => unknown): Route => ({
    method: "GET",
    serve: async (_, response) => {
      answer(response, describe());
      return undefined;
    },
  });
  return {
    "/v1/call": {
      method: "POST",
      refuse: refuseBody,
      serve: (request, response) => serveCall(request, response, parts),
    },
    "/v1/commands": get(() => ({
      services: services.all().map((service) => ({
        service: service.name,
        status: service.status,
        commands:
          "plugin" in service && service.plugin !== undefined ? describeCommands(service.plugin).map(spellCommand) : [],
      })),
    })),
    "/v1/openapi.json": get(() => {
      // Of one that could not be loaded nothing is known; it answers with the reason.
      const known = services.all().filter((one) => one.status !== "failed" || one.plugin !== undefined);
      return describeApi(parts.of, known);
    }),
  };
}

/** The route of a request, or why there is none. A query says nothing. */
export function findRoute(routes: Routes, { method = "", url = "" }: IncomingMessage): Route | Refusal {
  const [path = ""] = url.split("?", 1);
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return { status: 404, fault: fault("route-unknown", { path: path.slice(0, 200) }) };
  if (route.method === method) return route;
  const refused = fault("request-method", { method: method.slice(0, 20), path, allowed: route.method });
  return { status: 405, fault: refused, headers: { allow: route.method } };
}
