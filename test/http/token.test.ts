import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readToken } from "../../core/http/token.ts";
import { nodeFiles } from "../../core/ports/node-files.ts";
import { nodeRandom } from "../../core/ports/random.ts";
import { type LogLine, recordLog } from "../../core/testkit/surroundings.ts";
import { Device } from "../flows/device.ts";

let device: Device;
let stateDir: string;
let file: string;
let lines: LogLine[];
beforeEach(() => {
  device = new Device();
  stateDir = join(device.folder, "state");
  file = join(stateDir, "http-token");
  lines = [];
});
afterEach(() => device.remove());

const read = () => readToken({ files: nodeFiles(), random: nodeRandom(), stateDir, log: recordLog(lines) });
const modeOf = (path: string) => statSync(path).mode & 0o777;
const put = (text: string, mode: number) => {
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
};

describe("the token of the local API", () => {
  it("is made once, of 32 random bytes, for its owner alone", async () => {
    const token = await read();
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(readFileSync(file, "utf8")).toBe(`${token}\n`);
    expect(modeOf(file)).toBe(0o600);
    expect(await read()).toBe(token);
    expect(lines).toEqual([]);
  });

  it("may be one of the operator's own", async () => {
    put("a-token-of-our-own\r\n", 0o400);
    expect(await read()).toBe("a-token-of-our-own");
    expect(lines).toEqual([]);
  });

  it.each([0o640, 0o604, 0o622, 0o644, 0o666])("is made anew when others may use its file (mode %o)", async (mode) => {
    put("0123456789abcdef0123\n", mode);
    const token = await read();
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(modeOf(file)).toBe(0o600);
    expect(lines).toMatchObject([
      { level: "warn", message: expect.stringContaining(`has the mode ${mode.toString(8)}`) },
    ]);
    expect(await read()).toBe(token);
  });

  it.each([
    ["empty", ""],
    ["short", "secret"],
    ["of two lines", "0123456789abcdef\n0123456789abcdef"],
    ["larger than a token", "x".repeat(2000)],
  ])("is made anew when the file is %s", async (_, text) => {
    put(text, 0o600);
    expect(await read()).toMatch(/^[0-9a-f]{64}$/);
    expect(lines).toMatchObject([{ level: "warn", message: expect.stringContaining("holds no token") }]);
  });

  it("is not read from where a link leads", async () => {
    const elsewhere = join(device.folder, "elsewhere");
    mkdirSync(stateDir, { recursive: true });
    writeFileSync(elsewhere, "0123456789abcdef0123\n", { mode: 0o600 });
    symlinkSync(elsewhere, file);
    expect(await read()).toMatch(/^[0-9a-f]{64}$/);
    expect(readFileSync(elsewhere, "utf8")).toBe("0123456789abcdef0123\n");
  });
});
