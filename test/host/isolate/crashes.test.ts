import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Crashes, crashWindowMs, mostCrashes } from "../../../core/host/isolate/crashes.ts";
import { eventually } from "../../flows/device.ts";
import { House, isAlive, moduleOf } from "./guest.ts";

let house = new House();
afterEach(async () => {
  await house.remove();
  house = new House();
});

const as = (effect: string, more = "") => `result: z.any(), effect: "${effect}"${more}`;
const command = (name: string, declared = as("read")) => `${name}: { about: "For tests.", args: {}, ${declared} },`;
/** Writes a line into a file beside the plugin, so that what ran can be counted from outside. */
const mark = `const mark = (text) => appendFileSync(new URL("marks", import.meta.url), text + "\\n");`;
const fs = `import { appendFileSync, existsSync, writeFileSync } from "node:fs"; ${mark}`;
const marks = () => {
  const file = join(house.folder, "marks");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
};
const quick = { restartMs: 20 };

describe("a guest that dies in the middle of a command", () => {
  const commands =
    command("act", as("once")) + command("look", as("read")) + command("set", as("idempotent")) + command("fine");
  const dying = `
    act: () => { mark("act"); process.exit(3); },
    look: (_, { attempt }) => { mark("look " + attempt); if (attempt < 3) process.kill(process.pid, "SIGKILL"); return attempt; },
    set: (_, { attempt }) => { mark("set " + attempt); process.abort(); },
    fine: () => process.pid`;

  it("has run what must not be repeated once, and nobody knows how far", async () => {
    await house.start(moduleOf(commands, dying, fs), quick);
    const before = await house.result("fine()");
    const { error } = await house.run("act()");
    expect(error).toMatchObject({ code: "interrupted", message: "interrupted: outcome unknown" });
    expect(error?.hint).toBe("While it ran its process ended with code 3. Look at its effect before sending it again.");
    expect(marks()).toEqual(["act"]);
    expect(await house.result("fine()")).not.toBe(before);
    expect(house.pauses).toEqual(["its process ended with code 3; its process is started again", undefined]);
    expect(house.isolated?.state).toMatchObject({ restarts: 1, last_crash: "its process ended with code 3" });
  });

  it("runs what may be repeated again, three times at most", async () => {
    await house.start(moduleOf(commands, dying, fs), quick);
    expect(await house.result("look()")).toBe(3);
    expect(marks()).toEqual(["look 1", "look 2", "look 3"]);
    const { error } = await house.run("set()");
    expect(error?.code).toBe("interrupted");
    expect(marks().slice(3)).toEqual(["set 1", "set 2", "set 3"]);
  });

  it("has every beginning recorded before it begins", async () => {
    await house.start(moduleOf(commands, dying, fs), quick);
    const recorded: number[] = [];
    const again = async (attempt: number) => {
      recorded.push(attempt);
      expect(marks()).toHaveLength(attempt - 1);
    };
    await house.run("set()", { again });
    expect(recorded).toEqual([2, 3]);
    const refused = await house.run("look()", { again: () => Promise.reject(new Error("the disk is gone")) });
    expect(refused.error?.message).toContain("the disk is gone");
    expect(marks().slice(3)).toEqual(["look 1"]);
  });

  it("counts the runs that came before", async () => {
    await house.start(moduleOf(commands, dying, fs), quick);
    expect((await house.run("set()", { attempt: 3 })).error?.code).toBe("interrupted");
    expect(marks()).toEqual(["set 3"]);
  });

  it("lets what comes meanwhile wait for its next life", async () => {
    await house.start(moduleOf(commands, dying, fs), { restartMs: 300 });
    const dies = house.run("act()");
    await eventually("the pause", () => house.pauses[0]);
    const waits = house.run("fine()");
    expect((await dies).error?.code).toBe("interrupted");
    expect((await waits).status).toBe("ok");
  });

  it("is given up after five deaths within ten minutes, and says why from then on", async () => {
    await house.start(moduleOf(commands, dying, fs), quick);
    for (let at = 0; at < mostCrashes; at++) expect((await house.run("act()")).error?.code).toBe("interrupted");
    const end = await eventually("the end", () => house.ends[0]);
    expect(end).toBe("its process ended 5 times within 10 minutes, at last: its process ended with code 3");
    expect((await house.run("fine()")).error).toMatchObject({
      code: "service-failed",
      message: expect.stringContaining("5 times within 10 minutes"),
    });
    expect(marks()).toHaveLength(mostCrashes);
    expect(isAlive(house.isolated?.state.pid)).toBe(false);
  });
});

