import { type LookupAddress, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import type { Agent } from "undici";
import { isAllowed, plainHost, refusalOf } from "./address.ts";
import { transferFault } from "./errors.ts";

/** RFC 6761, 6.3: these names are loopback whatever a resolver says. */
const loopbackName = /(^|\.)localhost$/;

/** Turns a name into all of its addresses; the system's resolver but in tests. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** The system's resolver. Not abortable; the request that waits for it is. */
export const resolveBySystem: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    lookup(hostname, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
  });

/**
 * An agent whose connections go to addresses that were checked: the name is resolved once, by the connection itself, so
 * that a resolver which answers differently the second time (rebinding) is never asked a second time.
 */
export async function openAgent(
  allowedHosts: readonly string[],
  resolve: Resolve,
  signal: AbortSignal,
): Promise<Agent> {
  const { Agent, buildConnector } = await import("undici");
  return new Agent({
    pipelining: 1,
    connections: 1,
    connect: (options, callback) => {
      const url = new URL(`${options.protocol}//${options.host ?? options.hostname}`);
      const allowed = isAllowed(url, allowedHosts);
      const refusal = allowed ? undefined : refusalOfLiteral(url);
      if (refusal !== undefined) return callback(transferFault("address-refused", refusal), null);
      // Without the signal a name or a host that never answers would hold the agent for the connector's own ten seconds.
      buildConnector({ lookup: lookupChecked(url, allowed, resolve), signal })(options, callback);
    },
  });
}

/**
 * Literal addresses never pass a lookup. The URL parser has already turned short, octal, hexadecimal and decimal spellings
 * into the usual one.
 */
function refusalOfLiteral(url: URL): string | undefined {
  const host = plainHost(url.hostname);
  const refusal = isIP(host) === 0 ? undefined : refusalOf(host);
  return refusal === undefined ? undefined : `${url.host} is refused: ${host} is ${refusal}`;
}

/** One address that is refused refuses the name: which one a connection would take is not ours to guess. */
function lookupChecked(url: URL, allowed: boolean, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    if (!allowed && loopbackName.test(plainHost(hostname))) {
      return callback(transferFault("address-refused", `${url.host} is refused: the name means this computer`), "", 0);
    }
    const answer = (error: Error | null, addresses: readonly LookupAddress[]) => {
      const [first] = addresses;
      if (error !== null || first === undefined) callback(error ?? new Error(`${hostname} has no address`), "", 0);
      else if (options.all === true) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    };
    resolve(hostname).then(
      (addresses) => {
        const refused = allowed ? undefined : addresses.find(({ address }) => refusalOf(address) !== undefined);
        if (refused === undefined) return answer(null, addresses);
        const why = `${url.host} is refused: it resolves to ${refused.address}, ${refusalOf(refused.address)}`;
        answer(transferFault("address-refused", why), []);
      },
      (error: Error) => answer(error, []),
    );
  };
}
