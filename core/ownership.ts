import { join } from "node:path";
import { stagingFolder } from "./command/run.ts";
import type { Configuration } from "./config/configuration.ts";
import { fault, RustiqError, reasonOf } from "./errors.ts";
import { Journal } from "./journal/journal.ts";
import { Reserve } from "./journal/reserve.ts";
import { isDiskFull } from "./ports/files.ts";
import type { Ports } from "./ports/ports.ts";
import { sweepLeftovers } from "./transfer/sweep.ts";

/** The state folder in the hands of this process. */
export interface OpenedState {
  readonly journal: Journal;
  readonly reserve: Reserve;
  /** Gives it back. Never throws. */
  close(): Promise<void>;
}

/**
 * Becomes the one owner of the state folder and reads what is there. `onFenced` is called when another process becomes it although
 * the lock was held. Throws "state-owned", "state-unusable" and "journal-newer"; nothing is held then.
 */
export async function openState(
  configuration: Configuration,
  ports: Ports,
  onFenced: (reason: Error) => void,
): Promise<OpenedState> {
  const { files, owner, random, clock, log } = ports;
  const { stateDir, limits } = configuration;
  const now = () => new Date(clock.now()).toISOString();
  const reserve = new Reserve(files, stateDir, limits.reserveBytes);
  let journal: Journal | undefined;
  let release = async () => {};
  const close = async () => {
    await journal?.close(now()).catch((thrown: unknown) => log.error(`the journal did not close: ${reasonOf(thrown)}`));
    await release();
  };
  try {
    await files.makeFolder(stagingFolder(configuration));
    release = await owner.claim(stateDir);
    journal = await Journal.open({
      files,
      folder: join(stateDir, "journal"),
      reserve,
      boot: { id: random.hex(8), at: now() },
      onDamage: (damage) => log.error(damage.message),
      onFenced,
    });
    await sweepLeftovers(files, stateDir, journal);
    if (!(await reserve.hold())) {
      log.warn("the disk is nearly full: no document is taken until some space is freed", { folder: stateDir });
    }
    return { journal, reserve, close };
  } catch (thrown) {
    await close();
    if (thrown instanceof RustiqError) throw thrown;
    if (isDiskFull(thrown)) {
      throw fault(
        "disk-full",
        { reason: `${stateDir} has no room to start on: ${reasonOf(thrown)}` },
        { cause: thrown, hint: "Free some space, and start it again." },
      );
    }
    throw fault("state-unusable", { folder: stateDir, reason: reasonOf(thrown) }, { cause: thrown });
  }
}
