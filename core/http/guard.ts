import type { IncomingMessage } from "node:http";
import { fault } from "../errors.ts";
import type { Refusal } from "./answer.ts";
import { isSame } from "./token.ts";

/** Who is served: programs on the device that hold the token. Answers why another one is not. */
export type Guard = (request: IncomingMessage) => Refusal | undefined;

/**
 * A page in a browser on the device is a stranger too: it may send requests to loopback, under a name that leads there, but not
 * without its `Origin`, and not with a `Host` of its choice.
 */
export function createGuard(port: number, token: string): Guard {
  const hosts = ["127.0.0.1", "localhost"].flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])]);
  const refused = (status: number, reason: string, more: { hint?: string; headers?: Record<string, string> } = {}) => ({
    ...{ status, headers: more.headers },
    fault: fault("request-refused", { reason }, { hint: more.hint }),
  });
  return ({ headers }) => {
    if (!hosts.includes((headers.host ?? "").toLowerCase()))
      return refused(403, `its Host is not ${hosts.join(" or ")}`);
    if (headers.origin !== undefined) return refused(403, "it has an Origin, and web pages are not served");
    const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
    if (given !== undefined && isSame(given, token)) return undefined;
    return refused(401, given === undefined ? "it brings no token" : "its token is not that of this device", {
      hint: "Send Authorization: Bearer with the text of the file http-token in the state folder.",
      headers: { "www-authenticate": 'Bearer realm="rustiq"' },
    });
  };
}
