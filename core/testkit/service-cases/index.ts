import type { Commands, ServicePlugin } from "../../plugin/contract.ts";
import type { ServiceOptions } from "../service.ts";
import { answering } from "./answering.ts";
import { apart } from "./apart.ts";
import { type Call, type GivenArguments, planCalls, tellUncalled } from "./call.ts";
import { Bench, type CaseDraft, type ServiceCase } from "./case.ts";
import { definition } from "./definition.ts";
import { ending } from "./ending.ts";
import { refusing } from "./refusing.ts";
import { starting } from "./starting.ts";

export type { ServiceCase } from "./case.ts";

/** What the cases are given. */
export interface ServiceCaseOptions<C extends Commands = Commands> {
  /** As in `plugins[].config`, for every service; of one that works on something outside of itself `start` gives each its own. */
  readonly config?: unknown;
  /**
   * What commands are called with, by their names. Required arguments that are missing are made up from the schemas, which not every
   * command can do something with. A `once` command is called only when it stands here, with `{}` if it takes nothing.
   */
  readonly arguments?: { readonly [Name in keyof C]?: { readonly [Parameter in keyof C[Name]["args"]]?: unknown } };
  /** Everything else around each service that a case starts, new for each; in memory without it. A `config` from here wins. */
  readonly start?: () => ServiceOptions;
}

const limitMs = 60_000;

/** What is planned when the definition cannot be read: the case that looks at it says why. */
function tryPlanning(plugin: ServicePlugin, given: GivenArguments): readonly Call[] {
  try {
    return planCalls(plugin, given);
  } catch {
    return [];
  }
}

/**
 * What every service must do, for any test runner. Each case starts services of its own, with everything around them in memory.
 *
 * ```ts
 * for (const one of serviceCases(plugin)) test(one.title, () => one.run());
 * ```
 */
export function serviceCases<C extends Commands>(
  plugin: ServicePlugin<C>,
  options: ServiceCaseOptions<C> = {},
): readonly ServiceCase[] {
  // Without its type parameters, as the runtime knows plugins.
  const erased: ServicePlugin = plugin;
  const given: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const [name, args] of Object.entries(options.arguments ?? {})) if (args !== undefined) given[name] = { ...args };
  const calls = tryPlanning(erased, given);
  const surround = () => ({ config: options.config, ...options.start?.() });
  const finish = (draft: CaseDraft): ServiceCase => ({
    id: draft.id,
    title: draft.title,
    starts: draft.isOfDefinition !== true,
    limitMs,
    leftOut: draft.calls === true ? tellUncalled(calls) : [],
    run: async (onCall = () => undefined) => {
      const bench = new Bench(erased, calls, surround, onCall);
      try {
        await draft.check(bench);
      } finally {
        await bench.close();
      }
    },
  });
  return [...definition, ...starting, ...answering, ...refusing, ...ending, ...apart].map(finish);
}
