import { resolve } from "node:path";
import { builtinBackends, builtinServices } from "../../host/builtins.ts";
import { nodeClock } from "../../ports/clock.ts";
import { nodeFiles } from "../../ports/node-files.ts";
import { exitCodes } from "../failure.ts";
import type { PluginCheckOptions } from "../groups/plugin.ts";
import { readLogLine } from "../lines.ts";
import { onStopSignal } from "../signals.ts";
import type { Terminal } from "../terminal.ts";
import { spellAgain } from "./again.ts";
import { readArguments, readObject } from "./given.ts";
import type { Examination } from "./messages.ts";
import { showStore } from "./report.ts";
import { Round } from "./round.ts";
import { showVerdict } from "./verdict.ts";
import { Examiner } from "./watch.ts";

/** Processes that a plugin may end before the check is given up. */
const mostDeaths = 3;

/** `rustiq plugin check`. Exit 1 when the plugin does not keep its contract, 2 when it or its config cannot be used. */
export async function checkPlugin(path: string, options: PluginCheckOptions, terminal: Terminal): Promise<number> {
  const clock = nodeClock();
  const asked: Examination = {
    use: await settleUse(path),
    config: await readObject(options.config, "--config", terminal),
    isConfigGiven: options.config !== undefined,
    arguments: await readArguments(options.arguments, terminal),
    only: options.case ?? [],
    without: options.skip ?? [],
    limitMs: options.limit === undefined ? null : 1000 * options.limit,
    skip: [],
    sweep: "",
  };
  const round = new Round(options.json === true, terminal);
  let isStopped = false;
  let examiner: Examiner | undefined;
  const forget = onStopSignal(clock, () => {
    isStopped = true;
    examiner?.stop();
    terminal.tell("stopping after this case, so that nothing of it is left; a second time ends at once");
  });
  try {
    for (let deaths = 0; !isStopped; ) {
      examiner = new Examiner(
        { ...asked, ...round.rest },
        {
          clock,
          onMessage: (message) =>
            message.tell === "log" ? terminal.tell(readLogLine(message.line, terminal)) : round.take(message),
          onOutput: (line) => terminal.tell(line),
        },
      );
      const ended = await examiner.ended;
      if (ended.how === "done") break;
      if (round.loaded === undefined) throw round.unusable(asked.use, path, ended.reason);
      deaths += 1;
      round.die(ended.reason, deaths < mostDeaths);
      if (deaths === mostDeaths) break;
    }
  } finally {
    forget();
  }
  const { loaded } = round;
  if (loaded === undefined) return exitCodes.interrupted;
  const checked = {
    plugin: path,
    cases: round.cases,
    notRun: round.notRun,
    isWhole: options.case === undefined,
    skipped: asked.without,
    again: (cases: readonly string[]) => spellAgain(path, options, cases),
  };
  if (loaded.kind === "store") showStore({ ...checked, plugin: asked.use }, loaded, options.json === true, terminal);
  else showVerdict(checked, loaded, options.json === true, terminal);
  if (isStopped) return exitCodes.interrupted;
  return round.cases.some(({ status }) => status === "failed") ? exitCodes.failed : exitCodes.done;
}

/** A word of our own, a file or folder that is there, or else the name of a package. */
async function settleUse(path: string): Promise<string> {
  if (Object.hasOwn(builtinBackends, path) || Object.hasOwn(builtinServices, path)) return path;
  const [files, whole] = [nodeFiles(), resolve(path)];
  // What cannot be looked at is there: the loader says why it cannot be used.
  const isThere = async (look: Promise<unknown>) => (await look.catch(() => null)) !== undefined;
  if (path.startsWith(".") || (await isThere(files.size(whole))) || (await isThere(files.list(whole)))) return whole;
  return path;
}
