import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { countingService } from "./counting.ts";
import { Device, eventually } from "./device.ts";

let device: Device;
beforeEach(() => {
  device = new Device();
});
afterEach(() => device.remove());

const only = { plugins: [] };

describe("a document", () => {
  it("with one wrong command among ten ends in nine results and one error that points at the fault", async () => {
    const { plugin, ran } = countingService();
    const commands = Array.from({ length: 10 }, (_, index) => ({ command: `count('${index}')` }));
    commands[4] = { command: "count(nmae='4')" };
    device.send("counter", commands);
    await device.once(only, { plugins: [plugin] });
    const report = device.report("counter");
    expect(report.general_status).toBe("ok");
    expect(report.commands.map(({ status }) => status)).toEqual(
      Array.from({ length: 10 }, (_, index) => (index === 4 ? "error" : "ok")),
    );
    const wrong = report.commands[4];
    expect(JSON.parse(wrong?.result ?? "")).toBe("count() got an unexpected keyword argument 'nmae'");
    expect(wrong?.error).toMatchObject({ code: "argument-unexpected", hint: "did you mean 'name'?" });
    const { start = 0, end = 0 } = wrong?.error?.span ?? {};
    expect(commands[4].command.slice(start, end)).toBe("nmae");
    expect(ran).toHaveLength(9);
  });

  const broken: readonly (readonly [what: string, text: string | Uint8Array, says: string])[] = [
    ["is not JSON", '[{"command": "look()"},]', "the document is not JSON: found"],
    [
      "is 2 MiB",
      JSON.stringify([{ command: "look()" }, { command: `# ${"x".repeat(2 * 1024 * 1024)}` }]),
      "larger than 1048576 bytes",
    ],
    [
      "has 1,001 entries",
      JSON.stringify(Array(1001).fill({ command: "count('x')" })),
      "has 1001 entries; at most 1000",
    ],
    [
      "is an object of the wrong shape",
      '{"orders": ["count(1)"]}',
      "has nothing at commands; expected an array of entries",
    ],
    ["has an entry of the wrong shape", '[{"command": "count(1)"}, "count(2)"]', 'the string "count(2)" at [1]'],
    [
      "has an expression of 16 KiB and a byte",
      JSON.stringify([{ command: `look(${" ".repeat(16 * 1024 - 5)})` }]),
      "16385 bytes",
    ],
    ["is empty", "", "the document is not JSON: found the end of the text"],
    ["is not UTF-8", Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), "the document is not UTF-8: byte 2"],
    [
      "has expired",
      '{"expires": "2020-01-01T00:00:00Z", "commands": [{"command": "count(\'x\')"}]}',
      "expired at 2020-01-01",
    ],
  ];
  it.each(broken)(
    "that %s ends in a report that says so, nothing run, and the device goes on",
    async (_, text, says) => {
      const { plugin, ran } = countingService();
      const runtime = await device.make({ ...only, poll: { interval_ms: 100 } }, { plugins: [plugin] });
      await runtime.start();
      device.put("incoming/counter/commands.json", text);
      await eventually("the report", () => device.read("status/counter/last_monitoring_status.json"));
      const report = device.report("counter");
      expect(report).toMatchObject({ general_status: "error", commands: [] });
      expect(report.general_error).toContain(says);
      expect(ran).toEqual([]);
      device.send("counter", [{ command: "count('next')" }]);
      await eventually("the next report", () => (device.report("counter").general_status === "ok" ? true : undefined));
      expect(ran).toEqual(["next"]);
    },
  );

  it("of exactly 1,000 entries runs", async () => {
    const { plugin, ran } = countingService();
    device.send("counter", Array(1000).fill({ command: "count('x')" }));
    await device.once(only, { plugins: [plugin] });
    expect(device.report("counter").commands).toHaveLength(1000);
    expect(ran).toHaveLength(1000);
  });

  it("stops at the first error when it says so", async () => {
    const { plugin, ran } = countingService();
    const commands = ["count('a')", "fail('no')", "count('b')", "count('c')"].map((command) => ({ command }));
    device.send("counter", { id: "stops", on_error: "stop", commands });
    await device.once(only, { plugins: [plugin] });
    const report = device.report("counter");
    expect(report).toMatchObject({ batch: "stops", general_status: "ok" });
    expect(report.commands.map(({ status, error }) => error?.code ?? status)).toEqual([
      "ok",
      "command-failed",
      "command-skipped",
      "command-skipped",
    ]);
    expect(ran).toEqual(["a"]);
  });

  it("with an id that was run is not run again, whatever stands in it", async () => {
    const { plugin, ran } = countingService();
    device.send("counter", { id: "one", commands: [{ command: "count('a')" }] });
    await device.once(only, { plugins: [plugin] });
    device.send("counter", { id: "one", commands: [{ command: "count('b')" }] });
    await device.once(only, { plugins: [plugin] });
    expect(ran).toEqual(["a"]);
    expect(await device.results("counter")).toEqual(["one.json"]);
  });

  it("is removed after its batch when the configuration says so, and not when it is another one by then", async () => {
    const { plugin, ran } = countingService();
    const file = { ...only, incoming: { after: "delete" } };
    device.send("counter", [{ command: "count('a')" }]);
    await device.once(file, { plugins: [plugin] });
    expect(device.read("incoming/counter/commands.json")).toBeUndefined();
    device.send("counter", [{ command: "count('b')" }]);
    await device.once(file, { plugins: [plugin] });
    expect(ran).toEqual(["a", "b"]);
  });

  it("that is copied slowly is never read half", async () => {
    const { plugin, ran } = countingService();
    const runtime = await device.make({ ...only, poll: { interval_ms: 100 } }, { plugins: [plugin] });
    await runtime.start();
    const text = JSON.stringify(Array.from({ length: 20 }, (_, index) => ({ command: `count('${index}')` })));
    for (let end = 100; end < text.length + 100; end += 100) {
      device.send("counter", text.slice(0, end));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await eventually("the report", () => device.read("status/counter/last_monitoring_status.json"));
    expect(await device.results("counter")).toHaveLength(1);
    expect(ran).toHaveLength(20);
  });
});

