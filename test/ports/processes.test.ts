import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { longestLine, nodeProcesses } from "../../core/ports/processes.ts";

const node = process.execPath;

async function run(
  script: string,
  options: { base?: Record<string, string>; environment?: Record<string, string> } = {},
) {
  const lines: string[] = [];
  const processes = nodeProcesses(options.base ?? {});
  const child = await processes.start([node, "-e", script], {
    environment: options.environment ?? {},
    output: (line) => lines.push(line),
  });
  return { child, lines };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition() && tries < 500; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}

/** A process that ended may stay in the table until it is reaped; that counts as gone. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

describe("a child process", () => {
  it("says how it ended", async () => {
    expect(await (await run("process.exit(3)")).child.exit).toEqual({ code: 3, signal: null });
    const { child } = await run("setInterval(() => {}, 1000)");
    child.kill("SIGKILL");
    expect(await child.exit).toEqual({ code: null, signal: "SIGKILL" });
    child.kill("SIGTERM");
  });

  it.each([
    [["/no/such/program"], /ENOENT/],
    [[], /the command is empty/],
    [["a\0b"], /null bytes/],
  ])("that cannot be started is told: %j", async (command, reason) => {
    const starting = nodeProcesses({}).start(command, { environment: {}, output: () => undefined });
    await expect(starting).rejects.toThrow(reason);
  });

  it("gives its output line by line, both streams, the last one without its end", async () => {
    const { child, lines } = await run(
      "process.stdout.write('one\\r\\ntwo\\n\\nthr'); process.stdout.write('ee'); console.error('err')",
    );
    await child.exit;
    await until(() => lines.includes("three"));
    expect(lines.filter((line) => line !== "err")).toEqual(["one", "two", "", "three"]);
    expect(lines).toContain("err");
  });

  it("cannot fill the memory with one line", async () => {
    const { child, lines } = await run("process.stdout.write('x'.repeat(3_000_000) + '\\nnext\\n')");
    await child.exit;
    await until(() => lines.includes("next"));
    expect(lines.map(({ length }) => length)).toEqual([longestLine, 4]);
  });

  it("gets its own environment and nothing of the runtime's but what it needs to run", async () => {
    const base = { PATH: "/usr/bin", HOME: "/root", AWS_SECRET_ACCESS_KEY: "secret", STORE_CONFIGURATION: "[]" };
    const { child, lines } = await run("console.log(JSON.stringify(process.env))", {
      base,
      environment: { MINE: "1", HOME: "/me" },
    });
    await child.exit;
    await until(() => lines.length > 0);
    expect(JSON.parse(lines[0] ?? "")).toEqual({ PATH: "/usr/bin", HOME: "/me", MINE: "1" });
  });

  it("is ended with all that it started", async () => {
    const grandchild =
      "require('node:child_process').spawn(process.execPath, ['-e', 'console.log(process.pid); setInterval(() => {}, 1000)'], { stdio: 'inherit' }); setInterval(() => {}, 1000)";
    const { child, lines } = await run(grandchild);
    await until(() => lines.length > 0);
    const pid = Number(lines[0]);
    expect([isAlive(pid), pid === child.pid]).toEqual([true, false]);
    child.kill("SIGKILL");
    await child.exit;
    await until(() => !isAlive(pid));
  });
});
