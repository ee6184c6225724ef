import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runWith, serviceOf, surround } from "./around.ts";

const { signal } = new AbortController();
const base = { about: "for tests", args: {}, result: z.unknown(), effect: "idempotent" } as const;

function call(run: () => unknown) {
  const { invoker } = surround([serviceOf("slow", { work: { ...base, run } })]);
  return invoker.settle(async () => (await invoker.prepare("work()", "slow")).run(runWith(signal)));
}

describe("a handler that finds the disk full", () => {
  it.each(["ENOSPC", "EDQUOT"])("and throws %s has that told as its result", async (code) => {
    const work = () => {
      throw Object.assign(new Error(`${code}: no space left, write`), { code });
    };
    expect(await call(work)).toMatchObject({
      status: "error",
      result: `disk full: slow.work could not write: ${code}: no space left, write`,
      error: { code: "disk-full", hint: "Free some space; the device goes on by itself." },
    });
  });

  it("is not one that fails with another error of the disk, or only says so", async () => {
    for (const thrown of [Object.assign(new Error("EIO"), { code: "EIO" }), new Error("ENOSPC"), "ENOSPC"]) {
      expect(await call(() => Promise.reject(thrown))).toMatchObject({ error: { code: "command-failed" } });
    }
  });
});
