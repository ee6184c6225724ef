import { parse } from "../../grammar/parse.ts";
import { type Configuration, defaultLimits } from "../config/configuration.ts";
import { RustiqError } from "../errors.ts";
import type { ServiceSet } from "../host/services.ts";
import { didYouMean } from "../near.ts";
import { showName } from "../plugin/found.ts";
import type { Clock, Log, Random } from "../plugin/surroundings.ts";
import { readContent, readDocument, readFrame } from "./document.ts";
import { Invoker } from "./invoke.ts";

/** Something in a document that a device would refuse. */
interface CheckedFault {
  /** From 1; absent where the document as a whole is meant. */
  readonly entry: number | undefined;
  /** The expression that the fault's span speaks of. */
  readonly command: string | undefined;
  readonly fault: RustiqError;
}

/** What a device passes over and the author hardly meant. */
interface CheckWarning {
  readonly entry: number | undefined;
  readonly message: string;
}

export interface CheckedDocument {
  readonly entries: number;
  readonly faults: readonly CheckedFault[];
  readonly warnings: readonly CheckWarning[];
}

const documentMembers = ["id", "expires", "on_error", "commands"];
const entryMembers = ["command", "id"];

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function warnUnknown(value: unknown, known: readonly string[], entry: number | undefined): CheckWarning[] {
  if (!isObject(value)) return [];
  return Object.keys(value)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = didYouMean(name, known) ?? `the known members are ${known.join(", ")}`;
      return { entry, message: `the member ${JSON.stringify(name)} is not known and is passed over; ${near}` };
    });
}

/**
 * What a device with these services would say to a document, without running any of it: every fault, not only the first.
 * `addressed` is the service that the document is for; without it a command that needs one is a fault.
 */
export async function checkDocument(
  bytes: Uint8Array,
  around: {
    readonly services: ServiceSet;
    readonly configuration: Configuration;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly addressed: string | undefined;
  },
): Promise<CheckedDocument> {
  const { services, configuration, clock, random, log, addressed } = around;
  // Nothing is run here, so nothing follows from it.
  const consequences = { commit: async () => undefined, check: () => undefined, restart: () => undefined };
  const invoker = new Invoker(services, clock, log, configuration, random, consequences);
  const faults: CheckedFault[] = [];
  const warnings: CheckWarning[] = [];
  const entries = readEntries(bytes, configuration, faults);
  if (entries.expires !== undefined && entries.expires <= clock.now()) {
    const expires = new Date(entries.expires).toISOString();
    warnings.push({ entry: undefined, message: `it expired at ${expires}; a device would run nothing of it` });
  }
  warnings.push(...warnUnknown(entries.top, documentMembers, undefined));
  for (const [index, value] of entries.list.entries()) {
    const entry = index + 1;
    warnings.push(...warnUnknown(value, entryMembers, entry));
    const misshapen = checkShape(value, `${entries.place}[${index}]`, configuration);
    if (misshapen !== undefined) {
      faults.push({ entry, command: undefined, fault: misshapen });
      continue;
    }
    const { command } = value as { command: string };
    const found = await checkCommand(invoker, command, addressed);
    if (found !== undefined) faults.push({ entry, command, fault: found });
  }
  return { entries: entries.list.length, faults, warnings };
}

/** The entries as they stand; every fault around them is told here, each with its place. */
function readEntries(bytes: Uint8Array, { limits }: Configuration, faults: CheckedFault[]) {
  const tell = (refused: RustiqError) => faults.push({ entry: undefined, command: undefined, fault: refused });
  const top = catchFault(() => readContent(bytes, limits));
  if (top instanceof RustiqError) {
    tell(top);
    return { top: undefined, list: [], place: "", expires: undefined };
  }
  const { commands, place, expires } = readFrame(top, limits, tell);
  return { top, list: commands, place, expires };
}

function catchFault<T>(work: () => T): T | RustiqError {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof RustiqError) return thrown;
    throw thrown;
  }
}

/** The rule for one entry is the document reader's; as a document of its own its place is `[0]`. */
function checkShape(value: unknown, place: string, configuration: Configuration): RustiqError | undefined {
  const limits = { ...configuration.limits, documentBytes: defaultLimits.documentBytes * 64 };
  const refused = catchFault(() => readDocument(Buffer.from(JSON.stringify([value])), limits));
  if (!(refused instanceof RustiqError)) return undefined;
  const at = refused.message.lastIndexOf(" at [0]");
  const message = `${refused.message.slice(0, at)} at ${place}${refused.message.slice(at + " at [0]".length)}`;
  return new RustiqError(refused.code, message, { hint: refused.hint });
}

async function checkCommand(
  invoker: Invoker,
  command: string,
  addressed: string | undefined,
): Promise<RustiqError | undefined> {
  // No service has an empty name: what is found so is found from any document.
  const refused = await invoker.prepare(command, addressed ?? "").catch((thrown: unknown) =>
    catchFault(() => {
      throw thrown;
    }),
  );
  if (!(refused instanceof RustiqError)) return undefined;
  if (addressed !== undefined || refused.code !== "command-unknown") return refused;
  const { service, command: name } = parse(command, invoker.grammarLimits);
  // What a parameter's own expression does not find has its owner service already.
  if (service !== null || refused.span?.start !== name.span.start) return refused;
  return new RustiqError(refused.code, `nothing says which service's command ${showName(name.text)} is`, {
    span: refused.span,
    hint: `${refused.hint ?? ""} Or name the document's service: --service NAME.`.trim(),
  });
}
