import { z } from "zod";

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** A schema, of whichever zod: 4 and its like have `_zod`, 3 has `_def` alone. */
export function isSchema(value: unknown): value is z.ZodType {
  return isRecord(value) && ("_zod" in value || "_def" in value) && typeof value["safeParse"] === "function";
}

/**
 * A schema that another copy of zod has made. `instanceof` does not tell: zod 4 goes by names there. The object with the version, which
 * each schema points to, is one for every copy.
 */
export function isForeign(value: unknown): boolean {
  return isSchema(value) && versionOf(value) !== z.core.version;
}

/** The version of the zod that a schema was made with, as far as it says. */
export function showZodOf(schema: z.ZodType): string {
  if (!("_zod" in schema)) return "3";
  const version = versionOf(schema);
  return isRecord(version) ? showVersion(version) : "4";
}

/** The version of the runtime's own zod. */
export function showOwnZod(): string {
  return showVersion(z.core.version);
}

function versionOf(schema: z.ZodType): unknown {
  const inner: unknown = schema._zod;
  return isRecord(inner) ? inner["version"] : undefined;
}

function showVersion({ major, minor, patch }: { major?: unknown; minor?: unknown; patch?: unknown }): string {
  return [major, minor, patch].map(String).join(".");
}
