import type { Context, StorePlugin } from "../../core/plugin/contract.ts";
import type { Capabilities, Driver } from "../../core/plugin/driver.ts";
import { CLOCK } from "../../core/plugin/tokens.ts";
import { nodeClock } from "../../core/ports/clock.ts";
import { silentLog } from "../../core/ports/log.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { KnownCapabilities } from "../../core/store/known.ts";
import { openStore } from "../../core/store/store.ts";
import type { Keys } from "./signature.ts";

/** Where a bucket is, on the double or on a real server. */
export interface Place {
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  readonly keys: Keys;
}

/** The driver of `s3` or `minio` for a bucket, as the runtime opens it but without layers. */
export async function openDriver(plugin: StorePlugin, { bucket, endpoint, region, keys }: Place): Promise<Driver> {
  const context: Context = {
    name: plugin.backend,
    config: plugin.config.parse({ bucket_name: bucket, endpoint, region, credentials: keys }),
    log: silentLog,
    signal: new AbortController().signal,
    get: (token) => {
      if (token === CLOCK) return nodeClock() as never;
      throw new Error(`${plugin.backend} asked for ${String(token)}`);
    },
    make: (type) => new type(),
    onStop: () => undefined,
  };
  return plugin.open(context);
}

/** What Ceph 16 does of what S3 can. */
export function cephCapabilities(can: Capabilities): Capabilities {
  return { ...can, conditionalMultipart: false, watch: false };
}

/** A driver behind core's layers, which believe that its place has what `can` says. */
export function layerDriver(driver: Driver, backend: string, can: Capabilities): Driver {
  const surroundings = { clock: nodeClock(), random: nodeRandom(), log: silentLog };
  const known = new KnownCapabilities(can);
  const store = { name: "under-test", backend, can: known, driver, prefix: "a/prefix", requestMs: 30_000 };
  return openStore({ ...surroundings, ...store });
}
