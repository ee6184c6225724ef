import { describe, expect, it } from "vitest";
import { changeKept, checkKept, largestValue, mostKept } from "../../core/journal/kept.ts";
import { emptyState } from "../../core/journal/state.ts";
import type { Json } from "../../core/plugin/surroundings.ts";
import { Disk, errno } from "./disk.ts";
import { openJournal } from "./open.ts";

const owner = "scheduler";
/** A text that is, with the name `a`, so many bytes of JSON. */
const sized = (bytes: number) => "x".repeat(bytes - Buffer.byteLength(JSON.stringify(["a", ""])));

describe("what a plugin keeps", () => {
  it("has one MiB a value, and not one byte more", () => {
    const check = (value: Json) => () => checkKept(emptyState(), { owner, values: [["a", value]] });
    expect(check(sized(largestValue))).not.toThrow();
    expect(check(sized(largestValue + 1))).toThrow(
      `what scheduler keeps is too large: the value "a" has ${largestValue + 1} bytes; at most ${largestValue} are kept`,
    );
  });

  it("has eight MiB in all, and not one byte more; what is replaced or forgotten does not count", () => {
    const state = emptyState();
    const names = ["b", "c", "d", "e", "f", "g", "h"];
    state.kept.set(owner, new Map(names.map((name) => [name, sized(largestValue)])));
    const check =
      (...values: readonly (readonly [string, Json?])[]) =>
      () =>
        checkKept(state, { owner, values });
    expect(largestValue * 8).toBe(mostKept);
    expect(check(["a", sized(largestValue)])).not.toThrow();
    expect(check(["a", sized(largestValue)], ["i", 1])).toThrow(`all of it has ${mostKept + 7} bytes`);
    expect(check(["a", sized(largestValue)], ["b"], ["i", 1])).not.toThrow();
    expect(check(["b", sized(largestValue)], ["a", sized(largestValue)])).not.toThrow();
    expect(() => checkKept(state, { owner: "other", values: [["a", sized(largestValue)]] })).not.toThrow();
  });

  it("lets the journal be opened again when all of it is there", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    for (let count = 0; count < 8; count++) {
      await changeKept(journal, { owner, values: [[String.fromCharCode(97 + count), sized(largestValue)]] });
    }
    await expect(changeKept(journal, { owner, values: [["i", 1]] })).rejects.toMatchObject({ code: "state-too-large" });
    expect((await openJournal(disk.afterPowerCut())).state.kept.get(owner)?.size).toBe(8);
  });

  it("is what it was after a change that the disk did not take", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await changeKept(journal, { owner, values: [["old", 1]] });
    disk.fault = (operation) => (operation === "sync" ? errno("EIO") : undefined);
    const change = changeKept(journal, { owner, values: [["old", 2], ["new", 3], ["gone"]] });
    await expect(change).rejects.toThrow("EIO");
    disk.fault = () => undefined;
    const kept = () => [...(journal.state.kept.get(owner) ?? [])];
    expect(kept()).toEqual([["old", 1]]);
    await journal.flush();
    expect([...((await openJournal(disk.afterPowerCut())).state.kept.get(owner) ?? [])]).toEqual([["old", 1]]);
  });

  it("may shrink where an older version has let it grow past its bound", async () => {
    const journal = await openJournal(new Disk());
    const values = Array.from({ length: 10 }, (_, index) => [`v${index}`, sized(largestValue - 1)] as const);
    await journal.append([{ t: "changed", kept: { owner, values } }], { durable: true });
    await changeKept(journal, { owner, values: [["v0"]] });
    expect(journal.state.kept.get(owner)?.size).toBe(9);
    await expect(changeKept(journal, { owner, values: [["more", 1]] })).rejects.toMatchObject({
      code: "state-too-large",
    });
  });

  it.each([true, undefined])("is not undone by an earlier change to the same value (%s) that failed", async (value) => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    await changeKept(journal, { owner, values: [["a", false]] });
    let isBroken = true;
    disk.fault = (operation) => {
      if (operation !== "sync" || !isBroken) return undefined;
      isBroken = false;
      return errno("EIO");
    };
    const change = () => changeKept(journal, { owner, values: [value === undefined ? ["a"] : ["a", value]] });
    const first = change();
    // The first is being written when the second comes.
    await Promise.resolve();
    await Promise.resolve();
    const ends = await Promise.allSettled([first, change()]);
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(journal.state.kept.get(owner)?.get("a")).toBe(value);
  });

  it("is what a later change made of it, though an earlier one failed", async () => {
    const disk = new Disk();
    const journal = await openJournal(disk);
    let isBroken = true;
    disk.fault = (operation) => {
      if (operation !== "sync" || !isBroken) return undefined;
      isBroken = false;
      return errno("EIO");
    };
    await expect(changeKept(journal, { owner, values: [["a", "first"]] })).rejects.toThrow("EIO");
    await changeKept(journal, { owner, values: [["a", "second"]] });
    expect((await openJournal(disk.afterPowerCut())).state.kept.get(owner)?.get("a")).toBe("second");
  });
});
