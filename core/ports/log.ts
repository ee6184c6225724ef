import { pino } from "pino";
import { createMask, MASK } from "../mask.ts";
import type { Log, LogFields } from "../plugin/surroundings.ts";
import { isTellingName } from "../secret-names.ts";

/** Levels of objects and lists in a field that are shown. */
const deepestField = 4;

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return { type: value.name, message: value.message, stack: value.stack };
  if (value instanceof Date || value instanceof URL) return String(value.toJSON());
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (depth >= deepestField) return Array.isArray(value) ? "[…]" : "{…}";
  if (Array.isArray(value)) return value.map((item) => maskValue(item, depth + 1));
  return maskFields(value as LogFields, depth + 1);
}

function maskFields(fields: LogFields, depth = 0): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    shown[name] = isTellingName(name) ? MASK : maskValue(value, depth);
  }
  return shown;
}

/** A logger that writes JSON lines to `write`. Values in `secrets` are masked wherever they stand in a line. */
export function createLog(options: {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  readonly secrets: readonly string[];
  readonly write: (line: string) => void;
}): Log {
  const mask = createMask(options.secrets);
  const write = (line: string) => options.write(mask(line));
  const wrap = (logger: ReturnType<typeof pino>): Log => ({
    debug: (message, fields = {}) => logger.debug(maskFields(fields), message),
    info: (message, fields = {}) => logger.info(maskFields(fields), message),
    warn: (message, fields = {}) => logger.warn(maskFields(fields), message),
    error: (message, fields = {}) => logger.error(maskFields(fields), message),
    child: (fields) => wrap(logger.child(maskFields(fields))),
  });
  return wrap(
    pino(
      {
        level: options.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      { write },
    ),
  );
}

/** A logger that says nothing. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
