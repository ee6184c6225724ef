import { type ServiceCase, serviceCases } from "rustiq/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { defineService, type ServicePlugin } from "../../core/plugin/contract.ts";
import { CALLS, CLOCK, expression, inject, injectable, STATE, type State, z } from "../../core/plugin/index.ts";

const level = z.int().min(0).max(100);
const base = {
  api: 1,
  service: "lamp",
  about: "for tests",
  commands: {
    get: { about: "for tests", args: {}, result: level, effect: "read" },
    set: { about: "for tests", args: { level, why: z.string().default("") }, result: level, effect: "idempotent" },
    wait: { about: "for tests", args: {}, result: z.null(), effect: "read" },
    blow: { about: "for tests", args: {}, result: z.null(), effect: "once" },
  },
} as const;

type Context = Parameters<ServicePlugin["start"]>[0];
type Handle = (args: { readonly level: number }, call: { readonly signal: AbortSignal }) => unknown;

/** Handlers that are right. */
const right = (context: Context): Record<string, Handle> => {
  const state = context.get(STATE);
  const get = () => Number(state.get("level") ?? 0);
  return {
    get,
    set: async (args) => {
      await state.put("level", args.level);
      return get();
    },
    wait: async (_, { signal }) => {
      await context.get(CLOCK).sleep(1000, signal);
      return null;
    },
    blow: () => {
      throw new Error("nobody may call this");
    },
  };
};

/** A lamp with something else in its place. */
const lamp = (start: (context: Context) => unknown = right, changes: object = {}) =>
  defineService({ ...base, ...changes, start } as never) as unknown as ServicePlugin; // start may answer anything here

/** The ids of the cases that fail, with the messages. */
async function failuresOf(cases: readonly ServiceCase[]): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>();
  for (const one of cases) {
    await one.run().catch((thrown: unknown) => failures.set(one.id, String(thrown)));
  }
  return failures;
}

let timer: NodeJS.Timeout | undefined;
afterEach(() => clearInterval(timer));

