import { reasonOf } from "../errors.ts";
import {
  type CapabilityName,
  type Driver,
  type StoredPart,
  StoreError,
  type WriteCondition,
} from "../plugin/driver.ts";
import type { Random } from "../plugin/surroundings.ts";
import type { Unproven } from "./known.ts";

/** What came of trying. */
export interface Probed {
  /** True for a capability that the place was seen to have, false for one that it was seen not to have. */
  readonly found: Unproven;
  /** Why the others could not be tried. */
  readonly untried: Partial<Record<CapabilityName, StoreError>>;
}

/** Objects that a probe makes, and removes, lie below this prefix. */
export const probePrefix = "rustiq-probe/";

const [bytes, inParts] = [Buffer.from("tried by rustiq"), Buffer.from("tried in parts")];
const meta = { tried: "by-rustiq" };
/** No object has these. */
const [strangeEtag, strangeMd5] = ['"00000000000000000000000000000000"', "0".repeat(32)];

interface Trial {
  readonly driver: Driver;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Whether a write under a condition that does not hold is refused. */
async function isRefused(work: () => Promise<unknown>, code: StoreError["code"]): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (thrown) {
    if (thrown instanceof StoreError && thrown.code === code) return true;
    throw thrown;
  }
}

async function readText({ driver, key, signal }: Trial, range?: { start: number; end: number }): Promise<string> {
  const answer = await driver.read(key, { signal, range });
  if (answer.status !== "ok") return answer.status;
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function etagOf({ driver, key, signal }: Trial): Promise<string> {
  const info = await driver.head(key, { signal });
  return info === "missing" ? "" : info.etag;
}

/** Puts the object together from one part. */
async function putParts({ driver, key, signal }: Trial, when?: WriteCondition): Promise<void> {
  const { multipart } = driver;
  if (multipart === undefined) throw new StoreError("unsupported", "it takes no parts");
  const upload = await multipart.begin(key, { signal });
  try {
    const parts: StoredPart[] = [await multipart.writePart(key, upload, 1, inParts, { signal })];
    await multipart.complete(key, upload, parts, { signal, when });
  } catch (thrown) {
    await multipart.abort(key, upload, { signal }).catch(() => undefined);
    throw thrown;
  }
}

/** Each with an object at its key. */
const trials: Partial<Record<CapabilityName, (trial: Trial) => Promise<boolean>>> = {
  metadata: async ({ driver, key, signal }) => {
    await driver.write(key, bytes, { signal, meta });
    const info = await driver.head(key, { signal });
    return info !== "missing" && info.meta?.["tried"] === meta.tried;
  },
  checksums: async ({ driver, key, signal }) =>
    isRefused(() => driver.write(key, bytes, { signal, md5: strangeMd5 }), "corrupt"),
  ranges: async (trial) => (await readText(trial, { start: 2, end: 4 })) === bytes.subarray(2, 5).toString(),
  conditionalRead: async (trial) => {
    const { driver, key, signal } = trial;
    const ask = async (condition: { readonly ifNoneMatch: string } | { readonly ifMatch: string }) => {
      const answer = await driver.read(key, { signal, ...condition });
      if (answer.status === "ok") answer.body.destroy();
      return answer.status;
    };
    if ((await ask({ ifNoneMatch: await etagOf(trial) })) !== "unchanged") return false;
    return (await ask({ ifMatch: strangeEtag })) === "changed";
  },
  createOnly: async ({ driver, key, signal }) =>
    isRefused(() => driver.write(key, bytes, { signal, when: { absent: true } }), "conflict"),
  compareAndSwap: async (trial) => {
    const { driver, key, signal } = trial;
    const swap = (match: string) => driver.write(key, bytes, { signal, when: { match } });
    if (!(await isRefused(() => swap(strangeEtag), "conflict"))) return false;
    const etag = await etagOf(trial);
    return !(await isRefused(() => swap(etag), "conflict"));
  },
  multipart: async (trial) => {
    await putParts(trial);
    return (await readText(trial)) === inParts.toString();
  },
  conditionalMultipart: async (trial) =>
    (await isRefused(() => putParts(trial, { absent: true }), "conflict")) &&
    isRefused(() => putParts(trial, { match: strangeEtag }), "conflict"),
  watch: async ({ driver, key, signal }) => {
    if (driver.watch === undefined) return false;
    const over = new AbortController();
    const end = () => over.abort(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    const changes = driver.watch(key, { signal: over.signal })[Symbol.asyncIterator]();
    try {
      // That it watches is all there is to see in a short time; where it tells nothing after that, polling finds what is new.
      return (await changes.next()).done !== true;
    } finally {
      end();
      signal.removeEventListener("abort", end);
      await changes.return?.();
    }
  },
};

/**
 * Finds out by trying which of the named capabilities a place has. `driver` stands behind the layers and must refuse nothing. Makes
 * and removes one small object below `probePrefix`, about thirty requests. Never throws but the signal's reason: where something
 * cannot be tried, such as without the right to write, that is among the answer.
 */
export async function probePlace(
  driver: Driver,
  names: readonly CapabilityName[],
  random: Random,
  signal: AbortSignal,
): Promise<Probed> {
  const trial = { driver, key: `${probePrefix}${random.hex(8)}`, signal };
  const found: Unproven = {};
  const untried: Partial<Record<CapabilityName, StoreError>> = {};
  const note = (name: CapabilityName, thrown: unknown) => {
    signal.throwIfAborted();
    const error = thrown instanceof StoreError ? thrown : new StoreError("unavailable", reasonOf(thrown));
    if (error.code === "unsupported") found[name] = false;
    else untried[name] = error;
  };
  try {
    await driver.write(trial.key, bytes, { signal });
  } catch (thrown) {
    for (const name of names) note(name, thrown);
    return { found, untried };
  }
  try {
    for (const name of names) {
      const attempt = trials[name];
      if (attempt === undefined) continue;
      try {
        found[name] = await attempt(trial);
      } catch (thrown) {
        note(name, thrown);
      }
    }
  } finally {
    await driver.remove(trial.key, { signal }).catch(() => undefined);
  }
  return { found, untried };
}
