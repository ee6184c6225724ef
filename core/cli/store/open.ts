import { type LonePorts, openLoneStores } from "../../host/lone.ts";
import type { Store } from "../../plugin/surroundings.ts";
import { nodeClock } from "../../ports/clock.ts";
import { nodeModules } from "../../ports/modules.ts";
import { nodeFiles } from "../../ports/node-files.ts";
import { claimFile } from "../../ports/owner.ts";
import { nodeRandom } from "../../ports/random.ts";
import type { Account } from "../../store/account.ts";
import type { DownloadParts } from "../../transfer/download-file.ts";
import { configure, quietLog } from "../configure.ts";
import { exitCodes } from "../failure.ts";
import type { StoreOptions } from "../groups/store.ts";
import { onStopSignal } from "../signals.ts";
import type { Terminal } from "../terminal.ts";

/** What a command on a store works with. */
export interface Hand {
  readonly store: Store;
  /** What went over it. */
  readonly account: Account;
  readonly parts: DownloadParts & LonePorts;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  readonly answersJson: boolean;
}

/** Opens one configured store, without a device, for as long as `work` takes. Exit 130 when a signal ended it. Throws "store-unknown". */
export async function withStore(
  name: string,
  options: StoreOptions,
  terminal: Terminal,
  work: (hand: Hand) => Promise<number>,
): Promise<number> {
  const configuration = await configure(options, terminal);
  const clock = nodeClock();
  const log = quietLog(configuration, terminal);
  const ports = { clock, random: nodeRandom(), modules: nodeModules(), files: nodeFiles(), log };
  const controller = new AbortController();
  const { signal } = controller;
  const forget = onStopSignal(clock, () => controller.abort(new Error("interrupted")));
  const stores = await openLoneStores(configuration, [name], ports);
  try {
    const [opened] = stores.opened;
    if (opened === undefined || opened.failure !== undefined) throw opened?.failure;
    // By hand no bytes of the disk are kept: a device beside it has its reserve in a file.
    const parts = { ...ports, reservedBytes: () => 0, claim: claimFile };
    return await work({
      store: opened.store,
      account: opened.account,
      parts,
      signal,
      terminal,
      answersJson: options.json === true,
    });
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    terminal.tell("stopped");
    return exitCodes.interrupted;
  } finally {
    await stores.close();
    forget();
  }
}
