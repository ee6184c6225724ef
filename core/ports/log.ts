import { pino } from "pino";
import type { Log, LogFields } from "../plugin/surroundings.ts";

const secretName = /secret|password|passwd|token|credential|authorization|cookie|api_?key|access_?key|private_?key/i;

function maskFields(fields: LogFields, depth = 0): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (secretName.test(name)) shown[name] = "***";
    else if (value instanceof Error) shown[name] = { type: value.name, message: value.message, stack: value.stack };
    else if (typeof value === "object" && value !== null && !Array.isArray(value) && depth < 4) {
      shown[name] = maskFields(value as LogFields, depth + 1);
    } else shown[name] = value;
  }
  return shown;
}

/** A logger that writes JSON lines to `write`. Values in `secrets` are masked wherever they stand in a line. */
export function createLog(options: {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  readonly secrets: readonly string[];
  readonly write: (line: string) => void;
}): Log {
  // A secret as it stands inside a JSON string; very short ones would mask ordinary words.
  const hidden = options.secrets
    .filter((secret) => secret.length >= 4)
    .map((secret) => JSON.stringify(secret).slice(1, -1));
  const write = (line: string) => options.write(hidden.reduce((text, secret) => text.replaceAll(secret, "***"), line));
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
