import { abortGraceMs } from "../../command/limit.ts";
import { stopLimitMs } from "../../host/scope.ts";
import { driveClock } from "../drive.ts";
import { showCall } from "./call.ts";
import { type CaseDraft, expectNone } from "./case.ts";

const ignore = () => undefined;

/** What has to end when it is told to. */
export const ending: readonly CaseDraft[] = [
  {
    id: "abort-ends",
    title: `gives every command up within ${abortGraceMs} ms of its abort`,
    calls: true,
    async check(bench) {
      const problems: string[] = [];
      for (const call of bench.ready) {
        const controller = new AbortController();
        let tell: () => void = ignore;
        const aborted = new Promise<void>((resolve) => {
          tell = resolve;
        });
        const abort = () => {
          controller.abort(new Error(`${call.name} is aborted by the kit`));
          tell();
        };
        // Right after it has begun: what it does at once is done.
        const around = (_: string, run: () => unknown) => {
          queueMicrotask(abort);
          return run();
        };
        const { service, clock } = await bench.open({ around });
        bench.note(call);
        const ended = service.call(call.name, call.args, { signal: controller.signal }).then(ignore, ignore);
        // One that is refused before it begins has ended too.
        await Promise.race([aborted, ended]);
        const told = `${showCall(call)} goes on ${abortGraceMs} ms after its abort; hand call.signal to all it waits for`;
        const limit = { limitMs: abortGraceMs, rate: 1, onLimit: () => new Error(told) };
        await driveClock(ended, clock, limit).catch(() => problems.push(told));
      }
      expectNone(problems);
    },
  },
  {
    id: "stop-ends",
    title: "stops in time while a command runs",
    calls: true,
    async check(bench) {
      const problems: string[] = [];
      for (const call of bench.ready) {
        let begin: () => void = ignore;
        const begun = new Promise<void>((resolve) => {
          begin = resolve;
        });
        const around = (_: string, run: () => unknown) => {
          queueMicrotask(begin);
          return run();
        };
        const { service, stop } = await bench.open({ around });
        bench.note(call);
        const ended = service.call(call.name, call.args).then(ignore, ignore);
        await Promise.race([begun, ended]);
        const problem = await stop();
        if (problem?.includes("take longer") === true) {
          problems.push(`while ${showCall(call)} runs, its stop takes longer than ${stopLimitMs} ms`);
        }
      }
      expectNone(problems);
    },
  },
];
