import { maskValue } from "../../config/secrets.ts";
import type { Context } from "../../plugin/contract.ts";
import { APPLICATIONS, DEVICE, STATE, STORES } from "../../plugin/tokens.ts";
import { withinLimit } from "../../ports/clock.ts";
import type { Life } from "./life.ts";
import type { IsolatedParts } from "./parts.ts";
import type { StartGiven } from "./protocol.ts";

/** Starts the plugin in one life of its process, with what the device offers it. Throws what its `start` throws, and `LinkEnded`. */
export async function startIn(
  life: Life,
  context: Context,
  { guests, stateDir, userId, resultBytes, clock, startLimitMs }: IsolatedParts,
): Promise<void> {
  const device = context.get(DEVICE);
  if (userId !== undefined) await guests.giveFolder(device.folder, stateDir, userId);
  const given: StartGiven = {
    name: context.name,
    device,
    resultBytes,
    state: context.get(STATE).entries(),
    // Other programs' secrets are none of its business.
    applications: maskValue(context.get(APPLICATIONS), () => undefined) as StartGiven["applications"],
    stores: context
      .get(STORES)
      .all()
      .map(({ name, backend, can }) => ({ name, backend, can })),
  };
  const onLimit = () => new Error(`it takes longer than ${startLimitMs} ms to start`);
  await withinLimit(clock, startLimitMs, undefined, onLimit, () => life.link.ask("start", given));
}