describe("documents of different services", () => {
  it("run side by side, each in its own order", async () => {
    const [a, b] = [countingService("first"), countingService("second")];
    const runtime = await device.make({ ...only, poll: { interval_ms: 100 } }, { plugins: [a.plugin, b.plugin] });
    device.send("first", [{ command: "linger(600)" }, { command: "count('after')" }]);
    device.send("second", [{ command: "count('quick')" }]);
    await runtime.start();
    await eventually("the quick one", () => device.read("status/second/last_monitoring_status.json"));
    expect(device.read("status/first/last_monitoring_status.json")).toBeUndefined();
    await eventually("the slow one", () => device.read("status/first/last_monitoring_status.json"));
    expect(a.ran).toEqual(["linger 600", "after"]);
  });
});

describe("a stop", () => {
  it("lets the running command end, begins no other, and the rest runs after the next start", async () => {
    const { plugin, ran } = countingService();
    const runtime = await device.make({ ...only, poll: { interval_ms: 100 } }, { plugins: [plugin] });
    device.send("counter", [{ command: "linger(500)" }, { command: "count('later')" }]);
    await runtime.start();
    await eventually("the first command", () => (ran.length > 0 ? true : undefined));
    await runtime.stop();
    expect(ran).toEqual(["linger 500"]);
    expect(device.read("status/counter/last_monitoring_status.json")).toBeUndefined();
    await device.once(only, { plugins: [plugin] });
    expect(device.report("counter").commands.map(({ result }) => JSON.parse(result))).toEqual(["done", 2]);
    expect(ran).toEqual(["linger 500", "later"]);
  });
});

describe("a listener that throws", () => {
  it("harms no batch", async () => {
    const { plugin } = countingService();
    device.send("counter", [{ command: "count('a')" }]);
    const runtime = await device.make(only, { plugins: [plugin] });
    for (const name of ["batch", "command", "report", "delivered"] as const) {
      runtime.events.on(name, () => {
        throw new Error("not my day");
      });
    }
    await runtime.prepare();
    expect(await runtime.runOnce(5000)).toMatchObject({ unreachable: [], undelivered: [] });
    expect(device.report("counter").commands).toMatchObject([{ status: "ok" }]);
    expect(device.lines.some((line) => line.includes("not my day"))).toBe(true);
  });
});

describe("the device's own documents", () => {
  it("say what it can do and that it lives", async () => {
    const { plugin } = countingService();
    const runtime = await device.make(only, { plugins: [plugin] });
    await runtime.start();
    const text = await eventually("the capabilities", () => device.read("status/device/capabilities.json"));
    expect(JSON.parse(text)).toMatchObject({
      device_id: "device-7",
      services: [{ service: "counter", status: "running", commands: [{ name: "count", effect: "once" }, {}, {}, {}] }],
    });
    const heartbeat = await eventually("the heartbeat", () => device.read("status/device/heartbeat.json"));
    expect(JSON.parse(heartbeat)).toMatchObject({ device_id: "device-7", boots: 1, plugins: { counter: "running" } });
    expect(JSON.parse(heartbeat).boot).toMatchObject({ services: [{ name: "counter", failed: false }] });
  });
});
