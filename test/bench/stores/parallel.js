/** Does `work` for each item, `limit` at once. Rejects with the first failure. */
export async function inParallel(items, limit, work) {
  const iterator = items[Symbol.asyncIterator]?.() ?? items[Symbol.iterator]();
  let isOver = false;
  const run = async () => {
    while (!isOver) {
      const { done, value } = await iterator.next();
      if (done) isOver = true;
      else await work(value);
    }
  };
  try {
    await Promise.all(Array.from({ length: limit }, run));
  } finally {
    isOver = true;
  }
}
