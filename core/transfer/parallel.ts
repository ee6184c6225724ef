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
  const ending = new AbortController();
  const iterator = walk(items);
  const serve = async () => {
    // One for each: what every request hangs on a signal would be too much for one of all.
    const signal = AbortSignal.any([outer, ending.signal]);
    try {
      for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) {
        signal.throwIfAborted();
        await work(step.value, signal);
      }
    } catch (thrown) {
      ending.abort(thrown);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, serve));
  outer.throwIfAborted();
  if (ending.signal.aborted) {
    await iterator.return(undefined);
    throw ending.signal.reason;
  }
}

/** One generator for all who serve: it queues their calls. */
async function* walk<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, undefined> {
  yield* items;
  return undefined;
}
