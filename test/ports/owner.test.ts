import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { claimFile, isOwned, nodeOwner } from "../../core/ports/owner.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rustiq-owner-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

// Node 20 runs no TypeScript, so the second process gets a bundle.
let built: string;
beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), "rustiq-holder-"));
  const output = { file: join(built, "holder.mjs"), format: "esm" } as const;
  await build({ input: fileURLToPath(new URL("holder.ts", import.meta.url)), platform: "node", output });
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

/** Another process that claims the folder and says how that went. */
async function hold(path: string) {
  const child = spawn(process.execPath, [join(built, "holder.mjs"), path], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { child, said: said.toString().trim() };
}

it("belongs to one at a time, and to the next after the release", async () => {
  const owner = nodeOwner();
  const release = await owner.claim(folder);
  await expect(owner.claim(folder)).rejects.toMatchObject({
    code: "state-owned",
    message: expect.stringMatching(
      new RegExp(`^state folder ${folder} is in use by RustiQ, process ${process.pid} since [-0-9T:.]+Z$`),
    ),
  });
  expect(await isOwned(folder)).toBe(true);
  await release();
  expect(await isOwned(folder)).toBe(false);
  await (await owner.claim(folder))();
});

it("is the same folder by whichever way one comes to it", async () => {
  const owner = nodeOwner();
  symlinkSync(folder, `${folder}-link`);
  try {
    const release = await owner.claim(folder);
    await expect(owner.claim(`${folder}-link`)).rejects.toMatchObject({ code: "state-owned" });
    await release();
  } finally {
    rmSync(`${folder}-link`);
  }
});

it("keeps other folders free", async () => {
  const other = mkdtempSync(join(tmpdir(), "rustiq-owner-"));
  const releases = [await nodeOwner().claim(folder), await nodeOwner().claim(other)];
  for (const release of releases) await release();
  rmSync(other, { recursive: true });
});

it("is refused to a second process, and free at once when the first one is killed", async () => {
  const { child, said } = await hold(folder);
  expect(said).toBe("claimed");
  await expect(nodeOwner().claim(folder)).rejects.toMatchObject({ code: "state-owned" });
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
  const release = await nodeOwner().claim(folder);
  const second = await hold(folder);
  second.child.kill("SIGKILL");
  expect(second.said).toBe("state-owned");
  await release();
});

it("nobody's is a folder that is not there", async () => {
  expect(await isOwned(join(folder, "none"))).toBe(false);
});

it("gives a file to one user at a time, wherever it is or will be", async () => {
  for (const name of ["film.bin", "not/there/yet/film.bin"]) {
    const path = join(folder, name);
    const release = await claimFile(path);
    expect(await claimFile(path)).toBeUndefined();
    expect(await claimFile(`${folder}/./${name}`)).toBeUndefined();
    const other = await claimFile(`${path}2`);
    await release?.();
    const again = await claimFile(path);
    expect([release, other, again].every((one) => one !== undefined)).toBe(true);
    await other?.();
    await again?.();
  }
});