describe("why a guest died", () => {
  const commands = command("go", as("once", ", timeoutMs: 500")) + command("fine");
  const handlers = (go: string) => `go: ${go}, fine: () => 1`;
  const reasonAfter = async (go: string, more: object = {}) => {
    await house.start(moduleOf(commands, handlers(go)), { ...quick, ...more });
    const outcome = await house.run("go()");
    const reason = await eventually("the death", () => house.isolated?.state.last_crash, 15_000);
    expect(await house.result("fine()")).toBe(1);
    return { reason, outcome };
  };

  it("spins in a handler: it is ended two seconds after the command's limit", async () => {
    const { reason, outcome } = await reasonAfter("() => { for (;;); }");
    expect(outcome.error?.code).toBe("command-timeout");
    expect(reason).toBe("go went on for 2000 ms after it was told to end");
  });

  it("ignores its abort: the same", async () => {
    const { reason } = await reasonAfter("() => new Promise(() => undefined)");
    expect(reason).toBe("go went on for 2000 ms after it was told to end");
  });

  it("spins outside of any command: it no longer answers", async () => {
    const { reason } = await reasonAfter("() => { setTimeout(() => { for (;;); }, 10); return null; }", {
      silenceMs: 1500,
    });
    expect(reason).toBe("it gave no sign of life for 1500 ms: its event loop stands still");
  });

  it("says a secret at its end: it is not told", async () => {
    const { reason } = await reasonAfter(
      "() => { void Promise.reject(new Error('login with hunter2secret')); return null; }",
    );
    expect(reason).toBe("nobody caught its error: login with ***");
  });

  it("sends a well-formed message that nobody asked for", async () => {
    const message = JSON.stringify({ tell: "store.more", given: { read: 999 } });
    const { reason } = await reasonAfter(
      `() => { const text = ${JSON.stringify(message)}; const bytes = Buffer.alloc(4 + text.length); bytes.writeUInt32BE(text.length); bytes.write(text, 4); process.getBuiltinModule("node:fs").writeSync(3, bytes); return null; }`,
    );
    expect(reason).toBe('there is no method "store.more"');
  });

  it("loses a rejection", async () => {
    const { reason } = await reasonAfter("() => { void Promise.reject(new Error('lost it')); return null; }");
    expect(reason).toBe("nobody caught its error: lost it");
  });

  it("throws in a timer", async () => {
    const { reason } = await reasonAfter(
      "() => { setTimeout(() => { throw new Error('too late'); }, 1); return null; }",
    );
    expect(reason).toBe("nobody caught its error: too late");
  });

  it.each([
    ["buffers", "const held = []; setInterval(() => held.push(Buffer.alloc(16 * 2 ** 20, 1)), 10)"],
    [
      "objects",
      "const held = []; setInterval(() => { for (let i = 0; i < 200000; i++) held.push({ i, text: 'x' + i }); }, 5)",
    ],
  ])("eats memory with %s", async (_, eat) => {
    const { reason } = await reasonAfter(`() => { ${eat}; return null; }`, { memoryBytes: 128 * 2 ** 20 });
    expect(reason).toBe("it outgrew the 134217728 bytes of memory that it may have (memory_bytes)");
  });

  it("speaks what is no message", async () => {
    const { reason } = await reasonAfter(
      `() => { require("node:fs").writeSync(3, Buffer.alloc(100, 255)); return null; }`.replace(
        'require("node:fs")',
        "(process.getBuiltinModule('node:fs'))",
      ),
    );
    expect(reason).toMatch(/a message has 4294967295 bytes; at most \d+ are taken/);
  });

  it("closes the connection", async () => {
    const { reason } = await reasonAfter(`() => { process.getBuiltinModule("node:fs").closeSync(3); return null; }`);
    expect(reason).toMatch(/its process (was ended by SIGKILL|ended with code)/);
  });

  it("prints without end: its lines are cut, and it goes on", async () => {
    await house.start(
      moduleOf(
        commands,
        handlers("() => { for (let i = 0; i < 50; i++) process.stdout.write('y'.repeat(100000)); return null; }"),
      ),
      quick,
    );
    await house.run("go()");
    expect(await house.result("fine()")).toBe(1);
    expect(Math.max(...house.lines.map(({ message }) => message.length))).toBeLessThanOrEqual(4096);
  });
});

