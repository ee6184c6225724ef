import { describe, expect, it } from "vitest";
import { z } from "zod";
import { lookUp } from "../../core/command/lookup.ts";
import type { RustiqError } from "../../core/errors.ts";
import { parse } from "../../grammar/index.ts";
import { rejectionOf, serviceOf, surround, thrownBy } from "./around.ts";

const base = { about: "for tests", args: {}, result: z.null(), effect: "read" } as const;
const path = { ...base, args: { path: z.string() } };

const display = serviceOf("display", { display_image: path, current: base, shared: { ...base, bare: true } });
const apps = serviceOf("apps", {
  get_app_status: { ...base, bare: true },
  start_app: { ...base, bare: true },
  hidden: base,
});
const scheduler = serviceOf("scheduler", { get_jobs: base, shared: { ...base, bare: true } });

function around() {
  const { services } = surround([display, apps, scheduler]);
  const broken = serviceOf("broken", { mend: { ...base, bare: true } }).plugin;
  services.put({ name: "broken", status: "failed", plugin: broken, reason: "it threw" });
  services.put({ name: "unloaded", status: "failed", reason: "no such file" });
  services.put({ name: "far", status: "remote", port: 9000 });
  return services;
}

const find = (expression: string, addressed: string, isStored = false) => {
  const { service, command, invocation } = lookUp(around(), parse(expression), addressed, isStored);
  return [service.name, command, invocation.args.length] as const;
};
const refuse = (expression: string, addressed: string, isStored = false) =>
  thrownBy(() => find(expression, addressed, isStored)) as RustiqError;

describe("a name", () => {
  it.each([
    ["call_service('display', 'current')", "apps", ["display", "current", 0]],
    ["call_service('display', 'display_image', 'a.png')", "display", ["display", "display_image", 1]],
    ["current()", "display", ["display", "current", 0]],
    ["call_service('current')", "display", ["display", "current", 0]],
    ["get_app_status()", "display", ["apps", "get_app_status", 0]],
    ["call_service('get_app_status')", "display", ["apps", "get_app_status", 0]],
    ["call_service('start_app', 5)", "display", ["apps", "start_app", 1]],
    ["hidden()", "apps", ["apps", "hidden", 0]],
    ["shared()", "display", ["display", "shared", 0]],
    ["shared()", "scheduler", ["scheduler", "shared", 0]],
    // A failed service answers with its reason, a remote one with its own result: both are found.
    ["mend()", "broken", ["broken", "mend", 0]],
    ["mend()", "apps", ["broken", "mend", 0]],
    ["anything(1)", "unloaded", ["unloaded", "anything", 1]],
    ["get_app_status()", "unloaded", ["apps", "get_app_status", 0]],
    ["call_service('unloaded', 'anything')", "apps", ["unloaded", "anything", 0]],
    ["anything(1, 2)", "far", ["far", "anything", 2]],
    ["get_app_status()", "far", ["far", "get_app_status", 0]],
    ["call_service('far', 'toString')", "apps", ["far", "toString", 0]],
  ] as const)("%s in a document for %s is found", (expression, addressed, expected) => {
    expect(find(expression, addressed)).toEqual(expected);
  });

  it.each([
    ["call_service('display_image', 'IMAGE_PATH')", "display", ["display", "display_image", 1]],
    ["call_service('display_image', 'IMAGE_PATH', 'x')", "display", ["display", "display_image", 2]],
    ["call_service('apps', 'start_app', 'x')", "display", ["apps", "start_app", 1]],
    ["call_service('current')", "display", ["display", "current", 0]],
    ["get_app_status()", "display", ["apps", "get_app_status", 0]],
    // Another process knows its commands itself; one that could not be loaded tells why.
    ["call_service('display_image', 'IMAGE_PATH')", "far", ["far", "display_image", 1]],
    ["call_service('display_image', 'IMAGE_PATH')", "unloaded", ["unloaded", "display_image", 1]],
  ] as const)("%s stored by %s is found", (expression, owner, expected) => {
    expect(find(expression, owner, true)).toEqual(expected);
  });

  it("of a command stays what it is in a document: only a stored expression leaves its service out", () => {
    const refused = refuse("call_service('display_image', 'IMAGE_PATH')", "display");
    expect(refused).toMatchObject({ code: "service-unknown", message: "no service named display_image" });
  });

  it("that rereads keeps the text in its place", () => {
    const { invocation } = lookUp(around(), parse("call_service('display_image', 'a.png', 2)"), "display", true);
    expect(invocation.args.map((literal) => "value" in literal && literal.value)).toEqual(["a.png", 2n]);
    expect(invocation.args[0]?.span).toEqual({ start: 30, end: 37 });
  });
});

