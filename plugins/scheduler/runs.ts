import type { Outcome } from "rustiq/plugin";

interface Run {
  readonly ended: Promise<Outcome>;
  readonly controller: AbortController;
}

/** The runs that go on, at most one for a job. */
export class Runs {
  readonly #runs = new Map<string, Run>();

  get size(): number {
    return this.#runs.size;
  }

  has(key: string): boolean {
    return this.#runs.has(key);
  }

  /** Each run has a signal of its own: hundreds of listeners on the service's one would look like a leak. */
  begin(key: string, work: (signal: AbortSignal) => Promise<Outcome>, onEnd: () => void, limit?: AbortSignal) {
    const controller = new AbortController();
    const follow = () => controller.abort(limit?.reason);
    if (limit?.aborted) follow();
    else limit?.addEventListener("abort", follow, { once: true });
    const ended = work(controller.signal).finally(() => {
      limit?.removeEventListener("abort", follow);
      this.#runs.delete(key);
      onEnd();
    });
    this.#runs.set(key, { ended, controller });
    return ended;
  }

  /** Aborts every run and waits until all have ended, well or not. */
  async stop(reason: unknown): Promise<void> {
    const runs = [...this.#runs.values()];
    for (const { controller } of runs) controller.abort(reason);
    await Promise.allSettled(runs.map(({ ended }) => ended));
  }
}
