import { describe, expect, it } from "vitest";
import { z } from "zod";
import { deepestExpression } from "../../core/command/invoke.ts";
import { expression } from "../../core/plugin/parameters.ts";
import { formatLiteral } from "../../grammar/index.ts";
import { applicationOf, runWith, serviceOf, surround } from "./around.ts";

const signal = new AbortController().signal;
const base = { about: "for tests", args: {}, result: z.unknown(), effect: "read" } as const;
const display = serviceOf("display", {
  display_image: {
    ...base,
    bare: true,
    args: { path: z.string(), fit: z.enum(["cover", "contain"]).default("cover") },
  },
  current: base,
});
const jobs = serviceOf("jobs", {
  later: { ...base, bare: true, args: { text: expression() } },
  job: { ...base, bare: true, args: { owner: z.string(), text: expression({ owner: "owner" }) }, run: (args) => args },
});

function ask(source: string, secret = "unused secret") {
  const applications = [
    applicationOf({ PASSWORD: secret }),
    applicationOf({}, { serviceName: "far", servicePort: 9000 }),
  ];
  const { invoker, services } = surround([display, jobs], { applications });
  services.put({ name: "far", status: "remote", port: 9000 });
  return invoker.settle(async () => (await invoker.prepare(source, "display")).run(runWith(signal)));
}

/** The fault as a report holds it, and what its span covers. */
async function refuse(source: string, secret?: string) {
  const { status, error } = await ask(source, secret);
  if (status !== "error" || error === undefined) throw new Error(`${source} was accepted`);
  return { ...error, pointsAt: error.span && source.slice(error.span.start, error.span.end) };
}

const quote = (value: string) => formatLiteral({ kind: "str", value, span: { start: 0, end: 0 } });
/** An expression that stands as deep as this, the outermost at 1. */
const nest = (inner: string, depth: number): string =>
  depth === 1 ? inner : `call_service('jobs', 'later', ${quote(nest(inner, depth - 1))})`;
const nestCalls = (inner: string, depth: number): string =>
  depth === 1 ? inner : `call_service('jobs', 'later', ${nestCalls(inner, depth - 1)})`;

describe("an expression in an expression", () => {
  it.each([
    ["texts", nest],
    ["calls", nestCalls],
  ])(`may stand ${deepestExpression} deep and no deeper, written as %s`, async (_, write) => {
    expect(deepestExpression).toBe(4);
    expect((await ask(write("display_image('a')", deepestExpression))).status).toBe("ok");
    const refused = await refuse(write("display_image('a')", deepestExpression + 1));
    expect(refused).toMatchObject({
      code: "expression-depth",
      message: expect.stringMatching(/: expressions inside expressions go 4 deep at most$/),
      hint: "Store the inner expressions as jobs of their own.",
    });
    // The caret is below the one that is too deep, not below the outermost.
    expect(refused.pointsAt).toContain("display_image(");
    expect(refused.pointsAt).not.toContain("later");
  });

  it.each([2, 3, 4])("tells a fault %i deep at its place in the outermost text", async (depth) => {
    const source = nest("display_image('漢😀', ft=1)", depth);
    const refused = await refuse(source);
    expect(refused).toMatchObject({ code: "argument-unexpected", hint: "did you mean 'fit'?", pointsAt: "ft" });
    expect(refused.span?.start).toBe(source.indexOf("ft="));
  });

  it.each([
    ["a service", "job('jobs', 'call_service(\"dispaly\", \"current\")')", '"dispaly"', "did you mean 'display'?"],
    ["a command", "job('display', 'curent()')", "curent", "did you mean 'current'?"],
    ["the owner's command", "job('display', 'call_service(\"curent\", \"x\")')", '"curent"', "did you mean 'current'?"],
    ["a command of another service", "job('jobs', 'curent()')", "curent", /^Service display has current: call_/],
    ["a parameter", "job('display', 'display_image(pth=1)')", "pth", "did you mean 'path'?"],
    ["a value", "job('display', 'display_image(\"a\", \"cvoer\")')", '"cvoer"', "did you mean 'cover'?"],
    ["the language", "job('display', 'display_image(path)')", "path", "did you mean `'path'`?"],
    ["a call", "job('display', display_image(pth=1))", "pth", "did you mean 'path'?"],
  ])("names what was likely meant by %s in it", async (_, source, pointsAt, hint) => {
    const refused = await refuse(source);
    expect(refused).toMatchObject({ pointsAt, message: expect.stringMatching(/^in the expression of 'text': /) });
    expect(refused.hint).toMatch(hint);
  });

  it("is handed over as its text when it was written as a call", async () => {
    expect(await ask("job('display', display_image( 'a' ))")).toEqual({
      status: "ok",
      result: { owner: "display", text: "display_image( 'a' )" },
    });
  });
});

describe("a call that is an argument", () => {
  it.each([
    ["display_image(current())", "current()"],
    ["display_image(['a', current()])", "current()"],
    ["call_service('far', 'anything', current())", "current()"],
  ])("of %s is refused where no expression is wanted", async (source, pointsAt) => {
    expect(await refuse(source)).toMatchObject({ code: "nested-call", pointsAt });
  });
});

describe("a name nobody knows", () => {
  it.each([
    ["call_service('current', 'x')", "Service display has it: call_service('display', 'current', ...)."],
    ["latr('current()')", "did you mean 'later'?"],
  ])("in %s is told with where it is known", async (source, hint) => {
    expect((await refuse(source)).hint).toBe(hint);
  });
});

it("repeats no secret of the configuration, not even the beginning of one", async () => {
  const secret = "c4n4ry/Secret+Value";
  for (const value of [secret, "x".repeat(35) + secret]) {
    const refused = await refuse(`job('display', 'display_image("a", "${value}")')`, secret);
    expect(refused.message).toContain("***");
    expect(JSON.stringify(refused.message + refused.hint)).not.toContain("c4n");
  }
});
