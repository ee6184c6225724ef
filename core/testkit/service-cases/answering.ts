import { askFor, showCall } from "./call.ts";
import { type Bench, type CaseDraft, expectNone, MissingArguments } from "./case.ts";

const faultsOfResults: readonly (string | undefined)[] = ["result-invalid", "result-too-large"];
const noJson = "it is not JSON";

/** What comes back from commands that may be asked. */
export const answering: readonly CaseDraft[] = [
  {
    id: "reads-answer",
    title: "answers every command that only reads",
    calls: true,
    async check(bench) {
      const { ask } = await bench.open();
      const wrong: string[] = [];
      const unshown: string[] = [];
      for (const call of bench.calls.filter(({ command }) => command.effect === "read")) {
        if (call.args === undefined) {
          unshown.push(`${call.name} was not called: no value could be made up for ${call.missing}; ${askFor(call)}`);
          continue;
        }
        const { status, error } = await ask(call);
        // What is wrong with a result is another case's.
        if (status === "ok" || faultsOfResults.includes(error?.code)) continue;
        const told = `${showCall(call)} answers the error ${error?.code}: ${error?.message}`;
        if (call.isMeant) wrong.push(told);
        else unshown.push(`${told}. These arguments were made up from its schemas: ${askFor(call)}`);
      }
      if (wrong.length === 0 && unshown.length > 0) throw new MissingArguments({ message: unshown.join("\n") });
      expectNone([...wrong, ...unshown]);
    },
  },
  {
    id: "results-fit",
    title: "answers what its result schemas say",
    calls: true,
    check: (bench) =>
      expectErrors(bench, ({ code, message }) => {
        // Nothing would be seen of a command that is called with what it does not take.
        if (code.startsWith("argument-")) return true;
        return code === "result-invalid" && !message.includes(noJson);
      }),
  },
  {
    id: "results-json",
    title: "answers JSON, and no more of it than a report may hold",
    calls: true,
    check: (bench) =>
      expectErrors(bench, ({ code, message }) => code === "result-too-large" || message.includes(noJson)),
  },
];

/** Fails with the errors of all calls that `isWrong` holds to be faults of the service. */
async function expectErrors(
  bench: Bench,
  isWrong: (error: { readonly code: string; readonly message: string }) => boolean,
): Promise<void> {
  const { ask } = await bench.open();
  const problems: string[] = [];
  for (const call of bench.ready) {
    const { error } = await ask(call);
    if (error !== undefined && isWrong(error)) problems.push(`${showCall(call)}: ${error.message}`);
  }
  expectNone(problems);
}
