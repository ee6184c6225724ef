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

/** What is never the same twice (`first` and `before`) says nothing. */
function findChanges(before: Answers, after: Answers, first: Answers, when: string): string[] {
  return [...before].flatMap(([shown, outcome]) => {
    const now = after.get(shown);
    const isSteady = isDeepStrictEqual(first.get(shown), outcome);
    if (now === undefined || !isSteady || isDeepStrictEqual(now, outcome)) return [];
    return [`${shown} of one answers ${show(now)} ${when}; before it was ${show(outcome)}`];
  });
}

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
      const [first, before] = [await readAll(bench, two), await readAll(bench, two)];
      let after = before;
      for (const call of bench.ready.filter(({ command }) => command.effect !== "read")) {
        for (const args of [call.args ?? {}, ...call.variants]) {
          await one.ask({ ...call, args });
          after = await readAll(bench, two);
          const made = showCall({ ...call, args });
          problems.push(...findChanges(before, after, first, `after ${made} of the other`));
          if (problems.length > 0) break;
        }
      }
      if (!isDeepStrictEqual(two.service.state.entries(), kept))
        problems.push("calls of one have changed the STATE of the other");
      await one.stop();
      const left = await readAll(bench, two);
      for (const [shown, outcome] of after) {
        const now = left.get(shown);
        if (outcome.status !== "ok" || now === undefined || now.status === "ok") continue;
        problems.push(`${shown} of one answers ${show(now)} once the other is stopped`);
      }
      expectNone(problems);
    },
  },
];
