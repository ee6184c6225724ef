import { StoreError } from "../plugin/driver.ts";

/** What says that a store as a whole does not answer. */
const outages: readonly string[] = ["unavailable", "timeout", "throttled", "denied"];

/** A store does not answer; whoever asked it names it. */
export class StoreOutage extends StoreError {
  readonly store: string;

  constructor(store: string, { code, message, retry, retryAfterMs, cause }: StoreError) {
    super(code, message, { retry, retryAfterMs, cause });
    this.store = store;
  }
}

/** What the named store answers. Throws what `ask` throws, an outage as `StoreOutage`; one that has a name already keeps it. */
export async function askStore<T>(name: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    if (!(thrown instanceof StoreError) || thrown instanceof StoreOutage || !outages.includes(thrown.code))
      throw thrown;
    throw new StoreOutage(name, thrown);
  }
}
