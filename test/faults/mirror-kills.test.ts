import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { makeEmptyFolder, rustiq, start } from "../cli/rustiq.ts";
import { textsIn } from "../transfer/mirror/around.ts";

const [files, kills, bytes] = [100, 10, 32 * 1024];

/** Every object holds one letter, again and again: a mixture would be seen. */
function fill(folder: string, letter: string): void {
  const root = join(folder, "data", "contents", "p");
  mkdirSync(join(root, "deep"), { recursive: true });
  for (let index = 0; index < files; index++)
    writeFileSync(join(root, index % 2 === 0 ? `${index}` : `deep/${index}`), letter.repeat(bytes));
}

/** The letters of the files that are there; fails on one that is not whole. Unfinished ones have names of their own. */
function lettersIn(folder: string): Set<string> {
  const letters = new Set<string>();
  for (const [name, text] of Object.entries(textsIn(folder))) {
    if (/(^|\/)\.[^/]+\.part$/.test(name)) continue;
    expect([name, text.length, new Set(text).size]).toEqual([name, bytes, 1]);
    letters.add(text[0] ?? "");
  }
  return letters;
}

describe("a mirror that is killed", () => {
  it.each([
    ["file by file", [], ["a", "b"]],
    ["as a whole", ["--atomic"], ["a"]],
  ] as const)("leaves each file old or new, and is completed by the next run: %s", async (_, options, allowed) => {
    const folder = makeEmptyFolder();
    const target = join(folder, "target");
    const args = ["store", "sync", "contents", "p", "target", "--delete", "--concurrency", "2", ...options];
    fill(folder, "a");
    const begun = performance.now();
    expect((await rustiq(folder, args)).code).toBe(0);
    const wholeMs = performance.now() - begun;
    fill(folder, "b");
    let interrupted = 0;
    for (let kill = 0; kill < kills; kill++) {
      const run = start(folder, args);
      // A run that was let through changes nothing any more; most are not.
      await sleep(wholeMs * (0.2 + 0.6 * Math.random()));
      run.child.kill("SIGKILL");
      if ((await run.ended).code === null) interrupted += 1;
      const letters = lettersIn(target);
      if (letters.has("a")) for (const letter of letters) expect(allowed).toContain(letter);
    }
    const last = await rustiq(folder, args);
    expect(last).toMatchObject({ code: 0, stderr: "" });
    expect(interrupted).toBeGreaterThan(0);
    expect([Object.keys(textsIn(target)).length, [...lettersIn(target)]]).toEqual([files, ["b"]]);
    expect((await rustiq(folder, args)).stdout).toBe(`0 files transferred (0 B), 0 removed, ${files} unchanged\n`);
  });
});
