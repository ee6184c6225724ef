import { fault, RustiqError } from "../../errors.ts";
import type { Context } from "../../plugin/contract.ts";
import { withinLimit } from "../../ports/clock.ts";
import { gatherFaults } from "../faults.ts";
import type { CallSet } from "./call-set.ts";
import { definitionSchema, type GuestDefinition } from "./definition.ts";

import { Life, silenceLimitMs } from "./life.ts";
import { LinkEnded } from "./link.ts";
import { makeOffers } from "./offers.ts";
import type { IsolatedParts } from "./parts.ts";
import { helloSchema } from "./protocol.ts";
import { Reads } from "./reads.ts";
import { reviveError } from "./wire.ts";

/** Bytes of a guest's message beside the result that it may carry. */
const messageOverhead = 2 * 1024 * 1024;

/** Milliseconds until a new process has to answer, whatever else the machine does. */
const bootLimitMs = 30_000;

/** Starts the process of a guest. `context` is what its plugin was started with, once it was. Throws why it does not start. */
export async function beginLife(
  parts: IsolatedParts,
  context: () => Context | undefined,
  calls: CallSet,
): Promise<Life> {
  const { guests, clock, memoryBytes, userId, resultBytes, log, folder } = parts;
  const reads = new Reads();
  const askBody = async (given: object) => life.link.ask("body", given);
  const life = await Life.begin({
    ...{ guests, clock, memoryBytes, userId, folder },
    messageBytes: resultBytes + messageOverhead,
    silenceMs: parts.silenceMs ?? silenceLimitMs,
    methods: makeOffers({ log, context, calls, reads, askBody }),
    onOutput: (line) => (context()?.log ?? log).info(line, { from: "standard output or error" }),
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
