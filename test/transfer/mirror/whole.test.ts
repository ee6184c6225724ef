import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeMirror, textsIn } from "./around.ts";

function fill(mirror: ReturnType<typeof makeMirror>, text: string, count = 20) {
  for (let index = 0; index < count; index++) mirror.put(`p/d${index % 3}/${index}`, text);
}

describe("a mirror as a whole", () => {
  it("never shows a reader some of the old and some of the new", async () => {
    const mirror = makeMirror();
    fill(mirror, "old");
    await mirror.down({ atomic: true });
    fill(mirror, "new");
    const seen = new Set<string>();
    const look = () => {
      // One real folder, whatever the name leads to later.
      const root = join(dirname(mirror.folder), readlinkSync(mirror.folder));
      seen.add([...new Set(Object.values(textsIn(root)))].join());
    };
    await mirror.down({ atomic: true, onEvent: look });
    look();
    expect([...seen]).toEqual(["old", "new"]);
    expect(readdirSync(dirname(mirror.folder))).toHaveLength(2);
  });

  it("fetches only what has changed, keeps what the store has not, and removes it when asked", async () => {
    const mirror = makeMirror();
    fill(mirror, "same");
    await mirror.down();
    writeFileSync(join(mirror.folder, "mine"), "mine");
    mirror.requests.splice(0);
    mirror.put("p/d0/0", "changed");
    await mirror.down({ atomic: true });
    expect(mirror.reads()).toEqual(["d0/0"]);
    expect(textsIn(mirror.folder)).toMatchObject({ "d0/0": "changed", "d1/1": "same", mine: "mine" });
    await mirror.down({ atomic: true, delete: true });
    expect(Object.keys(textsIn(mirror.folder))).toHaveLength(20);
    expect(mirror.reads()).toEqual([]);
  });

  it("builds nothing when nothing has changed", async () => {
    const mirror = makeMirror();
    fill(mirror, "same");
    await mirror.down({ atomic: true });
    const before = readlinkSync(mirror.folder);
    mirror.requests.splice(0);
    await mirror.down({ atomic: true });
    expect([readlinkSync(mirror.folder), mirror.requests]).toEqual([before, ["list p/"]]);
  });

  it("goes on where it was interrupted, and shows nothing of it before", async () => {
    const mirror = makeMirror();
    fill(mirror, "old");
    await mirror.down({ atomic: true });
    fill(mirror, "new");
    const stop = new AbortController();
    let arrived = 0;
    const onEvent = ({ type }: { type: string }) => {
      if (type === "transferred" && ++arrived === 10) stop.abort(new Error("stopped"));
    };
    const interrupted = mirror.down({ atomic: true, onEvent, signal: stop.signal, concurrency: 2 });
    await expect(interrupted).rejects.toThrow("stopped");
    expect(new Set(Object.values(textsIn(mirror.folder)))).toEqual(new Set(["old"]));
    mirror.requests.splice(0);
    await mirror.down({ atomic: true });
    expect(mirror.reads()).toHaveLength(20 - arrived);
    expect(new Set(Object.values(textsIn(mirror.folder)))).toEqual(new Set(["new"]));
  });

  it("copies where a file cannot have two names", async () => {
    const noLinks = async () => {
      throw Object.assign(new Error("EPERM"), { code: "EPERM" });
    };
    const mirror = makeMirror({ link: noLinks });
    fill(mirror, "same");
    await mirror.down();
    mirror.put("p/new", "new");
    mirror.requests.splice(0);
    await mirror.down({ atomic: true });
    expect(mirror.reads()).toEqual(["new"]);
    expect((await mirror.down({ atomic: true })).unchanged).toBe(21);
    expect(readFileSync(join(mirror.folder, "d1", "1"), "utf8")).toBe("same");
  });

  it("finds the folder of a run that was killed while it became a link", async () => {
    const mirror = makeMirror();
    fill(mirror, "same");
    await mirror.down();
    renameSync(mirror.folder, join(dirname(mirror.folder), ".target.rustiq-old"));
    mirror.requests.splice(0);
    await mirror.down({ atomic: true });
    expect([Object.keys(textsIn(mirror.folder)).length, mirror.reads()]).toEqual([20, []]);
  });

  it("refuses a link that is not its own", async () => {
    const mirror = makeMirror();
    fill(mirror, "new");
    mkdirSync(`${mirror.folder}-elsewhere`);
    symlinkSync(`${mirror.folder}-elsewhere`, mirror.folder);
    await expect(mirror.down({ atomic: true })).rejects.toMatchObject({ code: "path-refused" });
    await mirror.down();
    expect(Object.keys(textsIn(`${mirror.folder}-elsewhere`))).toHaveLength(20);
  });
});
