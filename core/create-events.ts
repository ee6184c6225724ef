import { reasonOf } from "./errors.ts";
import { Events } from "./events.ts";
import type { Log } from "./plugin/surroundings.ts";

export type { Events };

/** The events of a runtime. A request to be started again that nobody listens to is told to the log: no runtime can do it itself. */
export function createEvents(log: Log): Events {
  const events = new Events((thrown) => {
    log.error(`a listener of the runtime's events failed: ${reasonOf(thrown)}`, { error: thrown });
  });
  events.on("restart", ({ service }) => {
    if (events.listenerCount("restart") > 1) return;
    log.error(`service ${service} asks for a restart of the device, and nobody listens`, {
      service,
      hint: "Until then its documents wait. At the event `restart` (runtime.events) stop this runtime and start a new one.",
    });
  });
  return events;
}