const never = () => new Promise<never>(() => undefined);
const later = async (turns: number) => {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const commandsWith = (changes: object) => ({ commands: { ...base.commands, ...changes } });

describe("a service that is right", () => {
  it("passes every case, and is told which commands were not called", async () => {
    const cases = serviceCases(lamp());
    expect(await failuresOf(cases)).toEqual(new Map());
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    const told = "blow was not called: it is `once` and may act; to have it called, give";
    expect(cases.find(({ id }) => id === "abort-ends")?.leftOut).toEqual([expect.stringContaining(told)]);
    expect(cases.find(({ id }) => id === "branded")?.leftOut).toEqual([]);
  });

  it("has its `once` commands called when its author gives arguments for them", async () => {
    const cases = serviceCases(lamp(), { arguments: { blow: {} } });
    expect(cases.every(({ leftOut }) => leftOut.length === 0)).toBe(true);
    let blown = 0;
    const counting = lamp((context) => ({
      ...right(context),
      blow: () => {
        blown += 1;
        return null;
      },
    }));
    expect(await failuresOf(serviceCases(counting, { arguments: { blow: {} } }))).toEqual(new Map());
    expect(blown).toBeGreaterThan(0);
  });

  it("may work on something outside of itself when each is given its own with `start`", async () => {
    const files = new Map<string, number>();
    const shelf = lamp(
      (context) => {
        const { room } = context.config as { readonly room: string };
        return {
          ...right(context),
          get: () => files.get(room) ?? 0,
          set: (args: { level: number }) => {
            files.set(room, args.level);
            return args.level;
          },
        };
      },
      { config: z.strictObject({ room: z.string() }) },
    );
    const together = await failuresOf(serviceCases(shelf, { config: { room: "one" } }));
    expect([...together.keys()]).toEqual(["instances-apart"]);
    expect(together.get("instances-apart")).toContain("give each its own (start: () => ({ config: … })");
    expect(together.get("instances-apart")).toContain("plugin check --skip instances-apart");
    let rooms = 0;
    const apart = { config: { room: "one" }, start: () => ({ config: { room: String(rooms++) } }) };
    expect(await failuresOf(serviceCases(shelf, apart))).toEqual(new Map());
  });

  it("may be a class that is given what it needs, and hold expressions", async () => {
    @injectable()
    class Jobs {
      readonly #state: State;
      constructor(@inject(STATE) state: State) {
        this.#state = state;
      }
      put({ text }: { readonly text: string }) {
        return this.#state.put("job", text).then(() => text);
      }
      get() {
        return String(this.#state.get("job") ?? "");
      }
    }
    const jobs = defineService({
      api: 1,
      service: "jobs",
      about: "for tests",
      commands: {
        put: {
          about: "for tests",
          args: { owner: z.string(), text: expression({ owner: "owner" }) },
          result: z.string(),
          effect: "idempotent",
        },
        get: { about: "for tests", args: {}, result: z.string(), effect: "read" },
      },
      start: (context) => {
        context.get(CALLS);
        return context.make(Jobs);
      },
    });
    expect(await failuresOf(serviceCases(jobs))).toEqual(new Map());
  });
});

let shared = 0;
let hasStarted = false;

describe("a service that is not right", () => {
  const wrong: readonly (readonly [what: string, ids: readonly string[], said: string, () => ServicePlugin])[] = [
    [
      "that is a plain object",
      ["branded"],
      "defineService",
      () => Object.freeze({ ...base, kind: "service", start: right }) as unknown as ServicePlugin,
    ],
    ["whose name is not legal", ["declared"], '"Lamp"', () => lamp(right, { service: "Lamp" })],
    [
      "that says nothing of a command",
      ["declared"],
      "command get needs `about`",
      () => lamp(right, commandsWith({ get: { ...base.commands.get, about: "" } })),
    ],
    [
      "whose parameter is a word of Python",
      ["declared"],
      "parameter from of command get is a word of Python",
      () => lamp(right, commandsWith({ get: { ...base.commands.get, args: { from: z.string().default("") } } })),
    ],
    [
      "with a schema that JSON Schema cannot say",
      ["described"],
      "parameter why of set: JSON Schema has no words for z.date()",
      () => lamp(right, commandsWith({ set: { ...base.commands.set, args: { level, why: z.date().optional() } } })),
    ],
    [
      "whose result is made by a function",
      ["described"],
      "the result of wait at a: JSON Schema",
      () =>
        lamp(
          (context) => ({ ...right(context), wait: () => ({ a: 1 }) }),
          commandsWith({ wait: { ...base.commands.wait, result: z.object({ a: z.int().transform((n) => n + 1) }) } }),
        ),
    ],
    ["that is not frozen", ["frozen"], "can be changed", () => ({ ...lamp() })],
    [
      "that cannot be described",
      ["described"],
      "it cannot be described: Duplicate schema id",
      () => {
        const result = z.object({ a: z.int().meta({ id: "x" }), b: z.string().meta({ id: "x" }) });
        return lamp(right, commandsWith({ get: { ...base.commands.get, result } }));
      },
    ],
    [
      "that does not start, which every case that starts it tells",
      serviceCases(lamp())
        .filter(({ starts }) => starts)
        .map(({ id }) => id),
      "it does not start: no power",
      () =>
        lamp(() => {
          throw new Error("no power");
        }),
    ],
    [
      "that fails in its release",
      ["stops"],
      "no way",
      () =>
        lamp((context) => {
          context.onStop(() => {
            throw new Error("no way");
          });
          return right(context);
        }),
    ],
    [
      "that does not start on what it kept",
      ["starts-again"],
      "was here before",
      () =>
        lamp(async (context) => {
          if (context.get(STATE).get("started") !== undefined) throw new Error("was here before");
          await context.get(STATE).put("started", true);
          return right(context);
        }),
    ],
    [
      "that leaves a timer of its clock",
      ["leaves-nothing"],
      "timers that are still set on CLOCK",
      () =>
        lamp((context) => {
          context.get(CLOCK).after(1e12, () => undefined);
          return right(context);
        }),
    ],
    [
      "that leaves a timer of the process",
      ["leaves-nothing"],
      "a timer (service-cases.test.ts:",
      () =>
        lamp((context) => {
          timer = setInterval(() => undefined, 1000);
          return right(context);
        }),
    ],
    [
      "that writes when it has stopped",
      ["writes-nothing"],
      "what it wrote after its stop",
      () =>
        lamp((context) => {
          context.onStop(() => void later(3).then(() => context.get(STATE).put("stopped", true)));
          return right(context);
        }),
    ],
    [
      "that fails to answer",
      ["reads-answer"],
      "get() answers the error command-failed",
      () =>
        lamp((context) => ({
          ...right(context),
          get: () => {
            throw new Error("no bulb");
          },
        })),
    ],
    [
      "that answers what its schema refuses",
      ["results-fit"],
      "get(): lamp.get answered what its result schema refuses",
      () => lamp((context) => ({ ...right(context), get: () => 101 })),
    ],
    [
      "that answers no JSON",
      ["results-json"],
      "it is not JSON",
      () =>
        lamp(
          (context) => ({ ...right(context), get: () => 10n }),
          commandsWith({ get: { ...base.commands.get, result: z.any() } }),
        ),
    ],
    [
      "that answers too much",
      ["results-json"],
      "at most 1048576",
      () =>
        lamp(
          (context) => ({ ...right(context), get: () => "x".repeat(2 ** 20) }),
          commandsWith({ get: { ...base.commands.get, result: z.string() } }),
        ),
    ],
    [
      "that takes whatever it is given",
      ["arguments-refused"],
      "set('wrong kind') reaches the handler",
      () => lamp(right, commandsWith({ set: { ...base.commands.set, args: { level: level.catch(5) } } })),
    ],
    [
      "whose command ignores its abort",
      ["abort-ends"],
      "wait() goes on 1000 ms after its abort",
      () =>
        lamp((context) => ({
          ...right(context),
          wait: async () => {
            await context
              .get(CLOCK)
              .sleep(2500, context.signal)
              .catch(() => undefined);
            return null;
          },
        })),
    ],
    [
      "that waits at its stop for what its command has left behind",
      ["stop-ends"],
      "while wait() runs, its stop takes longer than 5000 ms",
      () =>
        lamp((context) => {
          let lock: Promise<unknown> = Promise.resolve();
          context.onStop(() => lock.then(() => undefined));
          return {
            ...right(context),
            wait: async (_: unknown, { signal }: { signal: AbortSignal }) => {
              const before = lock;
              lock = never();
              await context.get(CLOCK).sleep(1000, signal);
              lock = before;
              return null;
            },
          };
        }),
    ],
    [
      "whose level is the module's",
      ["instances-apart"],
      "get() of one answers ",
      () => {
        shared = 0;
        return lamp((context) => ({
          ...right(context),
          get: () => shared,
          set: (args: { level: number }) => {
            shared = args.level;
            return shared;
          },
        }));
      },
    ],
    [
      "whose handlers are the module's",
      ["instances-apart"],
      "start answers the same object twice",
      () => {
        const handlers = { get: () => 0, set: () => 0, wait: () => null, blow: () => null };
        return lamp(() => handlers);
      },
    ],
    [
      "that ends both when one is stopped",
      ["instances-apart"],
      "once the other is stopped",
      () => {
        hasStarted = false;
        return lamp((context) => {
          hasStarted = true;
          context.onStop(() => {
            hasStarted = false;
          });
          return {
            ...right(context),
            get: () => {
              if (!hasStarted) throw new Error("gone");
              return 0;
            },
          };
        });
      },
    ],
  ];

  it.concurrent.each(wrong)(
    "%s fails %j",
    async (_, ids, said, make) => {
      const failures = await failuresOf(serviceCases(make()));
      expect([...failures.keys()]).toEqual(ids);
      for (const message of failures.values()) expect(message).toContain(said);
      for (const message of failures.values()) expect(message).toMatch(/^AssertionError/);
    },
    60_000,
  );

  it("has a defect here for each case but those that every start is part of", () => {
    const seen = new Set(wrong.flatMap(([, ids]) => (ids.length === 1 ? ids : [])));
    const left = serviceCases(lamp())
      .map(({ id }) => id)
      .filter((id) => !seen.has(id));
    expect(left).toEqual(["starts"]);
  });
});

it("of commands that change what another one reads, only those that do are blamed", async () => {
  shared = 0;
  const command = { about: "for tests", args: {}, result: z.null(), effect: "idempotent" };
  const two = lamp(
    () => ({
      get: () => shared,
      last: () => null,
      rise: () => {
        shared += 1;
        return null;
      },
    }),
    { commands: { get: base.commands.get, rise: command, last: command } },
  );
  const told = (await failuresOf(serviceCases(two))).get("instances-apart");
  expect(told).toContain("after rise() of the other");
  expect(told).not.toContain("last()");
});

describe("arguments", () => {
  const shelf = (id: z.ZodType) =>
    lamp(
      () => ({
        find: ({ id: given }: { readonly id?: unknown }) => {
          if (given !== "b-7") throw new Error("no such thing");
          return given;
        },
      }),
      {
        commands: { find: { about: "for tests", args: { id }, result: z.string(), effect: "read" } },
      },
    );

  it("are asked for where none could be made up", async () => {
    const failures = await failuresOf(serviceCases(shelf(z.string().refine((text) => text === "b-7"))));
    expect([...failures.keys()]).toEqual(["reads-answer"]);
    expect(failures.get("reads-answer")).toContain(
      'find was not called: no value could be made up for id; give { "find": { "id": … } } as arguments',
    );
  });

  it("are asked for where those that were made up mean nothing", async () => {
    const failures = await failuresOf(serviceCases(shelf(z.string())));
    expect(failures.get("reads-answer")).toContain("find('text') answers the error command-failed");
    expect(failures.get("reads-answer")).toContain('give { "find": { "id": … } } as arguments');
    expect(await failuresOf(serviceCases(shelf(z.string()), { arguments: { find: { id: "b-7" } } }))).toEqual(
      new Map(),
    );
  });

  it("that a command does not take are told", async () => {
    const failures = await failuresOf(serviceCases(lamp(), { arguments: { set: { level: 5, wy: "x" } } as never }));
    expect([...failures.keys()]).toEqual(["results-fit"]);
    expect(failures.get("results-fit")).toContain("unexpected keyword argument 'wy'");
  });

  it.each([
    [z.enum(["x", "y"])],
    [z.literal(3)],
    [z.number().gt(1).lt(2)],
    [z.int().multipleOf(7).min(20)],
    [z.string().regex(/^[A-Z]{2}-\d+(?:x|y)?$/)],
    [z.string().regex(/^dev\/tty[^A-Z]\.\w{3,}$/)],
    [z.string().min(20).max(30)],
    [z.iso.datetime()],
    [z.email()],
    [z.uuid()],
    [z.ipv4()],
    [z.array(z.int()).min(2)],
    [z.tuple([z.int(), z.string()])],
    [z.record(z.string(), z.int())],
    [z.object({ pin: z.int(), name: z.string().optional(), kind: z.enum(["a"]) })],
    [z.intersection(z.object({ a: z.int() }), z.object({ b: z.string() }))],
    [z.union([z.null(), z.url()])],
    [z.json()],
    [
      z
        .string()
        .meta({ examples: ["b-7"] })
        .refine((text) => text === "b-7"),
    ],
    [z.preprocess((value) => value, z.int())],
  ])("are made up from the schema: %#", async (schema) => {
    const echo = lamp(() => ({ say: ({ value }: { readonly value: unknown }) => value }), {
      commands: { say: { about: "for tests", args: { value: schema }, result: z.any(), effect: "read" } },
    });
    const failures = await failuresOf(serviceCases(echo).filter(({ id }) => id === "reads-answer"));
    expect([...failures.values()]).toEqual([]);
  });
});
