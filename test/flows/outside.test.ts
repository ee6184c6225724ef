import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../../dist/rustiq.js", import.meta.url));
const fixtures = fileURLToPath(new URL("../fixtures/outside", import.meta.url));
/** The template's service as it stands: without type annotations it is JavaScript too, as the README says. */
const lamp = fileURLToPath(new URL("../../plugin-template/service/index.ts", import.meta.url));
const run = promisify(execFile);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rustiq-outside-"));
  cpSync(fixtures, join(folder, "plugins"), { recursive: true });
  cpSync(lamp, join(folder, "plugins", "lamp.js"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a drawer holds, by key. */
function openDrawer(name: string) {
  const file = join(folder, `${name}.json`);
  return {
    entry: { store_name: name, backend: "./plugins/drawer.js", file },
    put: (key: string, text: string) => writeFileSync(file, JSON.stringify({ [key]: { text, time: Date.now() } })),
    get: (key: string) => JSON.parse(readFileSync(file, "utf8"))[key].text,
  };
}

describe("a service and a store that lie outside of the project", () => {
  it("are each under 40 lines of code and import rustiq/plugin only", () => {
    for (const name of ["lamp.js", "drawer.js"]) {
      const text = readFileSync(join(folder, "plugins", name), "utf8");
      expect(text.split("\n").filter((line) => line.trim() !== "").length).toBeLessThan(40);
      const imported = [...text.matchAll(/ from "([^"]+)"/g)].map(([, specifier]) => specifier);
      expect(imported.filter((specifier) => !specifier?.startsWith("node:"))).toEqual(["rustiq/plugin"]);
    }
  });

  it("are loaded by path and work: a document in the one is run by the other", async () => {
    const [incoming, status] = [openDrawer("incoming"), openDrawer("status")];
    const plugins = [{ use: "./plugins/lamp.js", config: { highest: 80 } }];
    writeFileSync(join(folder, "rustiq.json"), JSON.stringify({ plugins, stores: [incoming.entry, status.entry] }));
    incoming.put("lamp/commands.json", '[{"command": "set_level(90, reason=\'night\')"}, {"command": "get_level()"}]');
    await run(process.execPath, [program, "run", "--once"], { cwd: folder });
    const report = JSON.parse(status.get("lamp/last_monitoring_status.json"));
    expect(report.commands.map(({ result }: { result: string }) => JSON.parse(result))).toEqual([
      { level: 80, was: 0 },
      80,
    ]);
    await run(process.execPath, [program, "run", "--once"], { cwd: folder });
    expect(JSON.parse(status.get("lamp/last_monitoring_status.json"))).toEqual(report);
  });

  it("are found as a package beside the configuration", async () => {
    const home = join(folder, "node_modules", "@acme", "lamp");
    mkdirSync(home, { recursive: true });
    cpSync(lamp, join(home, "index.js"));
    writeFileSync(
      join(home, "package.json"),
      JSON.stringify({ name: "@acme/lamp", type: "module", exports: { import: "./index.js" } }),
    );
    writeFileSync(join(folder, "rustiq.json"), JSON.stringify({ plugins: ["@acme/lamp"] }));
    const { stdout } = await run(process.execPath, [program, "exec", "set_level(7)", "--service", "lamp"], {
      cwd: folder,
    });
    expect(JSON.parse(stdout)).toEqual({ level: 7, was: 0 });
  });

  it("that cannot be loaded are named with the reason, and the others run on", async () => {
    writeFileSync(join(folder, "broken.js"), "throw new Error('no such pin');");
    const plugins = ["./broken.js", "./plugins/lamp.js", "@acme/missing"];
    writeFileSync(join(folder, "rustiq.json"), JSON.stringify({ plugins }));
    const call = (expression: string) =>
      run(process.execPath, [program, "exec", expression, "--service", "lamp"], {
        cwd: folder,
        env: { ...process.env, RUSTIQ_LOG_LEVEL: "info" },
      });
    const { stdout, stderr } = await call("get_level()");
    expect(JSON.parse(stdout)).toBe(0);
    expect(stderr).toMatch(/plugins\[0\] \.\/broken\.js: .*broken\.js failed to load: no such pin/);
    expect(stderr).toMatch(/plugins\[2\] @acme\/missing: no built-in plugin, package or file of that name/);
    await expect(call("call_service('broken', 'blink')")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no such pin"),
    });
  });
});
