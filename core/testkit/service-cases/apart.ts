import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Outcome } from "../../plugin/surroundings.ts";
import { showCall } from "./call.ts";
import { type Bench, type CaseDraft, expectNone, type Opened } from "./case.ts";

type Answers = ReadonlyMap<string, Outcome>;

async function readAll(bench: Bench, { ask }: Opened): Promise<Answers> {
  const answers = new Map<string, Outcome>();
  for (const call of bench.ready) {
    if (call.command.effect === "read") answers.set(showCall(call), await ask(call));
  }
  return answers;
}

function show({ status, result }: Outcome): string {
  const text = JSON.stringify(result) ?? "nothing";
  return `${status === "ok" ? "" : "the error "}${text.length > 100 ? `${text.slice(0, 99)}…` : text}`;
}

/** The expressions that answer something else now. */
function differing(before: Answers, after: Answers): readonly string[] {
  return [...before.keys()].filter((shown) => !isDeepStrictEqual(before.get(shown), after.get(shown)));
}

/** The state of one in the answers of the other, wherever it has come from. */
class Watched {
  readonly #bench: Bench;
  readonly #opened: Opened;
  /** What changes although nobody called anything says nothing. */
  readonly #unsteady = new Set<string>();
  #last: Answers;

  constructor(bench: Bench, opened: Opened, first: Answers) {
    [this.#bench, this.#opened, this.#last] = [bench, opened, first];
  }

  get last(): Answers {
    return this.#last;
  }

  /** What a call of the other changes, a sentence each. Looks right before it, so that no call is blamed for an earlier one. */
  async findChanges(made: string, call: () => Promise<unknown>): Promise<string[]> {
    const before = await readAll(this.#bench, this.#opened);
    for (const shown of differing(this.#last, before)) this.#unsteady.add(shown);
    await call();
    this.#last = await readAll(this.#bench, this.#opened);
    return differing(before, this.#last).flatMap((shown) => {
      const [was, now] = [before.get(shown), this.#last.get(shown)];
      if (was === undefined || now === undefined || this.#unsteady.has(shown)) return [];
      return [`${shown} of one answers ${show(now)} after ${made} of the other; before it was ${show(was)}`];
    });
  }
}

const onPurpose =
  "If both work on purpose on one thing outside of themselves, such as a folder that the config names, give each its own " +
  "(start: () => ({ config: … }) of serviceCases), or leave this case out (plugin check --skip instances-apart).";

/** Two of one plugin in one process, as tests have them, and a restart without a new process. */
export const apart: readonly CaseDraft[] = [
  {
    id: "instances-apart",
    title: "shares nothing between two that run at once",
    calls: true,
    async check(bench) {
      const [one, two] = [await bench.open(), await bench.open()];
      assert.notEqual(one.answered, two.answered, "start answers the same object twice; make its handlers anew");
      const problems: string[] = [];
      const kept = two.service.state.entries();
      const watched = new Watched(bench, two, await readAll(bench, two));
      for (const call of bench.ready.filter(({ command }) => command.effect !== "read")) {
        for (const args of [call.args ?? {}, ...call.variants]) {
          const made = { ...call, args };
          const changes = await watched.findChanges(showCall(made), () => one.ask(made));
          problems.push(...changes);
          if (changes.length > 0) break;
        }
      }
      if (!isDeepStrictEqual(two.service.state.entries(), kept))
        problems.push("calls of one have changed the STATE of the other");
      await one.stop();
      const left = await readAll(bench, two);
      for (const [shown, outcome] of watched.last) {
        const now = left.get(shown);
        if (outcome.status !== "ok" || now === undefined || now.status === "ok") continue;
        problems.push(`${shown} of one answers ${show(now)} once the other is stopped`);
      }
      expectNone(problems.length === 0 ? [] : [...problems, onPurpose]);
    },
  },
];
