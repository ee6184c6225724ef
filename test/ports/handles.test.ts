import { AsyncLocalStorage } from "node:async_hooks";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, unwatchFile, watch, watchFile } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { nodeHandles } from "../../core/ports/handles.ts";

const running = new AsyncLocalStorage<object>();

/** What is left of all that `work` creates, before and after its own release; and whose callbacks ran. */
async function leftBy(work: () => Promise<() => unknown>) {
  const handles = nodeHandles();
  const entered: unknown[] = [];
  const end = handles.follow(
    () => running.getStore(),
    () => entered.push(running.getStore()),
  );
  const lamp = {};
  try {
    const release = await running.run(lamp, work);
    const look = () => handles.leftBy((owner) => owner === lamp);
    const before = await look();
    await release();
    return { before, after: await look(), entered: entered.includes(lamp) };
  } finally {
    end();
  }
}

describe("what keeps the process alive", () => {
  it.each<[what: string, told: readonly string[], work: () => Promise<() => unknown>]>([
    [
      "timers",
      ["2 timers"],
      async () => {
        const timers = [setTimeout(() => {}, 60_000), setInterval(() => {}, 60_000)];
        setTimeout(() => {}, 60_000).unref();
        clearTimeout(setTimeout(() => {}, 60_000));
        await new Promise((resolve) => setTimeout(resolve, 1));
        return () => {
          for (const timer of timers) clearTimeout(timer);
        };
      },
    ],
    [
      "a server and its connections",
      ["1 socket server", "2 sockets"],
      async () => {
        const server = createServer().listen(0, "127.0.0.1");
        await once(server, "listening");
        const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
        const [[accepted]] = await Promise.all([once(server, "connection"), once(client, "connect")]);
        return () => {
          for (const one of [client, accepted]) one.destroy();
          server.close();
        };
      },
    ],
    [
      "a UDP socket",
      ["1 UDP socket"],
      async () => {
        const socket = createSocket("udp4").bind(0, "127.0.0.1");
        await once(socket, "listening");
        return () => socket.close();
      },
    ],
    [
      "a child process, which dies a moment after it was told to",
      ["1 child process"],
      async () => {
        const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
        await once(child, "spawn");
        return () => child.kill("SIGKILL");
      },
    ],
    [
      "watchers",
      ["2 file watchers"],
      async () => {
        const folder = mkdtempSync(`${tmpdir()}/rustiq-handles-`);
        const watcher = watch(folder);
        watchFile(`${folder}/a`, () => {});
        return () => {
          watcher.close();
          unwatchFile(`${folder}/a`);
          rmSync(folder, { recursive: true });
        };
      },
    ],
    [
      "a worker",
      ["1 worker"],
      async () => {
        const worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
        await once(worker, "online");
        return () => worker.terminate();
      },
    ],
  ])("is told with its number: %s", async (_, told, work) => {
    expect(await leftBy(work)).toEqual({ before: told, after: [], entered: true });
  });

  it("is not told where somebody else has created it", async () => {
    const handles = nodeHandles();
    const [lamp, other] = [{}, {}];
    const end = handles.follow(() => running.getStore());
    const timer = running.run(other, () => setInterval(() => {}, 60_000));
    expect(await handles.leftBy((owner) => owner === lamp)).toEqual([]);
    end();
    running.run(lamp, () => clearInterval(timer));
    const late = running.run(lamp, () => setInterval(() => {}, 60_000));
    expect(await handles.leftBy((owner) => owner === lamp)).toEqual([]);
    clearInterval(late);
  });

  it("is still known after thousands of others that are over", async () => {
    const handles = nodeHandles();
    const lamp = {};
    const end = handles.follow(() => running.getStore());
    const kept = running.run(lamp, () => {
      const first = setInterval(() => {}, 60_000);
      for (let count = 0; count < 5000; count++) clearTimeout(setTimeout(() => {}, 60_000));
      return first;
    });
    expect(await handles.leftBy((owner) => owner === lamp)).toEqual(["1 timer"]);
    clearInterval(kept);
    end();
  });
});
