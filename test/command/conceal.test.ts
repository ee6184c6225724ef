import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createConceal } from "../../core/command/conceal.ts";
import { findCulprit } from "../../core/host/blame.ts";
import { createMask } from "../../core/mask.ts";
import { applicationOf, rejectionOf, serviceOf, surround } from "./around.ts";

const conceal = createConceal(createMask(["c4n4ry-Secret"]));

describe("what a message repeats of an expression", () => {
  it.each([
    ['{"password":"hunter2","a":1}', '{"password":"***","a":1}'],
    ['[{"api_key": 48151623}]', '[{"api_key":"***"}]'],
    ['{"password": "hunter2', '{"password": "***'],
    ["{'password': 'hunter2'}", "{'password': '***'}"],
    ["https://u:hunter2@h/", "https://***@h/"],
    ["Password: hunter2", "Password: ***"],
    ["X-Api-Key: hunter2; q=1", "X-Api-Key: ***; q=1"],
    ["Authorization: Bearer hunter2hunter2", "Authorization: ***"],
    ["note: password: ab:cd", "note: password: ***"],
    ["{'note': 'token: hunter2'}", "{'note': 'token: ***'}"],
    ["Cookie: a b, x", "Cookie: ***, x"],
    ["password=hunter2&user=u", "password=***&user=u"],
    ["a c4n4ry-Secret b", "a *** b"],
  ])("of %s is %s", (text, shown) => {
    expect(conceal(text, [])).toBe(shown);
  });

  it.each(['{"a": 5}', "[ 1 ]", "{not json}", "https://host/path", "at 12:30: lunch", "key: apps/a.tar"])(
    "of %s is all of it",
    (text) => {
      expect(conceal(text, ["headers", "key"])).toBe(text);
    },
  );

  it("is nothing of what stands under a secret name", () => {
    expect(conceal("hunter2", ["options", "db_password", "x"])).toBe("***");
  });

  it("is nothing of a text that is too long to be looked through, and found out quickly", () => {
    const begun = process.cpuUsage().user;
    expect(conceal(`https://u:${"p".repeat(5000)}@h/`, [])).toBe("***");
    expect(conceal(`c4n4ry-Secret${"x".repeat(65_000)}`, [])).toBe(`***${"x".repeat(65_000)}`);
    expect(conceal("x".repeat(4096), [])).toBe("x".repeat(4096));
    expect(conceal("a:".repeat(2048), [])).toBe("a:".repeat(2048));
    expect(conceal("{".repeat(4096), [])).toBe("{".repeat(4096));
    expect(process.cpuUsage().user - begun).toBeLessThan(500_000);
  });
});

describe("a refusal", () => {
  const take = (args: Record<string, z.ZodType>) => ({ about: "x", args, result: z.null(), effect: "read" }) as const;
  const numbers = z.record(z.string(), z.number());
  const json = z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(z.object({ a: z.string() }));
  const box = serviceOf("box", {
    put: take({ json: json.optional(), url: z.email().optional(), password: numbers.optional() }),
  });
  const applications = [
    applicationOf({ PIN_TOKEN: "90071992547409931" }),
    applicationOf({}, { serviceName: "far", servicePort: 9000 }),
  ];
  const refuse = async (text: string) => {
    const { invoker, services } = surround([box], { applications });
    services.put({ name: "far", status: "remote", port: 9000 });
    const refused = (await rejectionOf(invoker.prepare(text, "box"))) as Error & { hint?: string };
    return `${refused.message} ${refused.hint}`;
  };

  it.each([
    ['put(json=\'{"password":"hunter2","a":1}\')', '"password":"***"'],
    ["put(url='https://u:hunter2@h/')", "'https://***@h/'"],
    ["put(password={'hunter2': 'hunter2'})", "'password'['***']: expected a number, found the text '***'"],
    ["call_service('hunter2\\n', 'password=hunter2')", "no service named 'hunter2"],
    ["call_service('far', 'x', 90071992547409931)", "the integer *** is larger"],
    ["call_service('far', 'x', password=90071992547409930)", "the integer *** is larger"],
    ["call_service('far', 'x', [{'password': 90071992547409930}])", "the integer *** is larger"],
    ["call_service('far', 'x', 90071992547409932)", "the integer 90071992547409932 is larger"],
    ["call_service('box', 'password=hunter2')", "has no command 'password=***'"],
  ])("of %s repeats no secret", async (text, shown) => {
    expect(await refuse(text)).toContain(shown);
  });
});

describe("a schema that answers later", () => {
  it("is refused, and what it throws then is told under its service's name", async () => {
    const lost: unknown[] = [];
    const listen = (thrown: unknown) => lost.push(findCulprit()?.name, thrown);
    const text = z.string().refine(async () => {
      throw new Error("nobody waits for this");
    });
    const late = serviceOf("late", { take: { about: "x", args: { text }, result: z.null(), effect: "read" } });
    const { invoker, lines } = surround([late]);
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", listen);
    try {
      expect(await rejectionOf(invoker.prepare("take('x')", "late"))).toMatchObject({ code: "argument-invalid" });
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const other of others) process.on("unhandledRejection", other);
    }
    expect(lost).toEqual(["late", expect.any(Error)]);
    expect(lines).toEqual([]);
  });
});
