import type { z } from "zod";
import { parseJson } from "../json.ts";
import { didYouMean } from "../near.ts";
import type { FaultList } from "./fault.ts";
import { isLoopback, oneOf, patternText, refuseHostAndPort, ruledText } from "./rules.ts";
import { deviceIdRule, logLevelRule, stateDirRule } from "./schema.ts";

/** One source of variables: the process's environment, or an application definition's `additional_properties`. */
export interface VariableLayer {
  /** Stands before the variable's name in a place. */
  readonly prefix: string;
  readonly values: Readonly<Record<string, string | undefined>>;
}

interface Credentials {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly session_token?: string;
}

/** What the variables of SPEC 2 say. */
export interface Variables {
  readonly stores: { readonly value: unknown; readonly root: string } | undefined;
  /** `url` is undefined when what was given is a fault, which was told already. */
  readonly endpoint: { readonly url: string | undefined } | undefined;
  readonly region: { readonly name: string; readonly place: string } | undefined;
  readonly credentials: Credentials | undefined;
  readonly deviceId: string | undefined;
  readonly stateDir: string | undefined;
  readonly logLevel: z.output<typeof logLevelRule> | undefined;
}

interface Variable {
  readonly value: string;
  readonly place: string;
}

/** The first of `names` that the topmost layer knows; an empty variable counts as unset (SPEC 2). */
function findVariable(layers: readonly VariableLayer[], ...names: readonly string[]): Variable | undefined {
  for (const layer of layers) {
    for (const name of names) {
      const value = layer.values[name];
      if (value !== undefined && value !== "") return { value, place: `${layer.prefix}${name}` };
    }
  }
  return undefined;
}

const schemeRule = oneOf(["http", "https"], "leave it out for https");
const endpointRule = ruledText("host and port", "write host:port", refuseHostAndPort);
const regionRule = patternText(/^[A-Za-z0-9][\w-]{0,63}$/, "a region such as eu-west-1", "correct the variable");
const overrides = ["RUSTIQ_DEVICE_ID", "RUSTIQ_STATE_DIR", "RUSTIQ_LOG_LEVEL"] as const;

/** Reads the variables; the layer that stands first wins. */
export function readVariables(layers: readonly VariableLayer[], faults: FaultList, warnings: Set<string>): Variables {
  const check = <Rule extends z.ZodType>(rule: Rule, name: string): z.output<Rule> | undefined => {
    const variable = findVariable(layers, name);
    if (variable === undefined) return undefined;
    const parsed = rule.safeParse(variable.value);
    if (parsed.success) return parsed.data;
    faults.addIssues(parsed.error, variable.value, variable.place);
    return undefined;
  };
  warnOfStrangers(layers, warnings);
  return {
    stores: readStoreList(layers, faults),
    endpoint: readEndpoint(layers, check, warnings),
    region: readRegion(layers, faults),
    credentials: readCredentials(layers, faults, warnings),
    deviceId: check(deviceIdRule, overrides[0]),
    stateDir: check(stateDirRule, overrides[1]),
    logLevel: check(logLevelRule, overrides[2]),
  };
}

function warnOfStrangers(layers: readonly VariableLayer[], warnings: Set<string>): void {
  for (const { prefix, values } of layers) {
    for (const name of Object.keys(values)) {
      if (!name.startsWith("RUSTIQ_") || overrides.some((known) => known === name)) continue;
      const near = didYouMean(name, overrides) ?? `known are ${overrides.join(", ")}`;
      warnings.add(`${prefix}${name} is no variable of the runtime and is not used; ${near}`);
    }
  }
}

function readStoreList(layers: readonly VariableLayer[], faults: FaultList): Variables["stores"] {
  const variable = findVariable(layers, "STORE_CONFIGURATION", "AWS_STORE_CONFIGURATION");
  if (variable === undefined) return undefined;
  const { value: text, place } = variable;
  return { value: readJson(text, place, place, faults), root: place };
}

