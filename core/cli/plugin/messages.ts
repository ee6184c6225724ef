import type { CommandDescription } from "../../plugin/describe.ts";
import type { Capabilities } from "../../plugin/driver.ts";
import type { CheckedCase, PlannedCase } from "./report.ts";

/** What the process that runs a plugin is asked to do. */
export interface Examination {
  /** A word, a path or a package. */
  readonly use: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly isConfigGiven: boolean;
  /** Of commands, by their names. */
  readonly arguments: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly only: readonly string[];
  /** Cases that are not wanted. */
  readonly without: readonly string[];
  /** Milliseconds for one case, in the place of its own limit. */
  readonly limitMs: number | null;
  /** Cases that were run by a process before this one, as `nameOf` spells them. */
  readonly skip: readonly string[];
  /** Where one of them wrote and was cut off; empty where nothing is left. */
  readonly sweep: string;
}

/** The plugin as it was loaded. */
export type Loaded =
  | { readonly kind: "store"; readonly file: string; readonly backend: string; readonly can: Capabilities }
  | {
      readonly kind: "service";
      readonly file: string;
      readonly service: string;
      readonly about: string;
      readonly commands: readonly CommandDescription[];
      /** What an operator would miss. */
      readonly notes: readonly string[];
      /** Commands that are not called, and why. */
      readonly leftOut: readonly string[];
    };

/** What that process tells, in the order in which it happens. */
export type ExaminerMessage =
  /** Its event loop turns. */
  | { readonly tell: "alive" }
  | { readonly tell: "log"; readonly line: string }
  /** Its module is there, and it is a plugin. */
  | { readonly tell: "imported" }
  | { readonly tell: "loaded"; readonly loaded: Loaded }
  | { readonly tell: "planned"; readonly cases: readonly PlannedCase[]; readonly notRun: readonly string[] }
  | { readonly tell: "begin"; readonly one: PlannedCase }
  /** Where the case that runs writes. */
  | { readonly tell: "prefix"; readonly prefix: string }
  /** A command that is called next. */
  | { readonly tell: "calling"; readonly call: string }
  | { readonly tell: "end"; readonly checked: CheckedCase }
  | { readonly tell: "done" }
  | { readonly tell: "fault"; readonly code: string | null; readonly message: string; readonly hint: string | null };