describe("a name that means nothing", () => {
  it.each([
    ["display.current()", "call_service('display', 'current', ...)"],
    ["display.curent()", "call_service('display', 'current', ...)"],
    ["display.nope()", "call_service('display', '<command>', ...)"],
    ["call_service('display.no\\x1b\\'')", "call_service('display', '<command>', ...)"],
    ["far.anything()", "call_service('far', '<command>', ...)"],
    ["call_service('apps')", "call_service('apps', '<command>', ...)"],
    ["apps(1)", "call_service('apps', '<command>', ...)"],
  ])("and speaks of a service is told how to call one: %s", (expression, proposed) => {
    const refused = refuse(expression, "scheduler");
    expect(refused).toMatchObject({ code: "command-unknown", hint: expect.stringContaining(proposed) });
  });

  it.each([
    [
      "call_service('displai', 'current')",
      "apps",
      "service-unknown",
      "no service named displai",
      "did you mean 'display'?",
      [13, 22],
    ],
    [
      "call_service('display', 'curent')",
      "apps",
      "command-unknown",
      "service display has no command curent",
      "did you mean 'current'?",
      [24, 32],
    ],
    [
      "call_service('display', 'hidden')",
      "apps",
      "command-unknown",
      "service display has no command hidden",
      "Its commands: display_image, current, shared.",
      [24, 32],
    ],
    [
      "curent()",
      "display",
      "command-unknown",
      "service display has no command curent",
      "did you mean 'current'?",
      [0, 6],
    ],
    [
      "get_app_statu()",
      "display",
      "command-unknown",
      "service display has no command get_app_statu",
      "did you mean 'get_app_status'?",
      [0, 13],
    ],
    [
      "hidden()",
      "display",
      "command-unknown",
      "service display has no command hidden",
      "Service apps has it: call_service('apps', 'hidden', ...).",
      [0, 6],
    ],
    [
      "zzzzzz()",
      "scheduler",
      "command-unknown",
      "service scheduler has no command zzzzzz",
      "Known here: get_jobs, shared, get_app_status, start_app, mend.",
      [0, 6],
    ],
    [
      "shared()",
      "apps",
      "command-ambiguous",
      "shared is offered by display and scheduler",
      "Say which one: call_service('<service>', 'shared', ...).",
      [0, 6],
    ],
    [
      "nothing_like_it()",
      "nobody",
      "command-unknown",
      "service nobody, which this device does not have, has no command nothing_like_it",
      "Known here: shared, get_app_status, start_app, mend.",
      [0, 15],
    ],
    [
      "lost()",
      "broken",
      "command-unknown",
      "service broken has no command lost",
      "Known here: mend, shared, get_app_status, start_app.",
      [0, 4],
    ],
  ] as const)("%s for %s is refused", (expression, addressed, code, message, hint, [start, end]) => {
    expect(refuse(expression, addressed)).toMatchObject({ code, message, hint, span: { start, end } });
  });

  it("is compared with the owner's commands when it is stored", () => {
    const refused = refuse("call_service('display_imgae', 'IMAGE_PATH')", "display", true);
    expect(refused).toMatchObject({ code: "service-unknown", hint: "did you mean 'display_image'?" });
  });

  it.each([
    ["call_service('a\\x1b[2J', 'b')", "apps", false, "no service named 'a\\x1b[2J'"],
    ["call_service('apps', 'b\\nfault: x')", "apps", false, "service apps has no command 'b\\nfault: x'"],
    ["call_service('b c')", "apps", false, "service apps has no command 'b c'"],
    ["call_service('b\\u202e', 'x')", "apps", true, "no service named 'b\\u202e'"],
    ["a()", "no\nbody", true, "service 'no\\nbody', which this device does not have, has no command a"],
    ["call_service('a.b-c_1', 'x')", "apps", false, "no service named a.b-c_1"],
  ])("%j for %j is shown in quotes where it is no plain name", (expression, addressed, isStored, message) => {
    expect(refuse(expression, addressed, isStored).message).toBe(message);
  });

  it("says so on a device without any command", () => {
    const thrown = thrownBy(() => lookUp(surround([]).services, parse("a()"), "apps", false));
    expect(thrown).toMatchObject({ code: "command-unknown" });
    expect((thrown as RustiqError).hint).not.toContain("Known here");
  });
});

describe("a name that every object has", () => {
  const names = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"];

  it.each(names)("%s is no command and no service", (name) => {
    expect(refuse(`${name}()`, "apps").code).toBe("command-unknown");
    expect(refuse(`${name}()`, name).code).toBe("command-unknown");
    expect(refuse(`call_service('apps', '${name}')`, "apps").code).toBe("command-unknown");
    expect(refuse(`call_service('${name}', 'x')`, "apps").code).toBe("service-unknown");
    expect(refuse(`call_service('${name}', 'x')`, "apps", true).code).toBe("service-unknown");
    expect(refuse(`call_service('${name}', 'x')`, name, true).code).toBe("service-unknown");
  });

  it.each(names)("%s is no argument", async (name) => {
    const { invoker } = surround([display]);
    const refused = await rejectionOf(invoker.prepare(`display_image('a', ${name}=1)`, "display"));
    expect(refused).toMatchObject({ code: "argument-unexpected" });
  });
});
