import type { Application, Log } from "../plugin/surroundings.ts";
import { answersAs, type Loading } from "./load.ts";
import { ServiceSet } from "./services.ts";

/**
 * The services that a device with these plugins would have, none of them started: enough to look names up and to bind arguments.
 * Nothing may be run through them.
 */
export function declareServices(loading: Loading, applications: readonly Application[], log: Log): ServiceSet {
  const services = new ServiceSet();
  for (const one of loading.failed) {
    const reason = one.faults.map(({ message }) => message).join("; ");
    services.put({ name: answersAs(one), status: "failed", reason });
  }
  for (const { plugin } of loading.loaded) {
    if (plugin.kind === "service") {
      services.put({ name: plugin.service, status: "running", plugin, handlers: {}, log });
    }
  }
  for (const { serviceName, servicePort } of applications) {
    if (serviceName === undefined || servicePort === undefined || services.has(serviceName)) continue;
    services.put({ name: serviceName, status: "remote", port: servicePort });
  }
  return services;
}