/** The value of a JSON text; undefined when it is broken. `root` is the place of its members, `name` of the whole. */
export function readJson(text: string, name: string, root: string, faults: FaultList): unknown {
  const answer = parseJson(text);
  if ("fault" in answer) {
    const { line, column, found, expected, hint } = answer.fault;
    faults.add(`${name} line ${line}, column ${column}`, found, expected, hint);
    return undefined;
  }
  for (const { path, line, column } of answer.duplicates) {
    faults.addAt(
      root,
      path,
      `the member a second time (line ${line}, column ${column})`,
      "each member once",
      "remove one",
    );
  }
  return answer.value;
}

function readEndpoint(
  layers: readonly VariableLayer[],
  check: <Rule extends z.ZodType>(rule: Rule, name: string) => z.output<Rule> | undefined,
  warnings: Set<string>,
): Variables["endpoint"] {
  const scheme = check(schemeRule, "S3_STORE_CUSTOM_HTTP_SCHEME");
  const hasScheme = findVariable(layers, "S3_STORE_CUSTOM_HTTP_SCHEME") !== undefined;
  if (findVariable(layers, "S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT") === undefined) {
    if (hasScheme) {
      warnings.add("S3_STORE_CUSTOM_HTTP_SCHEME is not used: S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT is not set");
    }
    return undefined;
  }
  const address = check(endpointRule, "S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT");
  if (address === undefined) return { url: undefined };
  return { url: spellEndpoint(`${scheme ?? "https"}://${address}`, warnings) };
}

/** The URL without a slash at its end; plain http that leaves the computer is warned about (SPEC 2). */
export function spellEndpoint(text: string, warnings: Set<string>): string {
  const url = new URL(text);
  if (url.protocol === "http:" && !isLoopback(url)) {
    warnings.add(`requests to the S3 server ${url.host} are not encrypted (http); use https where others can listen`);
  }
  return url.href.replace(/\/$/, "");
}

function readRegion(layers: readonly VariableLayer[], faults: FaultList): Variables["region"] {
  const variable = findVariable(layers, "AWS_REGION", "AWS_DEFAULT_REGION");
  if (variable === undefined) return undefined;
  const parsed = regionRule.safeParse(variable.value);
  if (!parsed.success) faults.addIssues(parsed.error, variable.value, variable.place);
  return { name: variable.value, place: variable.place };
}

/** Key id, secret and token come from one layer: a token of another source would not fit the keys. */
function readCredentials(
  layers: readonly VariableLayer[],
  faults: FaultList,
  warnings: Set<string>,
): Variables["credentials"] {
  const names = { id: "AWS_ACCESS_KEY_ID", secret: "AWS_SECRET_ACCESS_KEY", token: "AWS_SESSION_TOKEN" };
  for (const layer of layers) {
    const own = [layer];
    const id = findVariable(own, names.id);
    const secret = findVariable(own, names.secret);
    const token = findVariable(own, names.token);
    for (const part of [id, secret, token]) {
      if (part === undefined || /^[!-~]+$/.test(part.value)) continue;
      const found = `a string of ${part.value.length} characters with white space or other foreign signs`;
      faults.add(
        part.place,
        found,
        "printable ASCII without white space",
        "copy the value again, without a line break",
      );
    }
    if (id !== undefined && secret !== undefined) {
      const pair = { access_key_id: id.value, secret_access_key: secret.value };
      return token === undefined ? pair : { ...pair, session_token: token.value };
    }
    const lone = id ?? secret;
    if (lone !== undefined) {
      const [missing, given] = id === undefined ? [names.id, names.secret] : [names.secret, names.id];
      faults.add(`${layer.prefix}${missing}`, "nothing", `a value, because ${given} is set`, `set both or neither`);
      return undefined;
    }
    if (token !== undefined) warnings.add(`${token.place} is not used: ${names.id} and ${names.secret} are not set`);
  }
  return undefined;
}
