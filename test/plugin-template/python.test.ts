import { spawn, spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Device, eventually } from "../flows/device.ts";
import { freePort } from "../http/api.ts";

const template = new URL("../../plugin-template/", import.meta.url);
const readme = readFileSync(new URL("README.md", template), "utf8");

const available = spawnSync("python3", ["--version"]).status === 0;
if (!available) process.stdout.write("python3 is not on this machine: the service in Python is not tried\n");

/** The blocks of a language below the heading. */
function blocksOf(language: string): readonly string[] {
  const section = readme.slice(readme.indexOf("## A service in another language"));
  return [...section.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(([, block = ""]) => block);
}

let device: Device;
beforeEach(() => {
  device = new Device();
});
afterEach(() => device.remove());

/** A device by the README's own configuration, on free ports. */
async function startDevice() {
  const [configuration = ""] = blocksOf("json");
  const [servicePort, port] = [await freePort(), await freePort()];
  cpSync(new URL("python", template), `${device.folder}/python`, { recursive: true });
  const file = JSON.parse(configuration.replace("8016", String(servicePort)).replace("8015", String(port)));
  // The working folder of a test is the project's.
  file.applications[0].working_folder = ".";
  const runtime = await device.make(file);
  await runtime.start();
  return { runtime, servicePort, port };
}

async function reportOf(service: string, document: readonly object[]) {
  const before = (await device.results(service)).length;
  device.send(service, document);
  await eventually("the report", async () => (await device.results(service)).length > before || undefined, 15_000);
  return eventually("the last report", () => {
    const report = device.report(service);
    return report?.commands.length === document.length ? report : undefined;
  });
}

/** Runs a program in the device's folder; not synchronously, for this process is the device that answers it. */
function runPython(program: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("python3", ["-"], { cwd: device.folder });
    let output = "";
    const keep = (text: Buffer) => {
      output += text.toString();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
    child.stdin.end(program);
  });
}

describe.skipIf(!available)("the service in Python", () => {
  it("is started by the device, and answers documents like every other", async () => {
    device.send("thermostat", [{ command: "set_target('hall', celsius=21.5)" }, { command: "get_targets()" }]);
    await startDevice();
    // The document was there before the program listened.
    const first = await eventually("the report", () => device.report("thermostat") ?? undefined, 15_000);
    expect(first.commands).toMatchObject([
      { status: "ok", result: '{"room":"hall","celsius":21.5}' },
      { status: "ok", result: '{"hall":21.5}' },
    ]);
    const second = await reportOf("thermostat", [
      { command: "get_target()" },
      { command: "set_target()" },
      { command: "set_target('hall', celsius='warm')" },
      { command: "call_service('thermostat', 'set_target', 'attic')" },
    ]);
    expect(second.commands).toMatchObject([
      {
        status: "error",
        error: {
          code: "command-unknown",
          message: "thermostat has no command get_target",
          hint: "did you mean 'get_targets'?",
        },
      },
      { error: { code: "argument-invalid", message: "set_target(): missing a required argument: 'room'" } },
      { error: { code: "argument-invalid", message: "set_target(): could not convert string to float: 'warm'" } },
      { status: "ok", result: '{"room":"attic","celsius":20}' },
    ]);
  });

  it("says what it serves, and serves nothing else", async () => {
    const { servicePort, runtime } = await startDevice();
    await eventually("the service", async () =>
      (await runtime.execute("get_targets()", "thermostat")).status === "ok" ? true : undefined,
    );
    const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${servicePort}${path}`, init);
    const described = await (await ask("/v1/commands")).json();
    expect(described).toMatchObject({
      services: [{ service: "thermostat", commands: [{ name: "get_targets" }, { name: "set_target" }] }],
    });
    const body = JSON.stringify({ command: "get_targets" });
    expect((await ask("/v1/other")).status).toBe(404);
    expect((await ask("/v1/other", { method: "POST", body })).status).toBe(404);
    const page = { origin: "http://evil.example", "content-type": "application/json" };
    expect((await ask("/v1/call", { method: "POST", body, headers: page })).status).toBe(404);
  });

  it("ends with the device", async () => {
    const { servicePort, runtime } = await startDevice();
    await runtime.execute("get_targets()", "thermostat");
    await runtime.stop();
    await expect(fetch(`http://127.0.0.1:${servicePort}/v1/commands`)).rejects.toThrow();
  });
});

describe.skipIf(!available)("a program in Python", () => {
  it("calls the device as the README shows", async () => {
    const { port } = await startDevice();
    const [program = ""] = blocksOf("python");
    const caller = program.replace("8015", String(port));
    expect(await runPython(caller)).toMatchObject({ code: 0, output: expect.stringContaining("'thermostat-1.0'") });
    const { code, output } = await runPython(`${caller}\ncall("apps", "stop_app", "other-1.0")\n`);
    expect(code).toBe(1);
    expect(output).toMatch(/RuntimeError: .*other-1\.0/);
  });
});
