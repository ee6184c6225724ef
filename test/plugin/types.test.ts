import {
  type Call,
  CLOCK,
  type Clock,
  type Context,
  defineCommand,
  defineService,
  defineStore,
  z,
} from "rustiq/plugin";
import { Memory, memoryCapabilities, memoryDriver, VirtualClock } from "rustiq/testkit";
import { expect, expectTypeOf, it } from "vitest";

// The compiler is the test here: each `@ts-expect-error` fails `tsc` when the line below it is no error any more.

const commands = {
  light: defineCommand({
    about: "Lights the lamp.",
    args: { level: z.number(), colour: z.string().optional(), seconds: z.number().default(1) },
    result: z.strictObject({ level: z.number() }),
    effect: "idempotent",
  }),
  off: defineCommand({ about: "Puts it out.", args: {}, result: z.null(), effect: "once" }),
};
const about = "A lamp.";
const config = z.strictObject({ pin: z.number().default(4) });
const common = { api: 1, service: "lamp", about, commands, config } as const;
const off = () => null;

it("infers arguments, call, result and config from the schemas", () => {
  const plugin = defineService({
    ...common,
    start(context) {
      expectTypeOf(context.config).toEqualTypeOf<{ pin: number }>();
      expectTypeOf(context).toEqualTypeOf<Context<{ pin: number }>>();
      expectTypeOf(() => context.get(CLOCK)).returns.toEqualTypeOf<Clock>();
      return {
        light: (args, call) => {
          expectTypeOf(args).toEqualTypeOf<{
            readonly level: number;
            readonly colour: string | undefined;
            readonly seconds: number;
          }>();
          expectTypeOf(call).toEqualTypeOf<Call>();
          return { level: args.level };
        },
        off: async () => null,
      };
    },
  });
  expect(plugin.kind).toBe("service");
  expectTypeOf(plugin.commands.light.effect).toEqualTypeOf<"read" | "idempotent" | "once">();
});

it("lets a service go without options, and start later", () => {
  const plugin = defineService({
    api: 1,
    service: "lamp",
    about,
    commands,
    async start(context) {
      expectTypeOf(context.config).toEqualTypeOf<Record<string, never>>();
      return { light: ({ level }) => ({ level }), off };
    },
  });
  expect(plugin.config).toBeUndefined();
});

it("refuses a wrong result", () => {
  // @ts-expect-error `light` must answer { level: number }
  defineService({ ...common, start: () => ({ light: ({ level }) => ({ level: String(level) }), off }) });
  // @ts-expect-error a promised result is checked the same way
  defineService({ ...common, start: () => ({ light: async () => ({}), off }) });
});

it("refuses a missing handler", () => {
  // @ts-expect-error `off` is declared and has no handler
  defineService({ ...common, start: () => ({ light: () => ({ level: 1 }) }) });
});

it("refuses a handler that is not declared", () => {
  // @ts-expect-error `dim` is no declared command
  defineService({ ...common, start: () => ({ light: () => ({ level: 1 }), off, dim: () => null }) });
});

it("takes an instance of a class, whose other members are private", () => {
  class Lamp {
    readonly #level = 4;
    light() {
      return { level: this.#level };
    }
    off() {
      return null;
    }
  }
  defineService({ ...common, start: (context) => context.make(Lamp) });
});

it("refuses a class by the same rules: result, handler, argument, config and api", () => {
  class Whole {
    light({ level }: { readonly level: number }) {
      return { level };
    }
    off() {
      return null;
    }
  }
  class Lying {
    light = () => ({ level: "much" });
    off = () => null;
  }
  class Promising {
    light = async () => ({ levels: 4 });
    off = () => null;
  }
  class Half {
    light = () => ({ level: 4 });
  }
  class Talkative extends Whole {
    dim() {
      return null;
    }
  }
  class Misspelt {
    light = ({ levle }: { readonly levle: number }) => ({ level: levle });
    off = () => null;
  }
  defineService({ ...common, start: (context) => context.make(Whole) });
  // @ts-expect-error `light` must answer { level: number }
  defineService({ ...common, start: (context) => context.make(Lying) });
  // @ts-expect-error a promised result is checked the same way
  defineService({ ...common, start: (context) => context.make(Promising) });
  // @ts-expect-error `off` is declared and has no handler
  defineService({ ...common, start: (context) => context.make(Half) });
  // @ts-expect-error `dim` is no declared command; a method of the class's own is private
  defineService({ ...common, start: (context) => context.make(Talkative) });
  // @ts-expect-error the parameter is called `level`
  defineService({ ...common, start: (context) => context.make(Misspelt) });
  // @ts-expect-error the option is called `pin`
  defineService({ ...common, start: (context) => (context.config.pins ? context.make(Whole) : new Whole()) });
  // @ts-expect-error this runtime offers api 1
  defineService({ ...common, api: 2, start: (context) => context.make(Whole) });
});

it("refuses a misspelt argument", () => {
  defineService({
    ...common,
    start: () => ({
      // @ts-expect-error the parameter is called `level`
      light: ({ levle }) => ({ level: levle }),
      off,
    }),
  });
  // @ts-expect-error `off` takes no arguments
  defineService({ ...common, start: () => ({ light: () => ({ level: 1 }), off: ({ level }) => level }) });
});

it("refuses a wrong config key", () => {
  defineService({
    ...common,
    start(context) {
      // @ts-expect-error the option is called `pin`
      const pin = context.config.pins;
      return { light: () => ({ level: Number(pin) }), off };
    },
  });
});

it("refuses a wrong api, effect and service", () => {
  const start = () => ({ light: () => ({ level: 1 }), off });
  // @ts-expect-error this runtime offers api 1
  defineService({ ...common, api: 2, start });
  // @ts-expect-error the service needs its name
  defineService({ api: 1, about, commands, start });
  // @ts-expect-error an effect is read, idempotent or once
  defineCommand({ about, args: {}, result: z.null(), effect: "twice" });
  // @ts-expect-error a command says what repeating it means
  defineCommand({ about, args: {}, result: z.null() });
  // @ts-expect-error a parameter is a schema
  defineCommand({ about, args: { level: 1 }, result: z.null(), effect: "read" });
});

it("refuses a store that is not whole", () => {
  const store = { api: 1, backend: "shelf", about, config, can: memoryCapabilities } as const;
  const driver = memoryDriver(new Memory(), new VirtualClock());
  const { head: _, ...headless } = driver;
  defineStore({ ...store, open: () => driver });
  // @ts-expect-error a driver has `head`
  defineStore({ ...store, open: () => headless });
  // @ts-expect-error the option is called `pin`
  defineStore({ ...store, open: (context) => (context.config.pins ? driver : driver) });
  // @ts-expect-error every capability is declared
  defineStore({ ...store, can: { conditionalRead: true }, open: () => driver });
  // @ts-expect-error this runtime offers api 1
  defineStore({ ...store, api: 3, open: () => driver });
});
