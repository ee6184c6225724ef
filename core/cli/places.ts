import { isAbsolute, join, relative, sep } from "node:path";
import type { Configuration } from "../config/configuration.ts";
import { joinPrefix } from "../store/keys.ts";

/** Where an object of a store lies, as its own tools name it: a path, `s3://bucket/key`, or `store/key`. */
export function namePlace(configuration: Configuration, store: string, key: string): string {
  const entry = configuration.stores.find(({ name }) => name === store);
  if (entry === undefined) return `${store}/${key}`;
  const { backend, options, prefix } = entry;
  const path = options["path"];
  if (backend === "fs" && typeof path === "string") return nameFile(join(path, ...joinPrefix(prefix, key).split("/")));
  const bucket = options["bucket_name"];
  if (typeof bucket !== "string") return `${store}/${key}`;
  const endpoint = options["endpoint"];
  return `s3://${bucket}/${joinPrefix(prefix, key)}${typeof endpoint === "string" ? ` at ${endpoint}` : ""}`;
}

/** Relative where it lies below the working folder. */
export function nameFile(path: string): string {
  const near = relative(process.cwd(), path);
  return near === "" || near === ".." || near.startsWith(`..${sep}`) || isAbsolute(near) ? path : near;
}
