/**
 * Does `work` on each item, so many at once. The first that throws ends it: the signal of the others aborts, all of them are
 * waited for, and its error is thrown.
 */
export async function workInParallel<T>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  outer: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  // One for each: what every request hangs on a signal would be too much for one of all.
  const workers = Array.from({ length: concurrency }, () => new AbortController());
  const endAll = (reason: unknown) => {
    for (const worker of workers) worker.abort(reason);
  };
  // Not `AbortSignal.any`: the outer signal may live as long as the device, and would remember every transfer.
  const follow = () => endAll(outer.reason);
  if (outer.aborted) follow();
  else outer.addEventListener("abort", follow, { once: true });
  let failure: { readonly reason: unknown } | undefined;
  const iterator = walk(items);
  const serve = async ({ signal }: AbortController) => {
    try {
      for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
        signal.throwIfAborted();
        await work(step.value, signal);
      }
    } catch (thrown) {
      failure ??= { reason: thrown };
      endAll(thrown);
    }
  };
  try {
    await Promise.all(workers.map(serve));
    outer.throwIfAborted();
    if (failure === undefined) return;
    await iterator.return(undefined);
    throw failure.reason;
  } finally {
    outer.removeEventListener("abort", follow);
  }
}

/** One generator for all who serve: it queues their calls. */
async function* walk<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, undefined> {
  yield* items;
  return undefined;
}