describe("a guest's next life", () => {
  it("is refused when its file says something else now", async () => {
    const source = moduleOf(command("die", as("once")) + command("fine"), "die: () => process.exit(1), fine: () => 1");
    await house.start(source, quick);
    writeFileSync(join(house.folder, "guest.mjs"), source.replace("For tests.", "Changed."));
    await house.run("die()");
    expect(await eventually("the end", () => house.ends[0])).toContain("restart the device");
    expect((await house.run("fine()")).error?.code).toBe("service-failed");
  });

  it("is tried again when it does not start", async () => {
    const source = moduleOf(
      command("die", as("once")) + command("fine"),
      "die: () => process.exit(1), fine: () => 1",
      fs,
    ).replace(
      "return {",
      `mark("start"); if (existsSync(new URL("bad", import.meta.url))) throw new Error("not now"); return {`,
    );
    await house.start(source, quick);
    writeFileSync(join(house.folder, "bad"), "");
    await house.run("die()");
    await eventually("a failed start", () =>
      house.isolated?.state.last_crash?.includes("not now") ? true : undefined,
    );
    rmSync(join(house.folder, "bad"));
    expect(await house.result("fine()")).toBe(1);
  });
});

describe.runIf(process.getuid?.() === 0)("a guest of another user", () => {
  const secret = () => join(house.folder, "secret");
  it("has its own folder, and cannot read what it may not", async () => {
    chmodSync(house.folder, 0o755);
    appendFileSync(secret(), "secret", { mode: 0o600 });
    const commands = command("who") + command("files") + command("peek");
    const source = moduleOf(
      commands,
      `who: () => [process.getuid(), process.getgid(), process.getgroups()],
       files: async () => { await context.get(FOLDER).write("mine", "x"); return context.get(FOLDER).list(); },
       peek: () => readFileSync(${JSON.stringify(secret())}, "utf8")`,
      `import { readFileSync } from "node:fs";`,
    );
    const before = secret();
    await house.start(source, { ...quick, userId: 65_534, folder: house.folder });
    expect(await house.result("who()")).toEqual([65_534, 65_534, [65_534]]);
    // Numbers of groups are not those of users: whoever is 42 among these may read the passwords.
    await house.remove();
    house = new House();
    chmodSync(house.folder, 0o755);
    await house.start(moduleOf(command("who"), "who: () => process.getgroups()"), { ...quick, userId: 42 });
    expect(await house.result("who()")).not.toContain(42);
    await house.remove();
    house = new House();
    chmodSync(house.folder, 0o755);
    appendFileSync(secret(), "secret", { mode: 0o600 });
    await house.start(source.replaceAll(JSON.stringify(before), JSON.stringify(secret())), {
      ...quick,
      userId: 65_534,
    });
    expect(await house.result("files()")).toEqual(["mine"]);
    expect((await house.run("peek()")).error?.message).toContain("EACCES");
  });
});

it("counts deaths within ten minutes only, and waits longer each time", () => {
  const crashes = new Crashes(500);
  const waits = [0, 1, 2, 3].map((minute) => crashes.note(minute * 60_000, 1));
  expect(waits).toEqual([500, 2000, 8000, 30_000]);
  expect(crashes.note(crashWindowMs, 1)).toBe(30_000);
  expect(crashes.note(crashWindowMs + 1, 1)).toBeUndefined();
  expect(crashes.count).toBe(6);
});
