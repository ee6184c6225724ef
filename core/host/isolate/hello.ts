import { fault, RustiqError } from "../../errors.ts";
import type { Context } from "../../plugin/contract.ts";
import { withinLimit } from "../../ports/clock.ts";
import { gatherFaults } from "../faults.ts";
import type { CallSet } from "./call-set.ts";
import { definitionSchema, type GuestDefinition } from "./definition.ts";

import { Life, silenceLimitMs } from "./life.ts";
import { LinkEnded } from "./link.ts";
import { makeHearing, makeOffers } from "./offers.ts";
import type { IsolatedParts } from "./parts.ts";
import { helloSchema } from "./protocol.ts";
import { Reads } from "./reads.ts";
import { reviveError } from "./wire.ts";

/** Bytes of a guest's message beside the result that it may carry. */
const messageOverhead = 2 * 1024 * 1024;

/** Milliseconds for a piece of a body that the plugin sends. */
const bodyLimitMs = 30_000;
/** Milliseconds until a new process has to answer, whatever else the machine does. */
const bootLimitMs = 30_000;

/** Starts the process of a guest. `context` is what its plugin was started with, once it was. Throws why it does not start. */
export async function beginLife(
  parts: IsolatedParts,
  context: () => Context | undefined,
  calls: CallSet,
): Promise<Life> {
  const { guests, clock, memoryBytes, userId, resultBytes, log } = parts;
  // Where the device works, as for every plugin; another user may not be allowed to be there.
  const folder = userId === undefined ? undefined : "/";
  const reads = new Reads();
  const onLimit = () => new Error(`a body of the plugin gives nothing for ${bodyLimitMs} ms`);
  const askBody = (given: object) =>
    withinLimit(clock, bodyLimitMs, undefined, onLimit, (signal) => life.link.ask("body", given, signal));
  const ownLog = () => context()?.log ?? log;
  const life = await Life.begin({
    ...{ guests, clock, memoryBytes, userId, folder },
    messageBytes: resultBytes + messageOverhead,
    silenceMs: parts.silenceMs ?? silenceLimitMs,
    methods: makeOffers({ context, calls, reads, askBody }),
    hearing: makeHearing(ownLog),
    onOutput: (line) => ownLog().info(line, { from: "standard output or error" }),
  });
  void life.death.then(() => reads.closeAll());
  return life;
}

/** What the guest says of its plugin. Throws what is wrong with that. */
export async function greet(
  { entry, folder, importLimitMs, clock }: IsolatedParts,
  life: Life,
): Promise<{ readonly file: string; readonly definition: GuestDefinition }> {
  const { place, use } = entry;
  const failed = (reason: string) => fault("plugin-import", { place, use, file: use, reason });
  const told = await withinLimit(
    clock,
    bootLimitMs,
    undefined,
    () => failed("its process does not answer"),
    () => life.link.ask("ping", null),
  )
    .then(() => {
      const onLimit = () => failed(`it takes longer than ${importLimitMs} ms to load`);
      // The guest has the same limit for the module itself, and a second for everything else.
      return withinLimit(clock, importLimitMs + 1000, undefined, onLimit, () =>
        life.link.ask("hello", { ...entry, folder }),
      );
    })
    .catch(async (thrown: unknown) => {
      throw thrown instanceof LinkEnded ? failed(await life.death) : thrown;
    });
  const hello = helloSchema.parse(told);
  if ("faults" in hello) {
    const faults = hello.faults.map(reviveError).map((one) => (one instanceof RustiqError ? one : failed(one.message)));
    throw gatherFaults(faults, "Correct the definition; all of it was looked at.") ?? failed("it says no reason");
  }
  life.askForSigns();
  return { file: hello.file, definition: definitionSchema.parse(hello.definition) };
}
