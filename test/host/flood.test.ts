import { describe, expect, it } from "vitest";
import { boundLog, linesASecond, mostBytes, mostLinesAtOnce, tellEveryMs } from "../../core/host/flood.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { type LogLine, recordLog } from "../../core/testkit/surroundings.ts";

function bounded() {
  const clock = new VirtualClock();
  const lines: LogLine[] = [];
  const mask = (text: string) => text.replaceAll("s3cret", "***");
  const { log, close } = boundLog(recordLog(lines, { plugin: "lamp" }), { name: "lamp", clock, mask });
  const flood = (count: number) => {
    for (let line = 0; line < count; line++) log.info(`line ${line}`);
  };
  const last = () => lines.at(-1)?.message;
  return { clock, lines, log, close, flood, last };
}

describe("a plugin's log", () => {
  it("takes as many lines at once as it may, and leaves out one more", async () => {
    const { clock, lines, flood, last } = bounded();
    flood(mostLinesAtOnce);
    expect(lines).toHaveLength(200);
    flood(1);
    expect(lines).toHaveLength(200);
    await clock.advance(tellEveryMs - 1);
    expect(lines).toHaveLength(200);
    await clock.advance(1);
    expect([lines.length, last()]).toEqual([201, "plugin lamp: 1 log line was left out"]);
    expect(clock.pending).toBe(0);
  });

  it("takes fifty a second afterwards, and tells of the others every ten seconds in one line", async () => {
    const { clock, lines, flood, last } = bounded();
    flood(mostLinesAtOnce);
    for (let second = 0; second < 10; second++) {
      await clock.advance(1000);
      flood(1000);
    }
    expect(lines.filter(({ message }) => message.startsWith("line "))).toHaveLength(200 + 10 * linesASecond);
    await clock.advance(1000);
    expect(last()).toBe("plugin lamp: 9500 log lines were left out");
    await clock.advance(60_000);
    expect(lines.filter(({ message }) => message.endsWith("left out"))).toHaveLength(1);
  });

  it("shares the bound with its children, in every level", async () => {
    const { lines, log, flood } = bounded();
    flood(mostLinesAtOnce - 1);
    const child = log.child({ room: 4 });
    child.error("the last one");
    child.warn("too many");
    log.debug("too many");
    expect(lines.slice(199)).toEqual([
      { level: "error", message: "the last one", fields: { plugin: "lamp", room: 4 } },
    ]);
  });

  it("tells what was left out when it is closed, and waits for nothing then", () => {
    const { clock, lines, flood, close, last } = bounded();
    flood(mostLinesAtOnce + 3);
    close();
    expect(last()).toBe("plugin lamp: 3 log lines were left out");
    flood(2);
    expect([lines.length, clock.pending]).toEqual([201, 0]);
  });

  it("tells before the next line what was left out after its end", async () => {
    const { clock, lines, flood, close } = bounded();
    flood(mostLinesAtOnce);
    close();
    flood(2);
    await clock.advance(1000);
    flood(1);
    expect(lines.slice(200).map(({ message }) => message)).toEqual([
      "plugin lamp: 2 log lines were left out",
      "line 0",
    ]);
  });
});

describe("a line of it", () => {
  it("keeps a message of the most bytes, and cuts one of a byte more", () => {
    const { log, last } = bounded();
    const whole = "x".repeat(mostBytes);
    log.info(whole);
    expect(last()).toBe(whole);
    log.info(`${whole}y`);
    expect(last()).toBe(`${whole}… (8193 characters)`);
    log.info(`${whole.slice(1)}é`);
    expect(last()).toBe(`${whole.slice(1)}… (8192 characters)`);
  });

  it("shows no beginning of a secret that the cut goes through", () => {
    const { log, lines } = bounded();
    log.info(`${"x".repeat(mostBytes - 3)}s3cret`, { text: `${"y".repeat(mostBytes - 8)}s3cret` });
    expect(JSON.stringify(lines)).not.toContain("s3");
  });

  it("keeps fields of the most bytes with their names, and cuts more", () => {
    const { log, lines } = bounded();
    const text = "x".repeat(mostBytes - 4);
    log.info("fits", { text });
    expect(lines[0]?.fields).toEqual({ plugin: "lamp", text });
    log.info("does not", { text: `${text}y` });
    expect(lines[1]?.fields).toEqual({ plugin: "lamp", text: `${text}… (8189 characters)` });
  });

  it("bounds lists, members and errors of any size", () => {
    const { log, lines } = bounded();
    const error = Object.assign(new Error("e".repeat(100_000)), { stack: "s".repeat(100_000) });
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`name-${index}`, index]));
    const list = Array.from({ length: 100_000 }, () => "abcdefgh");
    for (const fields of [{ error }, { many }, { list }, { deep: { deep: { deep: { deep: { list } } } } }]) {
      log.error("large", fields);
    }
    const sizes = lines.map(({ fields }) => JSON.stringify(fields).length);
    expect(sizes.every((size) => size < 3 * mostBytes)).toBe(true);
    expect(lines[0]?.fields["error"]).toMatchObject({ type: "Error" });
  });

  it("leaves what is small as it is", () => {
    const { log, lines } = bounded();
    const [error, at, bytes] = [new TypeError("no"), new Date(0), Buffer.from("abc")];
    const fields = { error, at, bytes, list: [1, "two", null], deep: { on: true } };
    log.warn("small", fields);
    expect(lines[0]?.fields).toEqual({ plugin: "lamp", ...fields });
    expect(lines[0]?.fields["error"]).toBe(error);
  });
});
