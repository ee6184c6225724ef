/**
 * What plugin authors import: `import { defineService, z } from "rustiq/plugin"`. Beside what is listed here it hands on `z` of zod, for
 * schemas, and the decorators `inject` and `injectable` of tsyringe, for classes that `context.make` makes.
 *
 * @module rustiq/plugin
 */

export { z } from "zod";
export type { FaultSpan } from "../errors.ts";
export { RustiqError, reasonOf } from "../errors.ts";
export { inject, injectable } from "../inject.ts";
export { didYouMean, nearest } from "../near.ts";
export { settleOrAbort } from "./abort.ts";
export type {
  Arguments,
  Call,
  Command,
  Commands,
  Context,
  Effect,
  Handlers,
  Plugin,
  ServiceDefinition,
  ServicePlugin,
  Shape,
  StoreDefinition,
  StorePlugin,
} from "./contract.ts";
export { API, defineCommand, defineService, defineStore, isPlugin } from "./contract.ts";
export type { CommandDescription, ParameterDescription, PluginDescription } from "./describe.ts";
export { describe } from "./describe.ts";
export type {
  Body,
  ByteRange,
  Capabilities,
  Driver,
  ListOperation,
  Multipart,
  ObjectInfo,
  Operation,
  PartLimits,
  ReadAnswer,
  ReadOperation,
  RetryClass,
  StoredPart,
  StoreErrorCode,
  UnfinishedUpload,
  WriteCondition,
  WriteOperation,
} from "./driver.ts";
export { noCapabilities, readBody, StoreError, sizeOf } from "./driver.ts";
export { compareKeys, keyToPath } from "./keys.ts";
export { accepting, expression } from "./parameters.ts";
export type {
  Application,
  Calls,
  Clock,
  Device,
  DownloadedFile,
  Folder,
  Json,
  Log,
  LogFields,
  Outcome,
  ProcessExit,
  Processes,
  Random,
  RunningProcess,
  State,
  Store,
  Stores,
  Synced,
  Transfers,
  Uploads,
} from "./surroundings.ts";
export type { Token } from "./tokens.ts";
export {
  APPLICATIONS,
  CALLS,
  CLOCK,
  CONFIG,
  CONTEXT,
  DEVICE,
  FOLDER,
  LOG,
  PROCESSES,
  RANDOM,
  STATE,
  STORES,
  TRANSFERS,
  token,
  UPLOADS,
} from "./tokens.ts";
