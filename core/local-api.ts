import type { Invoker } from "./command/invoke.ts";
import type { Configuration } from "./config/configuration.ts";
import { RustiqError, reasonOf } from "./errors.ts";
import type { ServiceSet } from "./host/services.ts";
import type { Ports } from "./ports/ports.ts";

/**
 * Serves the local API where the configuration gives it a port; answers its release. It is a convenience: without its port the device
 * still does its work, and says so in the log.
 */
export async function openLocalApi(
  configuration: Configuration,
  ports: Ports,
  parts: { readonly services: ServiceSet; readonly invoker: Invoker; readonly signal: AbortSignal },
): Promise<(() => Promise<void>) | undefined> {
  const { http, stateDir, deviceId, limits } = configuration;
  if (http === undefined) return undefined;
  const { serveApi } = await import("./http/server.ts");
  const of = { deviceId, version: ports.modules.version(), port: http.port, commandMs: limits.commandMs };
  try {
    return await serveApi({ ...ports, of, stateDir, ...parts });
  } catch (thrown) {
    ports.log.error(reasonOf(thrown), { hint: thrown instanceof RustiqError ? thrown.hint : undefined });
    return undefined;
  }
}
