import { DEVICE, defineCommand, defineService } from "rustiq/plugin";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import type { EventMap } from "../../core/index.ts";
import { TRANSFERS } from "../../core/plugin/index.ts";
import { Device, eventually } from "./device.ts";

const device = new Device();
afterEach(() => device.remove());

const told: [name: string, event: object][] = [];

/** Follows what a program that hosts the runtime can follow, and makes it with a lamp. */
async function host() {
  const command = { about: "for tests", args: {}, result: z.unknown(), effect: "read" } as const;
  const lamp = defineService({
    api: 1,
    service: "lamp",
    about: "for tests",
    commands: {
      fetch: defineCommand({ ...command, args: { key: z.string() } }),
      hold: defineCommand({ ...command, timeoutMs: 20 }),
      lose: defineCommand(command),
    },
    start: (context) => {
      let end = () => {};
      context.onStop(() => end());
      return {
        fetch: async ({ key }, { signal }) => {
          const path = `${context.get(DEVICE).folder}/picture`;
          const { size } = await context.get(TRANSFERS).download("contents", key, path, { signal });
          return size;
        },
        // It does not look at its signal.
        hold: () =>
          new Promise((resolve) => {
            setTimeout(resolve, 1500);
            end = () => resolve(null);
          }),
        lose: () => {
          setTimeout(() => void Promise.reject(new Error("nobody waits for this")), 1);
          return null;
        },
      };
    },
  });
  const runtime = await device.make({ plugins: ["apps"] }, { plugins: [lamp] });
  for (const name of ["plugin", "transfer"] as const) {
    runtime.events.on(name, (event: EventMap[typeof name][0]) => told.push([name, event]));
  }
  return runtime;
}

it("tells a program that hosts it of every state of a service and of every file, and takes what a plugin loses", async () => {
  const runtime = await host();
  device.put("contents/a.png", Buffer.alloc(5000));
  await runtime.start();
  expect(told.splice(0)).toEqual([
    ["plugin", { service: "apps", status: "running" }],
    ["plugin", { service: "lamp", status: "running" }],
  ]);

  expect(await runtime.execute("fetch('a.png')", "lamp")).toMatchObject({ result: 5000 });
  await runtime.execute("fetch('b.png')", "lamp");
  const down = { direction: "down", store: "contents", ms: expect.any(Number) };
  const downloads = told.filter(
    ([name, event]) => name === "transfer" && "direction" in event && event.direction === "down",
  );
  expect(downloads.map(([, event]) => event)).toEqual([
    { ...down, key: "a.png", bytes: 5000 },
    { ...down, key: "b.png", bytes: 0, error: "store contents has no object b.png" },
  ]);
  const upload = await eventually("the upload of the heartbeat", () =>
    told.map(([, event]) => event).find((event) => "key" in event && event.key === "device/heartbeat.json"),
  );
  expect(upload).toEqual({
    direction: "up",
    store: "status",
    key: "device/heartbeat.json",
    bytes: expect.any(Number),
    ms: expect.any(Number),
  });

  const states = () => told.filter(([name]) => name === "plugin").map(([, event]) => event);
  await runtime.execute("hold()", "lamp");
  await eventually("the end of the handler", () => (states().length === 2 ? true : undefined));
  const reason = "hold goes on although it was told to end";
  expect(states()).toEqual([
    { service: "lamp", status: "stuck", reason },
    { service: "lamp", status: "running" },
  ]);

  const others = process.rawListeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const taken = new Promise((resolve) => {
    process.once("unhandledRejection", (thrown) => resolve(runtime.takeUncaught(thrown)));
  });
  try {
    await runtime.execute("lose()", "lamp");
    expect(await taken).toBe(true);
  } finally {
    for (const other of others) process.on("unhandledRejection", other as NodeJS.UnhandledRejectionListener);
  }
  expect(states().at(-1)).toEqual({
    service: "lamp",
    status: "failed",
    reason: "nobody caught its error: nobody waits for this",
  });
  expect(runtime.takeUncaught(new Error("the program's own"))).toBe(false);
});
