import type { Clock, Driver } from "rustiq/plugin";
import type { BucketOptions } from "../s3/client.ts";
import { connect } from "../s3/connection.ts";
import { driveBucket } from "../s3/driver.ts";
import { askHealth } from "./health.ts";
import { listen } from "./listen.ts";

/** One bucket of a server of one's own; nothing is sent before the first operation. */
export function openServer(options: BucketOptions & { readonly endpoint: string }, clock: Clock): Driver {
  const { bucket, endpoint } = options;
  const client = connect(options, clock);
  const driver = driveBucket(options, client);
  return {
    ...driver,
    unproven: { ...driver.unproven, watch: false },
    watch: (prefix, { signal }) => listen({ client, bucket, prefix, clock, signal }),
    health: ({ signal }) => askHealth(endpoint, signal),
  };
}
