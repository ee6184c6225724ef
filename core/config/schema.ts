import { z } from "zod";
import { applicationSchema } from "./applications.ts";
import { defaultLimits, type Limits } from "./configuration.ts";
import { say } from "./fault.ts";
import { pluginSchema } from "./plugins.ts";
import { listOf, oneOf, pathText, patternText, refuseHost, ruledText, strictMembers, wholeNumber } from "./rules.ts";

/** The longest interval or limit in milliseconds: a day. */
const day = 86_400_000;
const mebibyte = 1024 * 1024;

export const deviceIdRule = patternText(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
  "a text of 1 to 128 letters, digits, dots, hyphens and underscores that starts with a letter or digit",
  "leave it out for the host's name",
);

const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export const logLevelRule = oneOf(logLevels, "leave it out for info");
export const stateDirRule = pathText("leave it out for ./state");

const limitRanges: Readonly<Record<keyof Limits, readonly [min: number, max: number, unit: string]>> = {
  documentBytes: [2, 64 * mebibyte, " (bytes)"],
  documentEntries: [1, 100_000, ""],
  expressionBytes: [3, mebibyte, " (bytes)"],
  nesting: [1, 256, ""],
  resultBytes: [64, 64 * mebibyte, " (bytes)"],
  commandMs: [1, day, " (milliseconds)"],
  requestMs: [10, 3_600_000, " (milliseconds)"],
  outboxBytes: [1024, 1024 ** 4, " (bytes)"],
  reserveBytes: [4096, 1024 ** 3, " (bytes)"],
  stallMs: [1000, day, " (milliseconds)"],
};

/** `documentBytes` as `document_bytes`. */
export function spellSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const limitNames = Object.keys(defaultLimits) as (keyof Limits)[];
const limitsSchema = strictMembers(
  Object.fromEntries(
    limitNames.map((name) => {
      const [min, max, unit] = limitRanges[name];
      return [spellSnake(name), wholeNumber(min, max, `leave it out for ${defaultLimits[name]}`, unit).optional()];
    }),
  ),
);

/** The limits of the file over the defaults. */
export function completeLimits(given: Readonly<Record<string, number | undefined>> | undefined): Limits {
  const limits: Record<keyof Limits, number> = { ...defaultLimits };
  for (const name of limitNames) limits[name] = given?.[spellSnake(name)] ?? defaultLimits[name];
  return limits;
}

const jitterError = () => say("a number from 0 to 1 (share of the interval)", "leave it out for 0.2");

/** The configuration file. `stores` is checked by `stores.ts`, which must know the environment. */
export const fileSchema = strictMembers({
  device_id: deviceIdRule.optional(),
  state_dir: stateDirRule.optional(),
  stores: z.unknown().optional(),
  plugins: listOf(pluginSchema, "a list of plugins").optional(),
  applications: listOf(applicationSchema, "a list of application definitions").optional(),
  poll: strictMembers({
    interval_ms: wholeNumber(100, day, "leave it out for 60000", " (milliseconds)").optional(),
    jitter: z.number({ error: jitterError }).min(0, { error: jitterError }).max(1, { error: jitterError }).optional(),
  }).optional(),
  incoming: strictMembers({ after: oneOf(["keep", "delete"], 'leave it out for "keep"').optional() }).optional(),
  http: strictMembers({ port: wholeNumber(1, 65_535, "leave `http` out for no local API").optional() }).optional(),
  allowed_hosts: listOf(
    ruledText("a host as text", "write it in double quotes", refuseHost),
    "a list of hosts",
  ).optional(),
  heartbeat_ms: wholeNumber(100, day, "leave it out for 300000", " (milliseconds)").optional(),
  limits: limitsSchema.optional(),
  log: strictMembers({ level: logLevelRule.optional() }).optional(),
});

export type FileSettings = z.output<typeof fileSchema>;
