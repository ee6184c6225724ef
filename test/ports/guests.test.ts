import { spawn } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { boundWord, nodeGuests } from "../../core/ports/guests.ts";
import { eventually } from "../flows/device.ts";
import { isAlive } from "../host/isolate/guest.ts";

const folder = mkdtempSync(join(tmpdir(), "rustiq-guests-"));
const pids: number[] = [];
afterEach(() => {
  for (const pid of pids.splice(0)) if (isAlive(pid)) process.kill(pid, "SIGKILL");
});

const program = fileURLToPath(new URL("../../dist/guest.js", import.meta.url));

/** A process that has started a guest's program, which spins as soon as it runs; answers both. */
async function startSpinning(words: readonly string[]) {
  const spins = "data:text/javascript,setTimeout(()=>{process.stderr.write('spins');for(;;);},500)";
  const args = JSON.stringify(["--import", spins, program, ...words]);
  const script = `
    const child = require("node:child_process").spawn(process.execPath, ${args}, { stdio: ["ignore", "ignore", "pipe", "pipe"] });
    child.stderr.once("data", () => process.stdout.write(String(child.pid)));`;
  const parent = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const pid = Number(await new Promise((resolve) => parent.stdout.once("data", (text) => resolve(String(text)))));
  pids.push(pid);
  return { parent, pid };
}

it("ends a guest that spins with the process that has started it, also where the kernel cannot be asked to", async () => {
  const { parent, pid } = await startSpinning([]);
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await eventually("its end", () => (isAlive(pid) ? undefined : true));
});

it("needs that look: without it the guest would spin on", async () => {
  const { parent, pid } = await startSpinning([boundWord]);
  parent.kill("SIGKILL");
  await new Promise((resolve) => parent.once("exit", resolve));
  // Two looks later.
  await new Promise((resolve) => setTimeout(resolve, 4500));
  expect(isAlive(pid)).toBe(true);
});

it("tells why a process cannot be started", async () => {
  const options = { folder: join(folder, "nowhere"), heapBytes: 2 ** 26, userId: undefined, output: () => undefined };
  await expect(nodeGuests().start(options)).rejects.toThrow("ENOENT");
});

it.runIf(process.getuid?.() === 0)(
  "gives a folder with all that is in it to a user, who can come to it and see no other names",
  async () => {
    const root = join(folder, "state");
    const own = join(root, "services/guest");
    mkdirSync(join(own, "deep"), { recursive: true, mode: 0o700 });
    writeFileSync(join(own, "deep/file"), "x", { mode: 0o600 });
    chmodSync(root, 0o700);
    chmodSync(join(root, "services"), 0o700);
    await nodeGuests().giveFolder(own, root, 4321);
    const of = (path: string) => statSync(path);
    expect([of(own), of(join(own, "deep")), of(join(own, "deep/file"))].map(({ uid, gid }) => [uid, gid])).toEqual([
      [4321, 65534],
      [4321, 65534],
      [4321, 65534],
    ]);
    expect([root, join(root, "services")].map((path) => of(path).mode & 0o777)).toEqual([0o711, 0o711]);
    expect(of(join(own, "deep/file")).mode & 0o777).toBe(0o600);
    expect(of(folder).mode & 0o777).toBe(0o700);
    // From now on it may be changed by that user: what it has put there is left alone.
    const theirs = join(folder, "theirs");
    writeFileSync(theirs, "x");
    symlinkSync(theirs, join(own, "link"));
    writeFileSync(join(own, "late"), "x");
    await nodeGuests().giveFolder(own, root, 4321);
    expect([of(theirs).uid, of(join(own, "late")).uid]).toEqual([0, 0]);
    // Another user: neither a link nor a second name leads out of the folder.
    linkSync(theirs, join(own, "second"));
    symlinkSync(root, join(own, "deep/up"));
    await nodeGuests().giveFolder(own, root, 8765);
    expect([own, join(own, "late"), join(own, "deep/file")].map((path) => of(path).uid)).toEqual([8765, 8765, 8765]);
    expect([of(theirs).uid, of(root).uid]).toEqual([0, 0]);
    rmSync(folder, { recursive: true, force: true });
  },
);
